/**
 * The on-disk formats of Redis: RDB files, append only files and packed collections. Independent of
 * the keyspace and of the network. May import protocol.
 */
@NullMarked
package io.redoubt.persistence;

import org.jspecify.annotations.NullMarked;
