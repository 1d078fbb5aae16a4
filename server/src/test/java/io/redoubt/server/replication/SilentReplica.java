package io.redoubt.server.replication;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;

/**
 * A replica simulated by a socket. It receives a full sync and the stream, and acknowledges only
 * the sync.
 */
final class SilentReplica implements AutoCloseable {
  private final Socket socket;
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private final Thread reader;

  private SilentReplica(Socket socket) {
    this.socket = socket;
    reader = Thread.ofVirtual().start(this::read);
  }

  /** Requests a full sync from the master at a port; the sync goes through a file. */
  static SilentReplica of(int port) throws IOException {
    return of(port, "");
  }

  /** Like {@link #of(int)}, with inline commands that the master executes in the same turn. */
  static SilentReplica of(int port, String commands) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    SilentReplica replica = new SilentReplica(socket);
    replica.send("REPLCONF listening-port 1 capa psync2\r\n" + commands + "PSYNC ? -1\r\n");
    return replica;
  }

  void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  /** Returns everything received so far, one character per byte. */
  synchronized String received() {
    return received.toString(ISO_8859_1);
  }

  private void read() {
    byte[] buffer = new byte[65_536];
    try (InputStream in = socket.getInputStream()) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        synchronized (this) {
          received.write(buffer, 0, count);
        }
      }
    } catch (IOException closed) {
      // the test is over, or the master has closed the connection
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
