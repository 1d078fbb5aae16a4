/** Searches for requests that a server never answers, answers more than once, or that end it. */
@NullMarked
package io.redoubt.server.replies;

import org.jspecify.annotations.NullMarked;
