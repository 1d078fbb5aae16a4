package io.redoubt.server.client;

import io.redoubt.protocol.net.BlockingLink;
import io.redoubt.protocol.net.Tls;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A pool of connections to recent targets of MIGRATE, because keys are often moved one by one. */
public final class MigrationTargets implements AutoCloseable {

  private static final long MAX_IDLE_MILLIS = 10_000;
  private static final int MAX_TARGETS = 64;

  /** The encryption of new connections. */
  public interface Encryption {
    /**
     * Returns the current TLS context, null for no encryption.
     *
     * @throws IOException if a required file is missing or can't be read
     */
    @Nullable Tls tls() throws IOException;
  }

  private final Encryption encryption;
  private final Map<String, MigrationTarget> byAddress = new LinkedHashMap<>();

  /** Creates an empty pool. */
  public MigrationTargets(Encryption encryption) {
    this.encryption = encryption;
  }

  private static String address(String host, int port) {
    return host + ":" + port;
  }

  public int size() {
    return byAddress.size();
  }

  /** Returns true if there is a connection to a server, which may be broken. */
  public boolean has(String host, int port) {
    return byAddress.containsKey(address(host, port));
  }

  /**
   * Returns the connection to a server, a new one if necessary.
   *
   * @param timeoutMillis the timeout of the connect and of each later operation
   * @throws IOException if it can't be established in time
   */
  public MigrationTarget get(String host, int port, int timeoutMillis, long nowMillis)
      throws IOException {
    MigrationTarget target = byAddress.get(address(host, port));
    if (target == null) {
      if (byAddress.size() >= MAX_TARGETS) {
        Iterator<MigrationTarget> oldest = byAddress.values().iterator();
        oldest.next().close();
        oldest.remove();
      }
      target =
          new MigrationTarget(BlockingLink.connect(host, port, encryption.tls(), timeoutMillis));
      byAddress.put(address(host, port), target);
    }
    return target.use(timeoutMillis, nowMillis);
  }

  /** Closes the connection to a server, which is broken. */
  public void drop(String host, int port) {
    MigrationTarget target = byAddress.remove(address(host, port));
    if (target != null) {
      target.close();
    }
  }

  /** Closes the connections that have not been used for some seconds. */
  public void closeIdle(long nowMillis) {
    byAddress
        .values()
        .removeIf(target -> {
          boolean idle = nowMillis - target.usedAtMillis() > MAX_IDLE_MILLIS;
          if (idle) {
            target.close();
          }
          return idle;
        });
  }

  @Override
  public void close() {
    byAddress.values().forEach(MigrationTarget::close);
    byAddress.clear();
  }
}
