package io.redoubt.server.cluster.migration;

import io.redoubt.server.cluster.slot.SlotSet;

/** A migration as CLUSTER GETSLOTMIGRATIONS lists it, at the source or at the target. */
public final class Migration {
  /** The state of a migration, under the names of Valkey. */
  public enum State {
    /** Waits until a migration before it is over. */
    WAITING("waiting-to-snapshot"),
    /** The source connects to the target. */
    CONNECTING("connecting"),
    /** The source waits until the target agrees. */
    ESTABLISHING("reading-establish-response"),
    /** The keys are sent, or received. */
    SNAPSHOTTING("snapshotting"),
    /** All keys have been sent; changes are. */
    REPLICATING("replicating"),
    /** The source has paused writes until the target has everything. */
    PAUSED("failover-paused"),
    /** The target may take over. */
    GRANTED("failover-granted"),
    /** The target owns the slots. */
    SUCCESS("success"),
    /** The source still owns the slots. */
    FAILED("failed"),
    /** An operator has ended the migration. */
    CANCELLED("cancelled");

    private final String wireName;

    State(String wireName) {
      this.wireName = wireName;
    }

    /** Returns the name in replies. */
    public String wireName() {
      return wireName;
    }

    /** Returns true if nothing follows. */
    public boolean isOver() {
      return this == SUCCESS || this == FAILED || this == CANCELLED;
    }
  }

  private final String name;
  private final boolean exports;
  private final SlotSet slots;
  private final String source;
  private final String target;
  private final long createdSeconds;
  private long updatedSeconds;
  private long heardSeconds;
  private State state;
  private String message = "";
  private long remainingBytes;

  Migration(
      String name,
      boolean exports,
      SlotSet slots,
      String source,
      String target,
      State state,
      long nowSeconds) {
    this.name = name;
    this.exports = exports;
    this.slots = slots;
    this.source = source;
    this.target = target;
    this.state = state;
    createdSeconds = nowSeconds;
    updatedSeconds = nowSeconds;
    heardSeconds = nowSeconds;
  }

  void entered(State next, String reason, long nowSeconds) {
    state = next;
    message = reason;
    updatedSeconds = nowSeconds;
  }

  void heard(long nowSeconds) {
    heardSeconds = nowSeconds;
  }

  void remaining(long bytes) {
    remainingBytes = bytes;
  }

  /** Returns the name, which both nodes use. */
  public String name() {
    return name;
  }

  /** Returns true at the source. */
  public boolean exports() {
    return exports;
  }

  /** Returns the slots. */
  public SlotSet slots() {
    return slots;
  }

  /** Returns the slots as ranges, such as {@code 0-5 7-7}. */
  public String ranges() {
    StringBuilder text = new StringBuilder();
    slots.forEachRange((first, last) ->
        text.append(text.isEmpty() ? "" : " ").append(first).append('-').append(last));
    return text.toString();
  }

  /** Returns the id of the node that owns the slots at the start. */
  public String source() {
    return source;
  }

  /** Returns the id of the node that takes them over. */
  public String target() {
    return target;
  }

  /** Returns the time of the start, in seconds of Unix time. */
  public long createdSeconds() {
    return createdSeconds;
  }

  /** Returns the time of the last change of the state, in seconds of Unix time. */
  public long updatedSeconds() {
    return updatedSeconds;
  }

  /** Returns the time at which the other node was heard last, in seconds of Unix time. */
  public long heardSeconds() {
    return heardSeconds;
  }

  /** Returns the state. */
  public State state() {
    return state;
  }

  /** Returns the reason of a failure, or nothing. */
  public String message() {
    return message;
  }

  /** Returns the bytes that wait at the source to be sent. */
  public long remainingBytes() {
    return remainingBytes;
  }
}
