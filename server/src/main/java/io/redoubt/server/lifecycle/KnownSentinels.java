package io.redoubt.server.lifecycle;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SmallFile;
import io.redoubt.server.settings.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The sentinels that monitor this server, saved in the data directory so that a restarted server
 * can ask them for its role.
 *
 * <p>The file has a line per sentinel: its id of 40 characters, host and port, separated by one
 * space. Other lines are ignored.
 */
final class KnownSentinels {
  private final Map<String, HostPort> byId = new TreeMap<>();
  private final Log log;

  KnownSentinels(Log log) {
    this.log = log;
  }

  /**
   * Reads the file, if there is one.
   *
   * @throws IOException if it can't be read
   */
  void read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return; // no sentinel has monitored this server yet
    }
    for (String line : SmallFile.text(file, ISO_8859_1).split("\n", -1)) {
      String[] words = line.split(" ", -1);
      if (words.length == 3 && words[0].length() == 40 && words[2].matches("[0-9]{1,5}")) {
        byId.put(words[0], new HostPort(words[1], Integer.parseInt(words[2])));
      }
    }
  }

  List<HostPort> places() {
    return List.copyOf(byId.values());
  }

  /** Adds a sentinel; returns true if it is new or has moved. */
  boolean add(String id, HostPort place) {
    HostPort known = byId.get(id);
    if (known != null && known.isSamePlace(place)) {
      return false;
    }
    // Only one process can have an address, so a sentinel known there before is gone.
    byId.values().removeIf(place::isSamePlace);
    byId.put(id, place);
    return true;
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    byId.forEach((id, place) -> lines.add(id + " " + place.host() + " " + place.port()));
    return lines;
  }

  /** Replaces the file. May be called on any thread. */
  void write(Path file, List<String> lines) {
    Path beside = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      Files.write(beside, lines);
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      log.warning("Can't write the known sentinels to %s: %s", file, e);
    }
  }
}
