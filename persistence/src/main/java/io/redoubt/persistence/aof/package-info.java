/**
 * The append only file of Redis 7: a directory with a manifest, a base file and incremental files;
 * their reader and writer; and {@code redis-check-aof}. Independent of the keyspace and of the
 * network. Imports persistence.io (the disk), persistence.rdb (a base file is an RDB, as may be the
 * start of an old AOF), protocol.resp (commands are requests) and protocol.bytes.
 */
@NullMarked
package io.redoubt.persistence.aof;

import org.jspecify.annotations.NullMarked;
