/**
 * The values of sets: an intset, a listpack or a table of members, and their intersections, unions
 * and differences. Start at {@link io.redoubt.server.value.set.Sets}.
 */
@NullMarked
package io.redoubt.server.value.set;

import org.jspecify.annotations.NullMarked;
