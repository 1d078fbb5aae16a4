package io.redoubt.sentinel.core;

import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.NodeInfo;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Host names with their last known addresses. A name that no longer resolves keeps its last
 * address; a name that never resolved stands for itself.
 */
final class Names {
  private final BooleanSupplier announced;
  private final Map<String, String> addresses = new HashMap<>();

  /**
   * Creates an empty table.
   *
   * @param announced true if users see host names where known
   */
  Names(BooleanSupplier announced) {
    this.announced = announced;
  }

  /** Records the result of a name resolution. */
  void onResolved(String name, String address) {
    addresses.put(name.toLowerCase(Locale.ROOT), address);
  }

  /** Returns the address with the host's IP address, if known. */
  Address numbered(Address place) {
    String address = addresses.get(place.host().toLowerCase(Locale.ROOT));
    return address == null ? place : new Address(address, place.port());
  }

  /** Returns the address shown to users, by host name if configured. */
  Address displayed(Address place) {
    return announced.getAsBoolean() ? place : numbered(place);
  }

  /** Returns the name of an instance in replies and events. */
  String of(Instance instance) {
    return instance instanceof Replica ? displayed(instance.address()).toString() : instance.name();
  }

  /**
   * Returns the description of an instance of a master in events, such as {@code slave
   * 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379}.
   */
  String described(Instance instance, Master master) {
    String self = instance.kind() + " " + of(instance) + " " + place(instance);
    return master == instance ? self : self + " @ " + master.name() + " " + place(master);
  }

  private String place(Instance instance) {
    Address place = displayed(instance.address());
    return place.host() + " " + place.port();
  }

  /** Returns true if both addresses denote the same place. */
  boolean same(Address one, Address other) {
    return one.isSamePlace(other) || numbered(one).isSamePlace(numbered(other));
  }

  boolean follows(NodeInfo replica, Address master) {
    return !replica.masterLink().host().isEmpty() && same(replica.masterLink().address(), master);
  }
}
