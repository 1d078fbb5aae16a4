/**
 * Strings as arrays of bits and of integers of 1 to 64 bits. Start at {@link
 * io.redoubt.server.command.bitmap.BitmapCommands}. Imports the call and values.
 */
@NullMarked
package io.redoubt.server.command.bitmap;

import org.jspecify.annotations.NullMarked;
