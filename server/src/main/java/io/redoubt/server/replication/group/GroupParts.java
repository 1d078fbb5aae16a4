package io.redoubt.server.replication.group;

/**
 * This server's part in the group that acknowledges writes.
 *
 * @param membership its id, promises and the configurations that it has received
 * @param acks the configurations that it proposes as a master, and their quorums
 * @param replies the replies that wait for acknowledgements
 */
public record GroupParts(Membership membership, AckGroup acks, WriteAcks replies) {}
