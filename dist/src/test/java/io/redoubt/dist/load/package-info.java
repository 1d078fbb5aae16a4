/** Tests of {@code redis-benchmark}. */
@NullMarked
package io.redoubt.dist.load;

import org.jspecify.annotations.NullMarked;
