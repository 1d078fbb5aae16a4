package io.redoubt.server.cluster.bus;

import io.redoubt.server.cluster.message.Body;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counters of sent and received messages by type, for CLUSTER INFO. */
public final class BusStats {
  /** The types in the order of their numbers. */
  public enum Type {
    /** A heartbeat with gossip, to be answered with a PONG. */
    PING("ping"),
    /** The reply to a PING or a MEET, or an unasked announcement. */
    PONG("pong"),
    /** A PING that asks the receiver to add the sender. */
    MEET("meet"),
    /** The agreed failure of a node. */
    FAIL("fail"),
    /** A published message. */
    PUBLISH("publish"),
    /** A request for a vote. */
    VOTE_REQUEST("auth-req"),
    /** A vote. */
    VOTE("auth-ack"),
    /** The newer owner of slots, sent to a node with an outdated view. */
    UPDATE("update"),
    /** A request to pause writes for a manual failover. */
    PAUSE_REQUEST("mfstart"),
    /** A message of a module. */
    MODULE("module"),
    /** A message published to a sharded channel. */
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

  void countSent(Body body) {
    count(sent, body);
  }

  void countReceived(Body body) {
    count(received, body);
  }

  private static void count(Map<Type, Long> counts, Body body) {
    Type type = Type.of(body);
    if (type != null) {
      counts.merge(type, 1L, Long::sum);
    }
  }

  void countLimitExceeded() {
    limitsExceeded++;
  }

  public long sent(Type type) {
    return sent.getOrDefault(type, 0L);
  }

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
