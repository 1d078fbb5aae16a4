/**
 * Help texts, hints and completions, from the server's documentation of its commands. Start reading
 * at {@code DocumentedCommands}. May import {@code protocol} and {@code dist.client}.
 */
@NullMarked
package io.redoubt.dist.cli.help;

import org.jspecify.annotations.NullMarked;
