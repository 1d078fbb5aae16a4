/**
 * The values of hashes: a listpack or a table of fields, each with its expiry. Start at {@link
 * io.redoubt.server.value.hash.Hashes}.
 */
@NullMarked
package io.redoubt.server.value.hash;

import org.jspecify.annotations.NullMarked;
