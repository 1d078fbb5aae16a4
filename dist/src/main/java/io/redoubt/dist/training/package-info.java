/**
 * The AOT training run of the build: both launchers execute a realistic workload, and the JVM
 * stores the loaded classes and profiles in an AOT cache, from which they start in a fraction of
 * the time. Start reading at {@link io.redoubt.dist.training.Training}; may import {@code
 * dist.process} and {@code protocol}.
 */
@NullMarked
package io.redoubt.dist.training;

import org.jspecify.annotations.NullMarked;
