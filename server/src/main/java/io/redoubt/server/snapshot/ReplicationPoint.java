package io.redoubt.server.snapshot;

/**
 * The place in a replication history that a data set stands for, kept in the file so that a
 * restarted server can go on from it.
 *
 * @param database the database that the stream had selected, -1 when none
 * @param id the replication id, 40 hexadecimal digits
 * @param offset the number of stream bytes that the data set contains
 */
public record ReplicationPoint(int database, String id, long offset) {}
