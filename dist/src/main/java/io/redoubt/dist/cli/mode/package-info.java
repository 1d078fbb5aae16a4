/**
 * The special modes of {@code redis-cli}, such as {@code --bigkeys} and {@code --rdb}: one class
 * each, with the output forms of Redis 7.0's client. May import {@code protocol}, {@code
 * dist.client} and {@code dist.cli.session}.
 */
@NullMarked
package io.redoubt.dist.cli.mode;

import org.jspecify.annotations.NullMarked;
