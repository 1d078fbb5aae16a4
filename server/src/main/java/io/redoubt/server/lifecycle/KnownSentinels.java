package io.redoubt.server.lifecycle;

import io.redoubt.server.settings.HostPort;
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

  /** Takes the lines of a file; those in another form are ignored. */
  void restore(List<String> lines) {
    for (String line : lines) {
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
}
