package io.redoubt.server.differential;

import java.util.List;

/** What the replicas of a real Redis get, and those of ours. */
final class TwinStreams implements AutoCloseable {
  private final ReplicationStream real;
  private final ReplicationStream ours;

  TwinStreams(Twins twins) {
    real = new ReplicationStream(twins.real(), twins.real());
    ours = new ReplicationStream(twins.ours(), twins.ours());
  }

  ReplicationStream real() {
    return real;
  }

  ReplicationStream ours() {
    return ours;
  }

  /**
   * Fails when they have not got the same since the last time, but for points in time that were
   * reckoned from now.
   */
  void expectSame(Conversation conversation) {
    List<List<String>> expected = real.next();
    List<List<String>> actual = ours.next();
    if (!ReplicationStream.same(expected, actual)
        && !ReplicationStream.same(known(expected, true), known(actual, hasClaim(expected)))) {
      conversation.expectSame("what replicas get", expected, actual);
    }
  }

  private static boolean hasClaim(List<List<String>> commands) {
    return commands.stream().anyMatch(command -> command.getFirst().equals("XCLAIM"));
  }

  /**
   * The commands without what a real 7.0 doesn't tell replicas of consumer groups: new consumers
   * that got nothing, counts of entries read (7.2 tells them), and deliveries of what was pending.
   */
  private static List<List<String>> known(List<List<String>> commands, boolean claims) {
    return commands.stream()
        .filter(command -> !List.of("MULTI", "EXEC").contains(command.getFirst()))
        .filter(command -> claims || !command.getFirst().equals("XCLAIM"))
        .filter(command ->
            !command.getFirst().equals("XGROUP")
                || !List.of("SETID", "CREATECONSUMER").contains(command.get(1)))
        .toList();
  }

  @Override
  public void close() {
    real.close();
    ours.close();
  }
}
