/** Tests of {@code redis-cli --cluster}. */
@NullMarked
package io.redoubt.dist.cli.cluster;

import org.jspecify.annotations.NullMarked;
