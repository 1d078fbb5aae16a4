/**
 * Declarations of commands (usage line, flags, keys, handler), the table that looks up a command by
 * a request, and everything derived from declarations: arity, ACL categories, key positions,
 * COMMAND INFO and DOCS, HELP texts.
 *
 * <p>Usage lines are parsed in {@code usage}. May import that package, {@code protocol.bytes} and
 * {@code protocol.resp} only. The invocation is a type parameter, so that the data server and the
 * sentinel declare their commands in the same way. Start reading at {@link
 * io.redoubt.protocol.command.CommandGroup}.
 */
@NullMarked
package io.redoubt.protocol.command;

import org.jspecify.annotations.NullMarked;
