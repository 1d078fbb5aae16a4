/**
 * Hashes, including expiry of single fields. Start at {@link
 * io.redoubt.server.command.hash.HashCommands}. Imports the call and values.
 */
@NullMarked
package io.redoubt.server.command.hash;

import org.jspecify.annotations.NullMarked;
