/**
 * The data server as a program ({@link io.redoubt.server.Main}) and as an object for embedding
 * ({@link io.redoubt.server.RedisServer}). {@code server.assembly} builds its parts.
 */
@NullMarked
package io.redoubt.server;

import org.jspecify.annotations.NullMarked;
