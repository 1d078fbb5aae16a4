/**
 * The directives of a data server: every line that a redis.conf of Redis 3.2 to 7.2 can have, one
 * declaration each. What reacts to them registers itself from its own package.
 *
 * <p>Imports {@code bytes} and {@code config} only: settings know none of those who read them.
 */
@NullMarked
package io.redoubt.server.settings;

import org.jspecify.annotations.NullMarked;
