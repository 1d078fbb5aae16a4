/**
 * Bytes, numbers, glob patterns, quoting and hashing as Redis has them.
 *
 * <p>Imports nothing of ours: every other package may build on it. Bytes are read and written where
 * they lie, in memory segments, so that a command's arguments never have to become Java objects.
 */
@NullMarked
package io.redoubt.protocol.bytes;

import org.jspecify.annotations.NullMarked;
