/** Tests of {@code redis-cli} without a process. */
@NullMarked
package io.redoubt.dist.cli;

import org.jspecify.annotations.NullMarked;
