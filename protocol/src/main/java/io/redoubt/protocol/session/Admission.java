package io.redoubt.protocol.session;

import io.redoubt.protocol.net.Chunk;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.process.Log;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Accepts connections: each becomes a client or is refused with Redis' error. Used by the event
 * loop only.
 */
public final class Admission {
  private static final String TOO_MANY = "-ERR max number of clients reached\r\n";
  private static final String PROTECTED =
      "-DENIED Redis is running in protected mode because protected mode is enabled and no password"
          + " is set for the default user. In this mode connections are only accepted from the"
          + " loopback interface. If you want to connect from external computers to Redis you may"
          + " adopt one of the following solutions: 1) Just disable protected mode sending the"
          + " command 'CONFIG SET protected-mode no' from the loopback interface by connecting to"
          + " Redis from the same host the server is running, however MAKE SURE Redis is not"
          + " publicly accessible from internet if you do so. Use CONFIG REWRITE to make this"
          + " change permanent. 2) Alternatively you can just disable the protected mode by editing"
          + " the Redis configuration file, and setting the protected mode option to 'no', and then"
          + " restarting the server. 3) If you started the server manually just for testing,"
          + " restart it with the '--protected-mode no' option. 4) Set up an authentication"
          + " password for the default user. NOTE: You only need to do one of the above things in"
          + " order for the server to start accepting connections from the outside.\r\n";

  private final ClientContext context;
  private final Dispatcher dispatcher;
  private final IntSupplier clients;
  private long received;
  private long rejected;

  /**
   * Creates the admission of clients.
   *
   * @param dispatcher refuses clients for which there is no memory
   * @param clients returns the number of clients
   */
  Admission(ClientContext context, Dispatcher dispatcher, IntSupplier clients) {
    this.context = context;
    this.dispatcher = dispatcher;
    this.clients = clients;
  }

  /**
   * Creates a client for a new connection, or closes it with Redis' error (too many clients,
   * protected mode).
   */
  public void accept(Connection connection, Supplier<? extends Client> newClient) {
    SessionSettings settings = context.settings();
    if (clients.getAsInt() >= settings.maxClients() || !dispatcher.hasRoomForClient()) {
      refuse(connection, TOO_MANY);
      return;
    }
    if (settings.protectedMode()
        && context.users().defaultUser().needsNoPassword()
        && !ClientSocket.isLocal(connection)) {
      refuse(connection, PROTECTED);
      return;
    }
    received++;
    if (!connection.isUnix() && settings.tcpKeepaliveSeconds() > 0) {
      connection.setKeepAlive(settings.tcpKeepaliveSeconds());
    }
    Log log = context.log();
    if (log.logs(Log.Level.DEBUG)) {
      log.debug("Accepted %s", connection.remoteAddress());
    }
    connection.setHandler(newClient.get());
  }

  private void refuse(Connection connection, String text) {
    rejected++;
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    connection.setHandler(new Refused(bytes));
  }

  /** Sends an error line when the connection opens, and closes it. */
  private record Refused(byte[] line) implements Connection.Handler {
    @Override
    public void onOpen(Connection connection) {
      Chunk chunk = connection.newChunk(line.length);
      MemorySegment.copy(
          line, 0, chunk.memory(), ValueLayout.JAVA_BYTE, chunk.start(), line.length);
      connection.send(chunk, chunk.start() + line.length);
      connection.closeAfterFlush();
    }

    @Override
    public void onBytes(Connection connection, MemorySegment memory, long from, long to) {
      // Input of a refused connection is ignored.
    }

    @Override
    public void onReadDone(Connection connection) {
      // No replies to flush.
    }

    @Override
    public void onWritable(Connection connection) {
      // Closed already.
    }

    @Override
    public void onClose(Connection connection, @Nullable Throwable cause) {
      // No client to release.
    }
  }

  public long received() {
    return received;
  }

  public long rejected() {
    return rejected;
  }

  void resetStatistics() {
    received = 0;
    rejected = 0;
  }
}
