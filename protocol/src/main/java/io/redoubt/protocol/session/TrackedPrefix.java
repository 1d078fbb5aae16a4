package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.ByteString;
import java.util.LinkedHashSet;
import java.util.Set;

/** A prefix of keys whose changes are broadcast to clients with client-side caching. */
public final class TrackedPrefix implements Comparable<TrackedPrefix> {
  private final ByteString name;
  private final Set<Client> clients = new LinkedHashSet<>();
  private long changedKeys;

  TrackedPrefix(ByteString name) {
    this.name = name;
  }

  ByteString name() {
    return name;
  }

  Set<Client> clients() {
    return clients;
  }

  /** Returns the address at which the data server collects changed keys, 0 if there are none. */
  public long changedKeys() {
    return changedKeys;
  }

  /** Sets the address at which the data server collects changed keys. */
  public void setChangedKeys(long address) {
    changedKeys = address;
  }

  @Override
  public int compareTo(TrackedPrefix other) {
    return name.compareTo(other.name);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
