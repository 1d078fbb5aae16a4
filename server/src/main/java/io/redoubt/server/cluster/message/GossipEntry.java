package io.redoubt.server.cluster.message;

/**
 * The sender's view of a third node.
 *
 * @param pingSentSeconds the time of the oldest PING without a reply, 0 if none is pending; on the
 *     sender's wall clock
 * @param pongReceivedSeconds the time of the last PONG on the sender's wall clock
 * @param flags {@link NodeFlag} bits
 */
public record GossipEntry(
    String node, long pingSentSeconds, long pongReceivedSeconds, Endpoint endpoint, int flags) {
  /** Returns true if one of the {@link NodeFlag} bits is set. */
  public boolean has(int nodeFlag) {
    return (flags & nodeFlag) != 0;
  }
}
