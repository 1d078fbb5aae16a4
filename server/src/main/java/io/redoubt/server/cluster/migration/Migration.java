package io.redoubt.server.cluster.migration;

import io.redoubt.server.cluster.slot.SlotSet;

/** An entry of CLUSTER GETSLOTMIGRATIONS, at the source or at the target. */
public final class Migration {
  /** The state of a migration, under the names of Valkey. */
  public enum State {
    /** Waits for the end of an earlier migration. */
    WAITING("waiting-to-snapshot"),
    /** The source connects to the target. */
    CONNECTING("connecting"),
    /** The source waits for the target's consent. */
    ESTABLISHING("reading-establish-response"),
    /** The source sends the keys; at the target, from the start until FINISH. */
    SNAPSHOTTING("snapshotting"),
    /** All keys have been sent; only changes remain. */
    REPLICATING("replicating"),
    /** The source has paused writes until the target has all changes. */
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

    public String wireName() {
      return wireName;
    }

    /** Returns true for a final state. */
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

  void enter(State next, String reason, long nowSeconds) {
    state = next;
    message = reason;
    updatedSeconds = nowSeconds;
  }

  void setHeard(long nowSeconds) {
    heardSeconds = nowSeconds;
  }

  void setRemainingBytes(long bytes) {
    remainingBytes = bytes;
  }

  /** Returns the name, which is the same on both nodes. */
  public String name() {
    return name;
  }

  /** Returns true at the source, false at the target. */
  public boolean exports() {
    return exports;
  }

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

  /** Returns the id of the node that owns the slots initially. */
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

  /** Returns the time of the last message from the other node, in seconds of Unix time. */
  public long heardSeconds() {
    return heardSeconds;
  }

  public State state() {
    return state;
  }

  /** Returns the reason for a failure, else an empty text. */
  public String message() {
    return message;
  }

  /** Returns the bytes of pending output at the source. */
  public long remainingBytes() {
    return remainingBytes;
  }
}
