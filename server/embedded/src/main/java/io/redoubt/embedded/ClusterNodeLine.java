package io.redoubt.embedded;

import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A node in another node's view: a line of CLUSTER NODES.
 *
 * @param port the port for clients
 * @param master the id of its master, {@code -} for none
 * @param slots the slots that it owns, without migrating ones
 */
record ClusterNodeLine(
    String id, int port, Set<String> flags, String master, boolean isConnected, BitSet slots) {
  private static final int ADDRESS = 1;
  private static final int FLAGS = 2;
  private static final int MASTER = 3;
  private static final int LINK = 7;
  private static final int SLOTS = 8;

  /** Parses the reply of CLUSTER NODES. */
  static List<ClusterNodeLine> read(String text) {
    return text.lines().map(line -> read(line.split(" ", -1))).flatMap(Optional::stream).toList();
  }

  private static Optional<ClusterNodeLine> read(String[] words) {
    if (words.length < SLOTS) {
      return Optional.empty();
    }
    String address = words[ADDRESS].substring(0, words[ADDRESS].indexOf('@'));
    BitSet slots = new BitSet();
    for (int i = SLOTS; i < words.length; i++) {
      if (!words[i].isEmpty() && words[i].charAt(0) != '[') {
        String[] ends = words[i].split("-", 2);
        slots.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
      }
    }
    return Optional.of(
        new ClusterNodeLine(
            words[0],
            Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)),
            Set.of(words[FLAGS].split(",", -1)),
            words[MASTER],
            words[LINK].equals("connected"),
            slots));
  }

  /** Returns true if the node is suspected, failed, or still in its handshake. */
  boolean isDoubtful() {
    return flags.contains("fail")
        || flags.contains("fail?")
        || flags.contains("handshake")
        || flags.contains("noaddr")
        || !isConnected;
  }

  boolean isMaster() {
    return flags.contains("master");
  }
}
