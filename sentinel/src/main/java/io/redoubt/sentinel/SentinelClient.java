package io.redoubt.sentinel;

import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientRegistry;

/** A client of a sentinel. */
final class SentinelClient extends Client {
  SentinelClient(ClientRegistry registry) {
    super(registry);
  }
}
