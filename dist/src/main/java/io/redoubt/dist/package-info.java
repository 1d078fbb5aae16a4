/**
 * The programs built on both server and sentinel: quickstart, the command-line tools, the file
 * checkers and the AOT training run. Only {@code dist/bench} depends on this module.
 */
@NullMarked
package io.redoubt.dist;

import org.jspecify.annotations.NullMarked;
