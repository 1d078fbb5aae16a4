package io.redoubt.sentinel;

import io.redoubt.protocol.config.ClientClass;
import io.redoubt.protocol.session.ClientType;
import io.redoubt.protocol.session.OutputLimit;
import io.redoubt.protocol.session.SessionSettings;
import io.redoubt.sentinel.runtime.SentinelDirectives;

/** The configuration as clients ask for it. */
record BoundSettings(SentinelDirectives directives) implements SessionSettings {
  @Override
  public int maxClients() {
    return (int) Math.min(directives.maxclients.value(), Integer.MAX_VALUE);
  }

  @Override
  public long queryBufferLimitBytes() {
    return directives.clientQueryBufferLimit.value();
  }

  @Override
  public OutputLimit outputLimit(ClientType type) {
    var limit =
        directives.clientOutputBufferLimit.of(
            type == ClientType.PUBSUB ? ClientClass.PUBSUB : ClientClass.NORMAL);
    return new OutputLimit(limit.hardBytes(), limit.softBytes(), limit.softSeconds());
  }

  @Override
  public int idleTimeoutSeconds() {
    return directives.timeout.value();
  }

  @Override
  public int tcpKeepaliveSeconds() {
    return directives.tcpKeepalive.value();
  }

  @Override
  public boolean protectedMode() {
    return directives.protectedMode.value();
  }
}
