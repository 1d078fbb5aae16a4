package io.redoubt.protocol.session;

import io.redoubt.protocol.config.OutputLimit;

/** What clients ask of the configuration; every value may change at run time. */
public interface SessionSettings {
  /** {@code maxclients}. */
  int maxClients();

  /** {@code client-query-buffer-limit}, in bytes. */
  long queryBufferLimitBytes();

  /** {@code maxmemory-clients}: what all clients may take together, in bytes; 0 is no limit. */
  long clientMemoryLimitBytes();

  /** {@code client-output-buffer-limit} of a class. Not asked for the master. */
  OutputLimit outputLimit(ClientType type);

  /** {@code timeout}: seconds without a request after which a client is closed, 0 for never. */
  int idleTimeoutSeconds();

  /** {@code tcp-keepalive}: seconds between probes, 0 for none. */
  int tcpKeepaliveSeconds();

  /** Whether {@code protected-mode} is on. */
  boolean protectedMode();
}
