/**
 * Shared by the command-line tools: the options that name a server, and a blocking connection to
 * it. Start reading at {@code Target}. May import {@code protocol}.
 */
@NullMarked
package io.redoubt.dist.client;

import org.jspecify.annotations.NullMarked;
