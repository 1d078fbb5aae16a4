/**
 * The keys of client-side caching, in the region: those that clients have read ({@link
 * io.redoubt.server.tracking.TrackedKeys}, where to start reading), and those that changed since
 * the last broadcasts. The clients and their messages belong to {@code protocol.session}.
 */
@NullMarked
package io.redoubt.server.tracking;

import org.jspecify.annotations.NullMarked;
