package io.redoubt.sentinel;

import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientRegistry;

/** A client of a sentinel: nothing but what every client is. */
final class SentinelClient extends Client {
  SentinelClient(ClientRegistry registry) {
    super(registry);
  }
}
