/**
 * The model of {@code benchmark cores}: what the measured processor times permit on machines with
 * more cores. Start reading at {@link io.redoubt.bench.cores.Ceiling}; imports nothing of ours.
 */
@NullMarked
package io.redoubt.bench.cores;

import org.jspecify.annotations.NullMarked;
