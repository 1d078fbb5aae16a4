package io.redoubt.sentinel.core;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Names of hosts and the addresses that they were last found at. A name that no longer resolves
 * keeps its last address; a host that was never resolved stands for itself.
 */
final class Names {
  private final BooleanSupplier announced;
  private final Map<String, String> addresses = new HashMap<>();

  /**
   * No names yet.
   *
   * @param announced whether users are told names where they are known
   */
  Names(BooleanSupplier announced) {
    this.announced = announced;
  }

  /** Takes what a look-up found. */
  void resolved(String name, String address) {
    addresses.put(name.toLowerCase(Locale.ROOT), address);
  }

  /** The same place by its IP address, as far as that is known. */
  Address numbered(Address place) {
    String address = addresses.get(place.host().toLowerCase(Locale.ROOT));
    return address == null ? place : new Address(address, place.port());
  }

  /** A place as users are told of it: by name where that is wanted. */
  Address shown(Address place) {
    return announced.getAsBoolean() ? place : numbered(place);
  }

  /** What an instance is called in replies and events. */
  String of(Instance instance) {
    if (!(instance instanceof Replica)) {
      return instance.name();
    }
    Address place = shown(instance.address);
    String host = place.host();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + place.port();
  }

  /**
   * How events name it, such as {@code slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379}.
   */
  String described(Instance instance) {
    Master master = instance.master();
    String self = instance.kind() + " " + of(instance) + " " + place(instance);
    return master == instance ? self : self + " @ " + master.name() + " " + place(master);
  }

  private String place(Instance instance) {
    Address place = shown(instance.address);
    return place.host() + " " + place.port();
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
