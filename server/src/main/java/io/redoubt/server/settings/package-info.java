/**
 * The directives of a data server: every line that a redis.conf of Redis 3.2 to 7.2 can have, one
 * declaration each. Their listeners are registered by other packages.
 *
 * <p>Imports {@code bytes} and {@code config} only: settings do not depend on their readers.
 */
@NullMarked
package io.redoubt.server.settings;

import org.jspecify.annotations.NullMarked;
