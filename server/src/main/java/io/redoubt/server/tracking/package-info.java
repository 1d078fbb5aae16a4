/**
 * The keys of client-side caching, in the region: the keys read by clients ({@link
 * io.redoubt.server.tracking.TrackedKeys}, the place to start reading), and the keys changed since
 * the last broadcast. The clients and their messages belong to {@code protocol.session}.
 */
@NullMarked
package io.redoubt.server.tracking;

import org.jspecify.annotations.NullMarked;
