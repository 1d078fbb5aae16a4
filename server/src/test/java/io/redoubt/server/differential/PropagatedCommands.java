package io.redoubt.server.differential;

import io.redoubt.protocol.resp.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The command stream that a server sends to a replica after a SYNC. */
final class PropagatedCommands implements AutoCloseable {
  private static final String CHANNEL = "end-of-part";

  private final WireConnection connection;
  private final WireConnection publisher;
  private int parts;

  /**
   * Opens the stream of a server.
   *
   * @param publisher another connection to it, for messages that mark the end of a part
   */
  PropagatedCommands(WireConnection connection, WireConnection publisher) {
    this.connection = connection;
    this.publisher = publisher;
    connection.skipSnapshot();
  }

  /**
   * Returns the commands since the last part, each as its words; without PING, which a timer sends.
   */
  List<List<String>> next() {
    parts++;
    String end = Integer.toString(parts);
    publisher.call("PUBLISH", CHANNEL, end);
    List<List<String>> commands = new ArrayList<>();
    while (true) {
      List<String> words = words(Leniency.parse(connection.receive()));
      if (words.equals(List.of("PUBLISH", CHANNEL, end))) {
        return commands;
      }
      if (!words.getFirst().equalsIgnoreCase("PING")) {
        commands.add(decided(words));
      }
    }
  }

  /**
   * Returns a command with its name in upper case, without conditions that the master has
   * evaluated. Redis propagates the conditions; this server does not, because a replica older than
   * 7.0 would refuse PEXPIREAT with one.
   */
  private static List<String> decided(List<String> words) {
    List<String> rest = new ArrayList<>(words);
    rest.set(0, words.getFirst().toUpperCase(Locale.ROOT));
    boolean hasConditions = List.of("SET", "PEXPIREAT").contains(rest.getFirst());
    int certain = hasConditions ? 3 : words.size();
    rest.subList(certain, rest.size())
        .removeIf(word -> List.of("NX", "XX", "GT", "LT").contains(word.toUpperCase(Locale.ROOT)));
    return rest;
  }

  /** Returns true if two parts are equal except for times relative to the present. */
  static boolean same(List<List<String>> real, List<List<String>> ours) {
    if (real.size() != ours.size()) {
      return false;
    }
    for (int i = 0; i < real.size(); i++) {
      if (real.get(i).size() != ours.get(i).size()) {
        return false;
      }
      for (int j = 0; j < real.get(i).size(); j++) {
        if (!sameWord(real.get(i).get(j), ours.get(i).get(j))) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean sameWord(String real, String ours) {
    return real.equals(ours)
        || (real.matches("\\d{13,18}")
            && ours.matches("\\d{13,18}")
            && Math.abs(Long.parseLong(real) - Long.parseLong(ours)) <= Leniency.TOLERANCE_MILLIS)
        || (isPayload(real) && isPayload(ours));
  }

  /**
   * Returns true for a DUMP payload of a string; its footer depends on the server's RDB version.
   */
  private static boolean isPayload(String word) {
    return word.length() > 10 && word.charAt(0) == 0;
  }

  private static List<String> words(Reply command) {
    return command.elements().stream()
        .map(word -> new String(((Reply.Bulk) word).bytes(), StandardCharsets.ISO_8859_1))
        .toList();
  }

  @Override
  public void close() {
    connection.close();
    publisher.close();
  }
}
