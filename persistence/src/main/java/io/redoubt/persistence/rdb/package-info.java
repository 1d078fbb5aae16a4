/**
 * The RDB format: a reader that works on whatever bytes have arrived and drives a {@link
 * io.redoubt.persistence.rdb.RdbVisitor}, a writer that is one, and the payload of DUMP and
 * RESTORE. It knows no keyspace, file or channel, so that a file, a replica's socket and a single
 * key go through the same code. Imports protocol.bytes (where buffers come from, numbers).
 */
@NullMarked
package io.redoubt.persistence.rdb;

import org.jspecify.annotations.NullMarked;
