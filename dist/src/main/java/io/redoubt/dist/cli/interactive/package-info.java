/**
 * The interactive use of {@code redis-cli} on a terminal: editing, history, hints, completion.
 * Start reading at {@code Shell}. The only package that may import JLine.
 */
@NullMarked
package io.redoubt.dist.cli.interactive;

import org.jspecify.annotations.NullMarked;
