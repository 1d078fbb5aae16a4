/**
 * The values of sorted sets: a listpack, or a table of members with a tree ordered by score. Start
 * at {@link io.redoubt.server.value.sortedset.SortedSets}.
 */
@NullMarked
package io.redoubt.server.value.sortedset;

import org.jspecify.annotations.NullMarked;
