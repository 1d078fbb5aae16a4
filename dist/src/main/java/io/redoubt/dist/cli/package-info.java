/**
 * The command-line client {@code redis-cli}. Start reading at {@code RedisCli}. The output forms
 * follow those of Redis 7.0's client byte by byte, because scripts parse them. May import {@code
 * protocol}.
 */
@NullMarked
package io.redoubt.dist.cli;

import org.jspecify.annotations.NullMarked;
