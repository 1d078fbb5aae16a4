package io.redoubt.sentinel.core;

import io.redoubt.sentinel.message.Address;
import org.jspecify.annotations.Nullable;

/** A process monitored by a sentinel: a master, one of its replicas, or another sentinel of it. */
public abstract sealed class Instance permits DataNode, SentinelPeer {
  private final int id;
  Address address;
  Link link;
  @Nullable String runId;
  boolean subjectivelyDown;
  long subjectivelyDownSince = Link.NEVER;
  long helloSentAt = Link.NEVER;

  Instance(int id, Address address, Link link) {
    this.id = id;
    this.address = address;
    this.link = link;
  }

  /** Returns the id of this instance in requests. */
  public final int id() {
    return id;
  }

  /** Returns the sentinel's internal name; users see {@link Sentinel#nameOf}. */
  public abstract String name();

  /** Returns the kind in events: master, slave or sentinel. */
  public abstract String kind();

  /** Returns the master it belongs to; a master returns itself. */
  public abstract Master master();

  /** Returns its address. */
  public final Address address() {
    return address;
  }

  /** Returns the connections to it. */
  public final Link link() {
    return link;
  }

  /** Returns its run id, empty while unknown. */
  public final String runId() {
    return runId == null ? "" : runId;
  }

  /** Returns true if it is subjectively down. */
  public final boolean isSubjectivelyDown() {
    return subjectivelyDown;
  }

  /** Returns the milliseconds since it became subjectively down. */
  public final long subjectivelyDownMillis(long now) {
    return subjectivelyDown ? now - subjectivelyDownSince : 0;
  }

  /** Returns true if it has been up in our view for at least this long. */
  boolean upFor(long millis, long now) {
    return now - subjectivelyDownSince >= millis;
  }
}
