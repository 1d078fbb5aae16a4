/**
 * The values of streams: entries in listpack nodes, consumer groups and their pending entries.
 * Start at {@link io.redoubt.server.value.stream.Streams}.
 */
@NullMarked
package io.redoubt.server.value.stream;

import org.jspecify.annotations.NullMarked;
