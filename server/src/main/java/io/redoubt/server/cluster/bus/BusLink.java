package io.redoubt.server.cluster.bus;

/**
 * A connection of the bus, for CLUSTER LINKS.
 *
 * @param outgoing true if this node has opened it
 * @param node the id of the other node
 * @param queuedBytes the bytes that wait to be sent
 */
public record BusLink(boolean outgoing, String node, long createdMillis, long queuedBytes) {}
