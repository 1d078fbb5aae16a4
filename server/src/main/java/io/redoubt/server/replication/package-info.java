/**
 * Replication: the changes of role. The rest is by side, from the ground up: {@code stream}, the
 * decisions and formats that need no connection; {@code spill}, files of waiting stream bytes;
 * {@code state}, the role and the stream of this server; {@code master}, its replicas; {@code
 * group}, the servers that acknowledge writes; {@code replica}, the link to its master. A folder
 * knows only those before it. Start reading at {@link io.redoubt.server.replication.Replication}.
 *
 * <p>A replica may be older than this server, such as a Redis 7.2. All replicas get the same
 * stream, byte by byte, so that offsets agree and any server can resume from any other, in chains
 * of real and Redoubt servers in any order. The stream therefore contains only commands of Redis
 * 7.0, and the expiries of hash fields as {@link
 * io.redoubt.server.replication.stream.NewerCommand}, which older servers ignore. A due field is
 * removed by the master's HDEL, which all execute. A replica that announces the capability {@link
 * io.redoubt.server.replication.stream.Handshake#FIELD_EXPIRY} gets snapshots with expiries, others
 * get snapshots without. If both kinds wait and there are expiries, two snapshots follow each
 * other.
 *
 * <p>A Redoubt replica thus keeps the expiries through partial syncs, chains and its promotion. A
 * real replica has none: after its promotion, fields stay that would have expired, also in replicas
 * with a full sync from it. A Redoubt server that resumes from it still hides such fields when they
 * are due, and removes them when it is promoted.
 */
@NullMarked
package io.redoubt.server.replication;

import org.jspecify.annotations.NullMarked;
