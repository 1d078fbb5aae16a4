/**
 * The RDB format: a push parser that drives a {@link io.redoubt.persistence.rdb.RdbVisitor}, a
 * writer that is such a visitor, and the payload of DUMP and RESTORE. Independent of keyspace,
 * files and sockets, so that a file, a replica's socket and a single key share the code. Imports
 * protocol.bytes.
 */
@NullMarked
package io.redoubt.persistence.rdb;

import org.jspecify.annotations.NullMarked;
