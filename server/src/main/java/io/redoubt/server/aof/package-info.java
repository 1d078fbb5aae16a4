/**
 * The append-only file of a running server: appending, group commit and the release of replies,
 * rewrites, and loading at startup. Start reading at {@link io.redoubt.server.aof.AppendOnlyFile}.
 * Imports {@code persistence.aof} for the files, {@code snapshot} for rewrites, {@code execution}
 * for the effects of commands and to run loaded ones, {@code session} for the gate of replies.
 */
@NullMarked
package io.redoubt.server.aof;

import org.jspecify.annotations.NullMarked;
