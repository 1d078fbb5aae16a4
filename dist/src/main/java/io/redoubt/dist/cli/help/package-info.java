/**
 * What a server says of its commands, as help texts, hints and completions. Start reading at {@code
 * CommandDocs}. May import {@code protocol} and {@code dist.client}.
 */
@NullMarked
package io.redoubt.dist.cli.help;

import org.jspecify.annotations.NullMarked;
