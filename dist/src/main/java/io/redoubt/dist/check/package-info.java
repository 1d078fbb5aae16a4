/**
 * The programs that check files on disk, {@code redis-check-rdb} and {@code redis-check-aof}: their
 * arguments and what they print to. What they do is in persistence.rdb and persistence.aof.
 */
@NullMarked
package io.redoubt.dist.check;

import org.jspecify.annotations.NullMarked;
