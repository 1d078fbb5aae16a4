package io.redoubt.sentinel;

import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientRegistry;

final class SentinelClient extends Client {
  SentinelClient(ClientRegistry registry) {
    super(registry);
  }
}
