/**
 * Subscriptions to channels, patterns and shard channels, and delivery of messages to subscribers.
 *
 * <p>May import {@code protocol.bytes} and {@code protocol.resp} only. A subscriber is anything
 * that can write a reply, so that the data server, the sentinel and tests share this package. Start
 * reading at {@link io.redoubt.protocol.pubsub.Channels}.
 */
@NullMarked
package io.redoubt.protocol.pubsub;

import org.jspecify.annotations.NullMarked;
