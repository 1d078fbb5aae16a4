/**
 * Redis 7's append-only file as it lies on disk: a directory with a manifest, a base file and
 * incremental files; the reader of such files; and what {@code redis-check-aof} does. It knows no
 * keyspace and no channel. Imports persistence.io (the disk), persistence.rdb (a base file is an
 * RDB, and so may be the beginning of an old AOF), protocol.resp (commands are requests) and
 * protocol.bytes.
 */
@NullMarked
package io.redoubt.persistence.aof;

import org.jspecify.annotations.NullMarked;
