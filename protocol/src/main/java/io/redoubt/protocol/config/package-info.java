/**
 * Directives and the files that set them: each declared once, with type, default, bounds and text,
 * from which reading redis.conf and sentinel.conf, CONFIG GET, SET and REWRITE and the shipped
 * files follow.
 *
 * <p>Imports {@code bytes} (quoting, numbers, patterns) and {@code process} (version, error texts)
 * only, so that a data server and a sentinel can both be configured by it.
 */
@NullMarked
package io.redoubt.protocol.config;

import org.jspecify.annotations.NullMarked;
