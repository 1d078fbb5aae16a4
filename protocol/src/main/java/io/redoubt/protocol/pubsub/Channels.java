package io.redoubt.protocol.pubsub;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.SharedMessage;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All subscriptions of a server. Confirmations and messages have Redis' format: arrays in RESP2,
 * push messages in RESP3. Used by one event loop.
 */
public final class Channels {
  /** Most channels have one subscriber: larger sets would only take memory. */
  private static final int FEW = 2;

  private final Map<ChannelKind, Map<ByteString, Set<Subscriber>>> subscribers =
      new EnumMap<>(ChannelKind.class);

  /** Creates an instance without subscriptions. */
  public Channels() {
    for (ChannelKind kind : ChannelKind.values()) {
      subscribers.put(kind, new LinkedHashMap<>());
    }
  }

  private Map<ByteString, Set<Subscriber>> of(ChannelKind kind) {
    Map<ByteString, Set<Subscriber>> names = subscribers.get(kind);
    if (names == null) {
      throw new IllegalStateException(kind.name());
    }
    return names;
  }

  /** Subscribes if necessary, and confirms in any case. */
  public void subscribe(Subscriber subscriber, ChannelKind kind, ByteString name) {
    if (subscriber.subscriptions().add(kind, name)) {
      of(kind).computeIfAbsent(name, unused -> new LinkedHashSet<>(FEW)).add(subscriber);
    }
    confirm(subscriber, kind, kind.subscribed(), name);
  }

  /** Unsubscribes if necessary, and confirms in any case. */
  public void unsubscribe(Subscriber subscriber, ChannelKind kind, ByteString name) {
    remove(subscriber, kind, name);
    confirm(subscriber, kind, kind.unsubscribed(), name);
  }

  /**
   * Removes all subscriptions of a kind and confirms each; confirms a null name if there were none.
   */
  public void unsubscribeAll(Subscriber subscriber, ChannelKind kind) {
    Subscriptions subscriptions = subscriber.subscriptions();
    if (subscriptions.count(kind) == 0) {
      confirm(subscriber, kind, kind.unsubscribed(), null);
    }
    while (subscriptions.count(kind) > 0) {
      unsubscribe(subscriber, kind, subscriptions.first(kind));
    }
  }

  /**
   * Removes all subscriptions to a channel and notifies each subscriber, since none has requested
   * it.
   */
  public void unsubscribeEverybody(ChannelKind kind, ByteString name) {
    for (Subscriber subscriber : new ArrayList<>(of(kind).getOrDefault(name, Set.of()))) {
      remove(subscriber, kind, name);
      subscriber.push(change(subscriber, kind, kind.unsubscribed(), name));
    }
  }

  /** Removes all subscriptions of a disconnected or reset subscriber, without confirmation. */
  public void forget(Subscriber subscriber) {
    if (subscriber.subscriptions().total() == 0) {
      return;
    }
    for (ChannelKind kind : ChannelKind.values()) {
      for (ByteString name : new ArrayList<>(subscriber.subscriptions().names(kind))) {
        remove(subscriber, kind, name);
      }
    }
  }

  private void remove(Subscriber subscriber, ChannelKind kind, ByteString name) {
    if (!subscriber.subscriptions().remove(kind, name)) {
      return;
    }
    Set<Subscriber> all = of(kind).get(name);
    if (all != null && all.remove(subscriber) && all.isEmpty()) {
      of(kind).remove(name);
    }
  }

  private static void confirm(
      Subscriber subscriber, ChannelKind kind, String event, @Nullable ByteString name) {
    subscriber.confirm(change(subscriber, kind, event, name));
  }

  private static Consumer<ReplyWriter> change(
      Subscriber subscriber, ChannelKind kind, String event, @Nullable ByteString name) {
    int count = subscriber.subscriptions().confirmedCount(kind);
    return writer -> {
      writer.push(3);
      writer.bulk(event);
      if (name == null) {
        writer.nil();
      } else {
        writer.bulk(name);
      }
      writer.integer(count);
    };
  }

  /**
   * Delivers a message to the subscribers of a channel and of matching patterns.
   *
   * @return the number of deliveries
   */
  public int publish(ByteString channel, ByteString message) {
    return publish(
        channel.asSegment(), 0, channel.length(), message.asSegment(), 0, message.length());
  }

  /** Publishes like {@link #publish(ByteString, ByteString)}, from bytes in memory segments. */
  public int publish(
      MemorySegment channels,
      long channelOffset,
      int channelLength,
      MemorySegment messages,
      long messageOffset,
      int messageLength) {
    Map<ByteString, Set<Subscriber>> patterns = of(ChannelKind.PATTERN);
    if (of(ChannelKind.CHANNEL).isEmpty() && patterns.isEmpty()) {
      return 0;
    }
    ByteString channel = ByteString.copyOf(channels, channelOffset, channelLength);
    int receivers = deliver(ChannelKind.CHANNEL, channel, messages, messageOffset, messageLength);
    for (Map.Entry<ByteString, Set<Subscriber>> pattern : patterns.entrySet()) {
      if (!Glob.matches(pattern.getKey(), channel)) {
        continue;
      }
      var message =
          new SharedMessage(writer -> {
            writer.push(4);
            writer.bulk(ChannelKind.PATTERN.message());
            writer.bulk(pattern.getKey());
            writer.bulk(channel);
            writer.bulk(messages, messageOffset, messageLength);
          });
      for (Subscriber subscriber : pattern.getValue()) {
        receivers++;
        subscriber.push(message);
      }
    }
    return receivers;
  }

  /** Delivers a message to the subscribers of a shard channel and returns their number. */
  public int publishToShard(
      MemorySegment channels,
      long channelOffset,
      int channelLength,
      MemorySegment messages,
      long messageOffset,
      int messageLength) {
    if (of(ChannelKind.SHARD_CHANNEL).isEmpty()) {
      return 0;
    }
    ByteString channel = ByteString.copyOf(channels, channelOffset, channelLength);
    return deliver(ChannelKind.SHARD_CHANNEL, channel, messages, messageOffset, messageLength);
  }

  private int deliver(
      ChannelKind kind, ByteString channel, MemorySegment messages, long offset, int length) {
    Set<Subscriber> receivers = of(kind).get(channel);
    if (receivers == null) {
      return 0;
    }
    var message =
        new SharedMessage(writer -> {
          writer.push(3);
          writer.bulk(kind.message());
          writer.bulk(channel);
          writer.bulk(messages, offset, length);
        });
    for (Subscriber subscriber : receivers) {
      subscriber.push(message);
    }
    return receivers.size();
  }

  /**
   * Returns the channels or patterns that have subscribers, in order of their first subscription.
   */
  public Set<ByteString> active(ChannelKind kind) {
    return java.util.Collections.unmodifiableSet(of(kind).keySet());
  }

  /** Returns the number of subscribers of a channel, not counting those of patterns. */
  public int subscribers(ChannelKind kind, ByteString name) {
    Set<Subscriber> all = of(kind).get(name);
    return all == null ? 0 : all.size();
  }
}
