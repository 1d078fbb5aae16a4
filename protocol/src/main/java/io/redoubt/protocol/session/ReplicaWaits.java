package io.redoubt.protocol.session;

/** Receives client output that waits for the acknowledgements of replicas. */
public interface ReplicaWaits {
  /** Used in a process without replicas; accepts no output. */
  ReplicaWaits NONE =
      replies -> {
        throw new IllegalStateException("there are no replicas to wait for");
      };

  /**
   * Registers output. Once it is acknowledged or has failed, {@link AwaitedReplies#onAcknowledged}
   * or {@link AwaitedReplies#fail} is called, and after this method has returned also {@link
   * AwaitedReplies#flushSoon}.
   */
  void await(AwaitedReplies replies);
}
