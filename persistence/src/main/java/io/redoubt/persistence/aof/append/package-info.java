/**
 * Appending: the thread that writes and syncs the append-only file, its buffers and its progress.
 * Start reading at {@link io.redoubt.persistence.aof.append.AofAppender}. Imports the files and the
 * commit journal; independent of the keyspace.
 */
@NullMarked
package io.redoubt.persistence.aof.append;

import org.jspecify.annotations.NullMarked;
