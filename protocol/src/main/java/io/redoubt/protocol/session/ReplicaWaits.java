package io.redoubt.protocol.session;

/** The clients with output that waits for acknowledgements of replicas. */
public interface ReplicaWaits {
  /** Accepts no waits, in a process without replicas. */
  ReplicaWaits NONE =
      (client, replies) -> {
        throw new IllegalStateException("there are no replicas to wait for");
      };

  /**
   * Adds output of a client. Once it is acknowledged or has failed, {@link
   * AwaitedReplies#acknowledged} or {@link AwaitedReplies#fail} is called and the client flushed.
   */
  void await(Client client, AwaitedReplies replies);
}
