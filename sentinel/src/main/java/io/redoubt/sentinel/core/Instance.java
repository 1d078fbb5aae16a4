package io.redoubt.sentinel.core;

import org.jspecify.annotations.Nullable;

/** A process that a sentinel watches: a master, one of its replicas, or another sentinel of it. */
public abstract sealed class Instance permits DataNode, Peer {
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

  /** Names this instance in requests. */
  public final int id() {
    return id;
  }

  /** What the sentinel itself calls it; users are told {@link Sentinel#nameOf}. */
  public abstract String name();

  /** The word for it in events: master, slave or sentinel. */
  public abstract String kind();

  /** The master it belongs to, a master itself. */
  public abstract Master master();

  /** Where it listens. */
  public final Address address() {
    return address;
  }

  /** The connections to it. */
  public final Link link() {
    return link;
  }

  /** Its run id, empty before it told. */
  public final String runId() {
    return runId == null ? "" : runId;
  }

  /** Whether we find it down. */
  public final boolean isSubjectivelyDown() {
    return subjectivelyDown;
  }

  /** For how long we have found it down, in milliseconds. */
  public final long subjectivelyDownMillis(long now) {
    return subjectivelyDown ? now - subjectivelyDownSince : 0;
  }

  /** Whether it has been up, as we see it, for at least this long. */
  boolean upFor(long millis, long now) {
    return now - subjectivelyDownSince >= millis;
  }
}
