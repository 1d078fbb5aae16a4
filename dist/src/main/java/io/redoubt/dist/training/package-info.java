/**
 * The training run of the build: both launchers do real work, and the JVM keeps what it learned in
 * an AOT cache, from which they start in a fraction of the time.
 */
@NullMarked
package io.redoubt.dist.training;

import org.jspecify.annotations.NullMarked;
