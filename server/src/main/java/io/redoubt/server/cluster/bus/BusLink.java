package io.redoubt.server.cluster.bus;

/**
 * A connection of the bus, for CLUSTER LINKS.
 *
 * @param outgoing true if this node opened it
 * @param node the id of the other node
 * @param queuedBytes the bytes of pending output
 */
public record BusLink(boolean outgoing, String node, long createdMillis, long queuedBytes) {}
