package io.redoubt.server.differential;

import java.util.ArrayList;
import java.util.List;

/** What the replicas of a real Redis get, and those of ours. */
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
   * Fails when they have not got the same since the last time, but for points in time that were
   * reckoned from now.
   */
  void expectSame(Conversation conversation) {
    List<List<String>> expected = real.next();
    List<List<String>> actual = ours.next();
    if (!PropagatedCommands.same(expected, actual)
        && !PropagatedCommands.same(known(expected, true), known(actual, hasClaim(expected)))) {
      conversation.expectSame("what replicas get", expected, actual);
    }
  }

  private static boolean hasClaim(List<List<String>> commands) {
    return commands.stream().anyMatch(command -> command.getFirst().equals("XCLAIM"));
  }

  /**
   * The commands without what a real 7.0 doesn't tell replicas of consumer groups: new consumers
   * that got nothing, deliveries of what was pending, and the count of entries read of a group that
   * a claim of its new last id moves on.
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
