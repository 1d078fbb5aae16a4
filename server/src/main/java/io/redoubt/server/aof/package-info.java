/**
 * The append-only file while the server runs: what becomes of the effects of commands, when replies
 * may leave, rewrites, and loading at the start. Imports {@code persistence.aof} for the files,
 * {@code snapshot} for what a rewrite writes, {@code execution} for the effects and to run loaded
 * commands, {@code session} for the gate that replies pass.
 */
@NullMarked
package io.redoubt.server.aof;

import org.jspecify.annotations.NullMarked;
