/**
 * The programs built on both server and sentinel: quickstart, the benchmarks, the file checkers and
 * the AOT training run. Nothing else depends on this module.
 */
@NullMarked
package io.redoubt.dist;

import org.jspecify.annotations.NullMarked;
