package io.redoubt.protocol.pubsub;

import io.redoubt.protocol.bytes.ByteString;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of one subscriber. Usually empty, and then without further objects. Changed by
 * {@link Channels} only.
 */
public final class Subscriptions {
  /**
   * The measured heap size of a subscription without its name: entries here and in {@link
   * Channels}.
   */
  private static final long SUBSCRIPTION_BYTES = 600;

  /** Most clients subscribe to one channel: larger sets would only take memory. */
  private static final int FEW = 2;

  private @Nullable Set<ByteString> channels;
  private @Nullable Set<ByteString> patterns;
  private @Nullable Set<ByteString> shardChannels;
  private long nameBytes;

  /** Returns the names of one kind, in order of subscription. */
  public Set<ByteString> names(ChannelKind kind) {
    Set<ByteString> names = own(kind);
    return names == null ? Set.of() : Collections.unmodifiableSet(names);
  }

  /** Returns the oldest name of a kind, of which there is one at least. */
  ByteString first(ChannelKind kind) {
    return names(kind).iterator().next();
  }

  public int count(ChannelKind kind) {
    Set<ByteString> names = own(kind);
    return names == null ? 0 : names.size();
  }

  /**
   * Returns the number of all subscriptions; if positive, a RESP2 client may only (un)subscribe and
   * ping.
   */
  public int total() {
    return count(ChannelKind.CHANNEL)
        + count(ChannelKind.PATTERN)
        + count(ChannelKind.SHARD_CHANNEL);
  }

  /**
   * Returns the count shown in a confirmation of that kind; channels and patterns count together.
   */
  int confirmedCount(ChannelKind kind) {
    return kind == ChannelKind.SHARD_CHANNEL
        ? count(kind)
        : count(ChannelKind.CHANNEL) + count(ChannelKind.PATTERN);
  }

  boolean add(ChannelKind kind, ByteString name) {
    Set<ByteString> names = own(kind);
    if (names == null) {
      names = new LinkedHashSet<>(FEW);
      set(kind, names);
    }
    if (!names.add(name)) {
      return false;
    }
    nameBytes += name.length();
    return true;
  }

  boolean remove(ChannelKind kind, ByteString name) {
    Set<ByteString> names = own(kind);
    if (names == null || !names.remove(name)) {
      return false;
    }
    nameBytes -= name.length();
    if (names.isEmpty()) {
      set(kind, null);
    }
    return true;
  }

  /** Returns an estimate of the Java heap that the subscriptions take, in bytes. */
  public long heapBytes() {
    return total() * SUBSCRIPTION_BYTES + nameBytes;
  }

  private @Nullable Set<ByteString> own(ChannelKind kind) {
    return switch (kind) {
      case CHANNEL -> channels;
      case PATTERN -> patterns;
      case SHARD_CHANNEL -> shardChannels;
    };
  }

  private void set(ChannelKind kind, @Nullable Set<ByteString> names) {
    switch (kind) {
      case CHANNEL -> channels = names;
      case PATTERN -> patterns = names;
      case SHARD_CHANNEL -> shardChannels = names;
    }
  }
}
