/**
 * The command lines of the file checkers {@code redis-check-rdb} and {@code redis-check-aof}. The
 * checks themselves are in {@code persistence.rdb} and {@code persistence.aof}; may import these
 * and {@code protocol}.
 */
@NullMarked
package io.redoubt.dist.check;

import org.jspecify.annotations.NullMarked;
