package io.redoubt.server.differential;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The replication streams of a real Redis and of this server, side by side. */
final class TwinStreams implements AutoCloseable {
  private final PropagatedCommands real;
  private final PropagatedCommands ours;

  TwinStreams(Twins twins) {
    real = new PropagatedCommands(twins.real(), twins.real());
    ours = new PropagatedCommands(twins.ours(), twins.ours());
  }

  PropagatedCommands real() {
    return real;
  }

  PropagatedCommands ours() {
    return ours;
  }

  /**
   * Fails if the two streams differ since the last call, except for times relative to the present.
   */
  void expectSame(Conversation conversation) {
    List<List<String>> expected = withSelectsInTransactions(real.next());
    List<List<String>> actual = ours.next();
    if (!PropagatedCommands.same(expected, actual)
        && !PropagatedCommands.same(known(expected, true), known(actual, hasClaim(expected)))) {
      conversation.expectSame("what replicas get", expected, actual);
    }
  }

  /** Moves SELECT after MULTI, where Redis 7.2 sends it; 7.0 sends it before. */
  private static List<List<String>> withSelectsInTransactions(List<List<String>> commands) {
    List<List<String>> moved = new ArrayList<>(commands);
    for (int i = 1; i < moved.size(); i++) {
      if (moved.get(i).getFirst().equals("MULTI") && moved.get(i - 1).getFirst().equals("SELECT")) {
        Collections.swap(moved, i - 1, i);
      }
    }
    return moved;
  }

  private static boolean hasClaim(List<List<String>> commands) {
    return commands.stream().anyMatch(command -> command.getFirst().equals("XCLAIM"));
  }

  /**
   * Removes the effects on consumer groups that a real 7.0 does not replicate: new consumers
   * without entries, deliveries of pending entries, and the count of read entries of a group whose
   * last id a claim advances.
   */
  private static List<List<String>> known(List<List<String>> commands, boolean claims) {
    List<List<String>> known = new ArrayList<>();
    for (int i = 0; i < commands.size(); i++) {
      List<String> command = commands.get(i);
      boolean isLeftOut =
          switch (command.getFirst()) {
            case "MULTI", "EXEC" -> true;
            case "XCLAIM" -> !claims;
            case "XGROUP" ->
                command.get(1).equals("CREATECONSUMER")
                    || (command.get(1).equals("SETID")
                        && i + 1 < commands.size()
                        && commands.get(i + 1).getFirst().equals("XCLAIM"));
            default -> false;
          };
      if (!isLeftOut) {
        known.add(command);
      }
    }
    return known;
  }

  @Override
  public void close() {
    real.close();
    ours.close();
  }
}
