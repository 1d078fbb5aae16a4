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
    if (!ReplicationStream.same(expected, actual)) {
      conversation.expectSame("what replicas get", expected, actual);
    }
  }

  @Override
  public void close() {
    real.close();
    ours.close();
  }
}
