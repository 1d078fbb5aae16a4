package io.redoubt.server.cluster.bus;

import io.redoubt.server.cluster.message.Body;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts the messages of the bus by their types, for CLUSTER INFO. */
public final class BusStats {
  /** The types in the order of their numbers. */
  public enum Type {
    /** A question whether the receiver is alive. */
    PING("ping"),
    /** The reply to it. */
    PONG("pong"),
    /** The first message to a new node. */
    MEET("meet"),
    /** The news of a failure. */
    FAIL("fail"),
    /** A message to a channel. */
    PUBLISH("publish"),
    /** The request for a vote. */
    VOTE_REQUEST("auth-req"),
    /** A vote. */
    VOTE("auth-ack"),
    /** The news of a slot's owner. */
    UPDATE("update"),
    /** The request to pause writes. */
    PAUSE_REQUEST("mfstart"),
    /** A message of a module. */
    MODULE("module"),
    /** A message to a sharded channel. */
    SHARDED_PUBLISH("publishshard");

    private final String label;

    Type(String label) {
      this.label = label;
    }

    /** Returns the name in CLUSTER INFO. */
    public String label() {
      return label;
    }

    static @Nullable Type of(Body body) {
      return switch (body) {
        case Body.Gossip gossip ->
            switch (gossip.kind()) {
              case PING -> PING;
              case PONG -> PONG;
              case MEET -> MEET;
            };
        case Body.Fail fail -> FAIL;
        case Body.Publish publish -> publish.sharded() ? SHARDED_PUBLISH : PUBLISH;
        case Body.VoteRequest request -> VOTE_REQUEST;
        case Body.Vote vote -> VOTE;
        case Body.Update update -> UPDATE;
        case Body.PauseRequest request -> PAUSE_REQUEST;
        case Body.Module module -> MODULE;
        case Body.Unknown unknown -> null;
      };
    }
  }

  private final Map<Type, Long> sent = new EnumMap<>(Type.class);
  private final Map<Type, Long> received = new EnumMap<>(Type.class);
  private long limitsExceeded;

  void sent(Body body) {
    count(sent, body);
  }

  void received(Body body) {
    count(received, body);
  }

  private static void count(Map<Type, Long> counts, Body body) {
    Type type = Type.of(body);
    if (type != null) {
      counts.merge(type, 1L, Long::sum);
    }
  }

  void limitExceeded() {
    limitsExceeded++;
  }

  /** Returns the number of sent messages of a type. */
  public long sent(Type type) {
    return sent.getOrDefault(type, 0L);
  }

  /** Returns the number of received messages of a type. */
  public long received(Type type) {
    return received.getOrDefault(type, 0L);
  }

  /** Returns the number of connections that were closed because their peers did not read. */
  public long limitsExceeded() {
    return limitsExceeded;
  }

  /** Returns the number of sent messages of all types. */
  public long sent() {
    long sum = 0;
    for (Type type : Type.values()) {
      sum += sent(type);
    }
    return sum;
  }

  /** Returns the number of received messages of all types. */
  public long received() {
    long sum = 0;
    for (Type type : Type.values()) {
      sum += received(type);
    }
    return sum;
  }
}
