package io.redoubt.protocol.session;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The output that waits for the {@link OutputGate}, in the order of the marks, and the receiver of
 * output that waits for replicas. The sizes of the last release help to choose when to fsync.
 */
public final class HeldOutput {
  /** The output of a client. */
  interface Member {
    /** Returns true if output waits for the gate. */
    boolean isHeld();

    /** Returns the mark for which output waits, if it is held. */
    long heldMark();

    /** Returns the number of the last release that included this output. */
    long lastRelease();

    /** Sends what the gate has passed in a release. */
    void release(long number);
  }

  private static final int FIRST_ROOM = 64;

  private final OutputGate gate;
  private final ReplicaWaits replicaWaits;
  private @Nullable Member[] members = new @Nullable Member[FIRST_ROOM];
  private long[] marks = new long[FIRST_ROOM];
  private int first;
  private int count;

  /** The number of releases so far. */
  private long group;

  private int groupSize;
  private int returned;

  /**
   * Creates a place for output.
   *
   * @param replicaWaits receives the output that waits for replicas
   */
  public HeldOutput(OutputGate gate, ReplicaWaits replicaWaits) {
    this.gate = gate;
    this.replicaWaits = replicaWaits;
  }

  /** Returns output that never waits, for a process without data. */
  public static HeldOutput never() {
    return new HeldOutput(OutputGate.OPEN, ReplicaWaits.NONE);
  }

  OutputGate gate() {
    return gate;
  }

  /** Returns the receiver of output that waits for replicas. */
  ReplicaWaits replicaWaits() {
    return replicaWaits;
  }

  /** Adds the output of a client; its mark is not below the previous ones. */
  void add(Member member) {
    if (count == members.length) {
      grow();
    }
    int at = (first + count++) % members.length;
    members[at] = member;
    marks[at] = member.heldMark();
    if (member.lastRelease() == group) {
      returned++;
    }
  }

  private void grow() {
    @Nullable Member[] moreMembers = new @Nullable Member[count * 2];
    long[] moreMarks = new long[count * 2];
    for (int i = 0; i < count; i++) {
      int at = (first + i) % count;
      moreMembers[i] = members[at];
      moreMarks[i] = marks[at];
    }
    members = moreMembers;
    marks = moreMarks;
    first = 0;
  }

  public int size() {
    return count;
  }

  /** Returns the number of clients in the last release. */
  public int lastGroup() {
    return groupSize;
  }

  /** Returns the number of clients of the last release that are waiting again. */
  public int returned() {
    return returned;
  }

  /**
   * Releases output that the gate has passed.
   *
   * @return true if any client was released or had left
   */
  public boolean gateMoved() {
    long passed = gate.passed();
    if (count == 0 || marks[first] > passed) {
      return false;
    }
    group++;
    groupSize = 0;
    returned = 0;
    while (count > 0 && marks[first] <= passed) {
      Member member = members[first];
      members[first] = null;
      first = (first + 1) % members.length;
      count--;
      if (member != null && member.isHeld()) {
        groupSize++;
        member.release(group);
      }
    }
    return true;
  }

  void clear() {
    Arrays.fill(members, null);
    first = 0;
    count = 0;
  }
}
