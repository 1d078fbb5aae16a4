package io.redoubt.sentinel.core;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Names of hosts and the addresses that they were last found at. A name that no longer resolves
 * keeps its last address; a host that was never resolved stands for itself.
 */
final class Names {
  private final Map<String, String> addresses = new HashMap<>();

  /** Takes what a look-up found. */
  void resolved(String name, String address) {
    addresses.put(name.toLowerCase(Locale.ROOT), address);
  }

  /** The same place by its IP address, as far as that is known. */
  Address numbered(Address place) {
    String address = addresses.get(place.host().toLowerCase(Locale.ROOT));
    return address == null ? place : new Address(address, place.port());
  }

  /** Whether both mean the same place. */
  boolean same(Address one, Address other) {
    return one.port() == other.port()
        && (one.host().equalsIgnoreCase(other.host())
            || numbered(one).host().equals(numbered(other).host()));
  }

  /** Whether a replica follows that master. */
  boolean follows(NodeInfo replica, Address master) {
    return !replica.masterHost().isEmpty()
        && same(new Address(replica.masterHost(), replica.masterPort()), master);
  }
}
