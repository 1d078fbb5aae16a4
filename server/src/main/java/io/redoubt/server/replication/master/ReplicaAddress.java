package io.redoubt.server.replication.master;

import io.redoubt.protocol.net.Addresses;
import io.redoubt.server.client.ServerClient;
import org.jspecify.annotations.Nullable;

/** The address of a replica: the one that it has announced, or that of its connection. */
final class ReplicaAddress {
  private final ServerClient client;
  private final ReplicaOptions options;

  ReplicaAddress(ServerClient client, ReplicaOptions options) {
    this.client = client;
    this.options = options;
  }

  /** Returns the address at which the replica can be reached, or null if it is unknown. */
  @Nullable String ip() {
    String announced = options.announcedAddress();
    if (announced != null) {
      return announced;
    }
    var peer = client.connection().remoteInetAddress();
    return peer == null ? null : Addresses.ip(peer);
  }

  /** Returns the name of the replica in log lines. */
  @Override
  public String toString() {
    String address = ip();
    if (address == null) {
      return "client id #" + client.id();
    }
    int port = options.listeningPort();
    return port == 0
        ? Addresses.bracketed(address) + ":<unknown-replica-port>"
        : Addresses.describe(address, port);
  }
}
