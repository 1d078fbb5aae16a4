package io.redoubt.sentinel.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.sentinel.message.Address;
import org.jspecify.annotations.Nullable;

/**
 * A process monitored by this sentinel: a master, one of its replicas, or another of its sentinels.
 */
public abstract class Instance {
  private final int id;
  private final String masterName;
  private Address address;
  private Link link;
  private @Nullable String runId;
  private boolean subjectivelyDown;
  private long subjectivelyDownSince = MachineClock.NEVER;
  private long helloSentAt = MachineClock.NEVER;

  Instance(int id, String masterName, Address address, Link link, @Nullable String runId) {
    this.id = id;
    this.masterName = masterName;
    this.address = address;
    this.link = link;
    this.runId = runId;
  }

  public final int id() {
    return id;
  }

  /** Returns the internal name; users see {@link Sentinel#nameOf}. */
  public abstract String name();

  /** Returns the kind in events: master, slave or sentinel. */
  public abstract String kind();

  /** Returns the name of the master it belongs to; a master returns its own. */
  public final String masterName() {
    return masterName;
  }

  public final Address address() {
    return address;
  }

  public final Link link() {
    return link;
  }

  /** Returns its run id, empty while unknown. */
  public final String runId() {
    return runId == null ? "" : runId;
  }

  public final boolean isSubjectivelyDown() {
    return subjectivelyDown;
  }

  /** Returns the milliseconds since it became subjectively down. */
  public final long subjectivelyDownMillis(long now) {
    return subjectivelyDown ? now - subjectivelyDownSince : 0;
  }

  /** Returns the time when our view last changed, {@link MachineClock#NEVER} if it never did. */
  final long subjectivelyDownSince() {
    return subjectivelyDownSince;
  }

  /** Returns true if it has been up in our view for at least this long. */
  final boolean isUpFor(long millis, long now) {
    return !subjectivelyDown && now - subjectivelyDownSince >= millis;
  }

  /** Returns the time of our last hello to it. */
  final long helloSentAt() {
    return helloSentAt;
  }

  final boolean hasRunId() {
    return runId != null;
  }

  /** Records that our view of it has changed. */
  final void setSubjectivelyDown(boolean down, long now) {
    subjectivelyDown = down;
    subjectivelyDownSince = now;
  }

  final void setHelloSentAt(long now) {
    helloSentAt = now;
  }

  /** Records the run id of the process at its address. */
  final void setRunId(String processRunId) {
    runId = processRunId;
  }

  /** Moves it to another address and link, after its previous link was released. */
  final void moveTo(Address newAddress, Link newLink) {
    address = newAddress;
    link = newLink;
    newLink.addUser(id);
  }

  /** Forgets our view and the run id, because another process may answer from now on. */
  final void forgetProcess() {
    runId = null;
    subjectivelyDown = false;
    subjectivelyDownSince = MachineClock.NEVER;
  }

  /** Returns true if hellos must not be published on it, because its writes are paused. */
  boolean isPublishBlocked() {
    return false;
  }
}
