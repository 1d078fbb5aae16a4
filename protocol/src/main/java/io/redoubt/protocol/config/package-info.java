/**
 * The set of a process' directives and the files that set them. Each directive is declared once
 * with type, default, bounds and documentation; parsing of redis.conf and sentinel.conf, CONFIG
 * GET, SET and REWRITE, and the shipped files derive from the declarations.
 *
 * <p>Imports {@code protocol.config.directive} (one declaration and its value), {@code
 * protocol.bytes} (quoting, numbers, patterns) and {@code protocol.process} (version, error texts),
 * so that both data server and sentinel can use it. Start reading at {@link
 * io.redoubt.protocol.config.Directives}.
 */
@NullMarked
package io.redoubt.protocol.config;

import org.jspecify.annotations.NullMarked;
