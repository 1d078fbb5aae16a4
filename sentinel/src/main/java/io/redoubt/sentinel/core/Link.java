package io.redoubt.sentinel.core;

import java.util.ArrayList;
import java.util.List;

/**
 * What is known of the connections to one process: the command side, and for data nodes the events
 * side that is subscribed to the hello channel. Sentinels that watch several masters together share
 * one link between them.
 */
public final class Link {
  /** Stands for a moment that was not yet. */
  static final long NEVER = Long.MIN_VALUE / 2;

  /** The two connections of a link. */
  public enum Kind {
    /** Takes commands. */
    COMMAND,
    /** Brings hello messages. */
    EVENTS
  }

  enum State {
    DOWN,
    CONNECTING,
    UP
  }

  /** One of the two connections. */
  static final class Side {
    State state = State.DOWN;
    long attemptedAt = NEVER;
    long connectedAt = NEVER;

    boolean isUp() {
      return state == State.UP;
    }
  }

  private final int id;
  private final Address address;
  final Side command = new Side();
  final Side events = new Side();

  /** The instances that use it: one, or the same sentinel seen at several masters. */
  final List<Instance> users = new ArrayList<>();

  /** Requests sent and not answered yet. */
  int pending;

  /** When the oldest PING without a valid answer was sent, {@link #NEVER} when none is open. */
  long waitingSince;

  long pingSentAt = NEVER;

  /** When the last valid answer to a PING came, at first when the link was made. */
  long availableAt;

  /** When the last answer of any kind to a PING came. */
  long pongAt;

  /** When the events side last brought something. */
  long heardAt;

  /** Our own address on the command side, empty before it stood once. */
  String localHost = "";

  Link(int id, Address address, long now) {
    this.id = id;
    this.address = address;
    this.waitingSince = now;
    this.availableAt = now;
    this.pongAt = now;
    this.heardAt = now;
  }

  /** Names this link in inputs and outputs. */
  public int id() {
    return id;
  }

  /** Where it goes. */
  public Address address() {
    return address;
  }

  /** How many instances share it. */
  public int owners() {
    return users.size();
  }

  /** Requests not answered yet. */
  public int pending() {
    return pending;
  }

  /** Whether the command side is not connected. */
  public boolean isDisconnected() {
    return !command.isUp();
  }

  /** Whether the other side serves us on the connection of now, which it does only after AUTH. */
  boolean isServed() {
    return command.isUp() && availableAt >= command.connectedAt;
  }

  /** Since when a PING has no valid answer, as milliseconds before {@code now}; 0 for none. */
  public long waitingMillis(long now) {
    return waitingSince == NEVER ? 0 : now - waitingSince;
  }

  /** Milliseconds since the last valid answer to a PING. */
  public long sinceAvailableMillis(long now) {
    return now - availableAt;
  }

  /** Milliseconds since the last answer to a PING. */
  public long sincePongMillis(long now) {
    return now - pongAt;
  }

  Side side(Kind kind) {
    return kind == Kind.COMMAND ? command : events;
  }

  /** For how long there was no sign of life by {@code now}. */
  long silentMillis(long now) {
    if (waitingSince != NEVER) {
      return now - waitingSince;
    }
    return isDisconnected() ? now - availableAt : 0;
  }
}
