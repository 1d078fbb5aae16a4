/**
 * A session of {@code redis-cli} with a server: connecting, running commands, printing replies.
 * Start reading at {@code CommandRunner}. May import {@code protocol} and {@code dist.client}.
 */
@NullMarked
package io.redoubt.dist.cli.session;

import org.jspecify.annotations.NullMarked;
