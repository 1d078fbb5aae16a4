/** The data server. May import protocol and persistence. */
@NullMarked
package io.redoubt.server;

import org.jspecify.annotations.NullMarked;
