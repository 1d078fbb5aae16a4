/**
 * A command's declaration (usage line, flags, keys, handler), the table that finds it by a
 * request's first words, and everything that follows from the declaration: arity, ACL categories,
 * key positions, COMMAND INFO/DOCS, HELP texts.
 *
 * <p>May import {@code protocol.bytes} and {@code protocol.resp} only: what a command works on is a
 * type parameter, so that the data server and the sentinel declare theirs in the same way.
 */
@NullMarked
package io.redoubt.protocol.command;

import org.jspecify.annotations.NullMarked;
