/**
 * {@code redis-cli --cluster}: creates, checks, repairs and changes clusters. Start reading at
 * {@code ClusterMode}. May import {@code dist.client} and {@code dist.cli.session}.
 */
@NullMarked
package io.redoubt.dist.cli.cluster;

import org.jspecify.annotations.NullMarked;
