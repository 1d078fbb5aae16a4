package io.redoubt.sentinel.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.sentinel.message.Address;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The state of the connections to one process: the command side, and for data nodes the events
 * side, which is subscribed to the hello channel. A sentinel known at several masters has a single
 * link.
 */
public final class Link {
  /** The two connections of a link. */
  public enum Kind {
    /** The connection for commands. */
    COMMAND,
    /** The connection that receives hello messages. */
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
    long attemptedAt = MachineClock.NEVER;
    long connectedAt = MachineClock.NEVER;

    boolean isUp() {
      return state == State.UP;
    }
  }

  private final int id;
  private final Address address;
  final Side command = new Side();
  final Side events = new Side();

  /** The ids of the instances that use it: one, or the same sentinel at several masters. */
  private final List<Integer> users = new ArrayList<>();

  /** The number of unanswered requests. */
  int pending;

  /**
   * The time of the oldest PING without a valid answer, {@link MachineClock#NEVER} if there is
   * none.
   */
  long waitingSince;

  long pingSentAt = MachineClock.NEVER;

  /** The time of the last valid answer to a PING, initially that of the link's creation. */
  long availableAt;

  /** The time of the last answer of any kind to a PING. */
  long pongAt;

  /** The time of the last message on the events side. */
  long heardAt;

  /** The leases offered to a data node. */
  final LeaseExchange lease = new LeaseExchange();

  /** Our address on the command side, empty before its first connection. */
  String localHost = "";

  Link(int id, Address address, long now) {
    this.id = id;
    this.address = address;
    this.waitingSince = now;
    this.availableAt = now;
    this.pongAt = now;
    this.heardAt = now;
  }

  /** Returns the id of this link in inputs and outputs. */
  public int id() {
    return id;
  }

  public Address address() {
    return address;
  }

  /** Returns the number of instances that share it. */
  public int owners() {
    return users.size();
  }

  /** Returns the ids of the instances that share it, in the order of their arrival. */
  List<Integer> users() {
    return Collections.unmodifiableList(users);
  }

  void addUser(int instance) {
    users.add(instance);
  }

  void removeUser(int instance) {
    users.remove(Integer.valueOf(instance));
  }

  /** Returns the number of unanswered requests. */
  public int pending() {
    return pending;
  }

  /** Returns true if the command side is not connected. */
  public boolean isDisconnected() {
    return !command.isUp();
  }

  /**
   * Returns true if the peer has answered a PING on the current connection, so it has accepted our
   * login.
   */
  boolean isServed() {
    return command.isUp() && availableAt >= command.connectedAt;
  }

  /** Returns the milliseconds since the oldest PING without a valid answer; 0 if there is none. */
  public long waitingMillis(long now) {
    return waitingSince == MachineClock.NEVER ? 0 : now - waitingSince;
  }

  /** Returns the milliseconds since the last valid answer to a PING. */
  public long sinceAvailableMillis(long now) {
    return now - availableAt;
  }

  /** Returns the milliseconds since the last answer to a PING. */
  public long sincePongMillis(long now) {
    return now - pongAt;
  }

  Side side(Kind kind) {
    return kind == Kind.COMMAND ? command : events;
  }

  /** Returns the milliseconds without a sign of life. */
  long silentMillis(long now) {
    if (waitingSince != MachineClock.NEVER) {
      return now - waitingSince;
    }
    return isDisconnected() ? now - availableAt : 0;
  }
}
