package io.redoubt.protocol.session;

import io.redoubt.protocol.config.directive.OutputLimit;
import io.redoubt.protocol.net.PeerCertificate;
import io.redoubt.protocol.resp.Limits;
import org.jspecify.annotations.Nullable;

/** The configuration used by clients; every value may change at run time. */
public interface SessionSettings {
  int maxClients();

  /** Size limits of requests, such as {@code proto-max-bulk-len}. */
  Limits requestLimits();

  /** {@code acllog-max-len}: the maximum number of denials kept. */
  int aclLogMaxLen();

  /** {@code client-query-buffer-limit}, in bytes. */
  long queryBufferLimitBytes();

  /**
   * {@code maxmemory-clients}: the maximum memory of all clients together, in bytes; 0 is no limit.
   */
  long clientMemoryLimitBytes();

  /** {@code client-output-buffer-limit} of a class; not used for the master. */
  OutputLimit outputLimit(ClientType type);

  /** {@code timeout}: seconds without a request after which a client is closed; 0 for none. */
  int idleTimeoutSeconds();

  /** {@code tcp-keepalive}: seconds between probes, 0 for none. */
  int tcpKeepaliveSeconds();

  /**
   * {@code tls-auth-clients-user}: the field of a client's certificate that names its user, or null
   * if clients don't log in by their certificates.
   */
  PeerCertificate.@Nullable Field certificateUser();

  /** {@code protected-mode}. */
  boolean protectedMode();
}
