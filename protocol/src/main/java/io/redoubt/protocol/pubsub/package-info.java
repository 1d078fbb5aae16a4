/**
 * Channels, patterns and shard channels: who is subscribed, and delivery of a message to them.
 *
 * <p>May import {@code protocol.bytes} and {@code protocol.resp} only: a subscriber is whatever can
 * write a reply, so that the data server, the sentinel and tests use the same.
 */
@NullMarked
package io.redoubt.protocol.pubsub;

import org.jspecify.annotations.NullMarked;
