/**
 * Replication: a master's replicas and what they are fed, a replica's link to its master, and the
 * changes of role. What can be decided without a connection is in {@code stream}. Imports what it
 * feeds from and applies to: execution, snapshots, keyspace and the connections of {@code net}; it
 * is used by the commands and by the server that puts everything together.
 *
 * <p>A replica may be older than this server: a Redis 7.2 or one before. There is one stream for
 * all, byte by byte the same, so that offsets agree and anybody can resume it from anybody else,
 * through real and own replicas in any order. It therefore holds only what a Redis 7.0 executes,
 * and in the form of {@link io.redoubt.server.replication.stream.NewerCommand} what such a server
 * passes over: the expiries of hash fields. A field that is due goes by the master's HDEL, which
 * all know. Snapshots are made for those who ask: a replica that announces the capability {@link
 * io.redoubt.server.replication.stream.Handshake#FIELD_EXPIRY} gets the expiries, any other hashes
 * without; when both wait and fields do expire, one snapshot follows the other.
 *
 * <p>What follows from that: one of ours keeps the expiries over partial syncs, chains and its
 * promotion. A real replica never has any, so that after its own promotion, and for what takes a
 * full sync from it, fields stay that would have expired; one of ours that resumes from it still
 * hides them when they are due, and removes them when it is promoted.
 */
@NullMarked
package io.redoubt.server.replication;

import org.jspecify.annotations.NullMarked;
