package io.redoubt.server.cluster.simulation;

import java.util.HashMap;
import java.util.Map;

/** A simulated name server. */
final class NameServer {
  private final Map<String, String> addresses = new HashMap<>();
  private int requests;

  /** Returns this address from now on; an empty one removes the entry. */
  void put(String hostname, String ip) {
    addresses.put(hostname, ip);
  }

  /** Returns the address of a host, empty if there is none. */
  String find(String hostname) {
    requests++;
    return addresses.getOrDefault(hostname, "");
  }

  /** Returns the number of requests. */
  int requests() {
    return requests;
  }
}
