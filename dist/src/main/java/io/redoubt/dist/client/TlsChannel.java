package io.redoubt.dist.client;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * TLS over a channel. The channel must block during the handshake and may be non-blocking later.
 */
final class TlsChannel {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SocketChannel channel;
  private final SSLEngine engine;

  /** Encrypted bytes that the socket has not accepted, ready to be read. */
  private final ByteBuffer outgoing;

  /** Encrypted bytes received, ready to be read. */
  private final ByteBuffer incoming;

  private TlsChannel(SocketChannel channel, SSLEngine engine) {
    this.channel = channel;
    this.engine = engine;
    int bytes = engine.getSession().getPacketBufferSize();
    outgoing = ByteBuffer.allocate(bytes).flip();
    incoming = ByteBuffer.allocate(2 * bytes).flip();
  }

  /** Performs the handshake over a blocking channel. */
  static TlsChannel open(SocketChannel channel, SSLEngine engine) throws IOException {
    engine.setUseClientMode(true);
    TlsChannel tls = new TlsChannel(channel, engine);
    engine.beginHandshake();
    ByteBuffer room = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
    while (engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) {
      switch (engine.getHandshakeStatus()) {
        case NEED_WRAP -> tls.wrap(NOTHING);
        case NEED_TASK -> tls.runTasks();
        default -> {
          if (tls.unwrap(room) == SSLEngineResult.Status.BUFFER_UNDERFLOW && tls.receive() < 0) {
            throw new EOFException("Server closed the connection");
          }
        }
      }
    }
    return tls;
  }

  private void runTasks() {
    for (Runnable task = engine.getDelegatedTask();
        task != null;
        task = engine.getDelegatedTask()) {
      task.run();
    }
  }

  boolean hasUnsent() {
    return outgoing.hasRemaining();
  }

  /** Encrypts and sends as many bytes as the socket accepts. */
  void write(ByteBuffer bytes) throws IOException {
    flush();
    while (bytes.hasRemaining() && !outgoing.hasRemaining()) {
      wrap(bytes);
    }
  }

  private void wrap(ByteBuffer bytes) throws IOException {
    outgoing.clear();
    SSLEngineResult.Status status = engine.wrap(bytes, outgoing).getStatus();
    outgoing.flip();
    if (status != SSLEngineResult.Status.OK) {
      throw new SSLException("can't encrypt: " + status);
    }
    flush();
  }

  private void flush() throws IOException {
    do {
      channel.write(outgoing);
    } while (outgoing.hasRemaining() && channel.isBlocking());
  }

  /** Decrypts the received bytes; returns their number, negative at the end of the stream. */
  int read(ByteBuffer room) throws IOException {
    int before = room.position();
    while (true) {
      SSLEngineResult.Status status = unwrap(room);
      switch (status) {
        case CLOSED -> {
          return room.position() > before ? room.position() - before : -1;
        }
        case BUFFER_OVERFLOW -> {
          return room.position() - before;
        }
        case BUFFER_UNDERFLOW -> {
          if (room.position() > before) {
            return room.position() - before;
          }
          int received = receive();
          if (received <= 0) {
            return received;
          }
        }
        case OK -> runTasks(); // of a session ticket or key update
      }
    }
  }

  private SSLEngineResult.Status unwrap(ByteBuffer room) throws IOException {
    return engine.unwrap(incoming, room).getStatus();
  }

  private int receive() throws IOException {
    incoming.compact();
    int bytes = channel.read(incoming);
    incoming.flip();
    return bytes;
  }
}
