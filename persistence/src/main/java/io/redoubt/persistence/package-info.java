/** Bytes on disk; knows no keyspace and no channel. May import protocol. */
@NullMarked
package io.redoubt.persistence;

import org.jspecify.annotations.NullMarked;
