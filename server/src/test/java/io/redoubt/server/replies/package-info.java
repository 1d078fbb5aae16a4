/** Searches for requests that a server answers never, or more than once, or that end it. */
@NullMarked
package io.redoubt.server.replies;

import org.jspecify.annotations.NullMarked;
