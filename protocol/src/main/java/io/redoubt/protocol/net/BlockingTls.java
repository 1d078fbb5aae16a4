package io.redoubt.protocol.net;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/** TLS over a blocking connection. For use by one thread. */
final class BlockingTls {

  /** The underlying connection. Both methods wait up to the given timeout. */
  interface Wire {
    void send(ByteBuffer bytes, int timeoutMillis) throws IOException;

    /** Receives at least one byte. */
    void receive(ByteBuffer room, int timeoutMillis) throws IOException;
  }

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SSLEngine engine;
  private final Wire wire;

  // Each is filled from its start.
  private final ByteBuffer outgoing;
  private final ByteBuffer incoming;
  private final ByteBuffer plain;

  BlockingTls(SSLEngine engine, Wire wire) {
    this.engine = engine;
    this.wire = wire;
    int packetBytes = engine.getSession().getPacketBufferSize();
    outgoing = ByteBuffer.allocate(packetBytes);
    incoming = ByteBuffer.allocate(packetBytes);
    plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
  }

  /** Performs the handshake. */
  void begin(int timeoutMillis) throws IOException {
    engine.beginHandshake();
    settle(timeoutMillis);
  }

  /** Processes the messages that the engine exchanges in addition to the caller's bytes. */
  private void settle(int timeoutMillis) throws IOException {
    while (true) {
      HandshakeStatus status = engine.getHandshakeStatus();
      if (status == HandshakeStatus.NEED_TASK) {
        for (Runnable task = engine.getDelegatedTask();
            task != null;
            task = engine.getDelegatedTask()) {
          task.run();
        }
      } else if (status == HandshakeStatus.NEED_WRAP) {
        wrap(NOTHING, timeoutMillis);
      } else if (status == HandshakeStatus.NEED_UNWRAP) {
        unwrap(timeoutMillis);
      } else {
        return;
      }
    }
  }

  /** Sends all remaining bytes. */
  void write(ByteBuffer bytes, int timeoutMillis) throws IOException {
    while (bytes.hasRemaining()) {
      wrap(bytes, timeoutMillis);
      settle(timeoutMillis);
    }
  }

  private void wrap(ByteBuffer bytes, int timeoutMillis) throws IOException {
    outgoing.clear();
    SSLEngineResult.Status status = engine.wrap(bytes, outgoing).getStatus();
    outgoing.flip();
    wire.send(outgoing, timeoutMillis);
    expectOpen(status);
  }

  /** Receives at least one byte and returns the number of bytes. */
  int read(byte[] target, int timeoutMillis) throws IOException {
    while (plain.position() == 0) {
      unwrap(timeoutMillis);
      settle(timeoutMillis);
    }
    plain.flip();
    int bytes = Math.min(plain.remaining(), target.length);
    plain.get(target, 0, bytes);
    plain.compact();
    return bytes;
  }

  /** Decrypts available bytes; waits for more if necessary. */
  private void unwrap(int timeoutMillis) throws IOException {
    incoming.flip();
    SSLEngineResult.Status status;
    try {
      status = engine.unwrap(incoming, plain).getStatus();
    } finally {
      incoming.compact();
    }
    if (status == SSLEngineResult.Status.BUFFER_UNDERFLOW) {
      wire.receive(incoming, timeoutMillis);
    } else {
      expectOpen(status);
    }
  }

  private static void expectOpen(SSLEngineResult.Status status) throws IOException {
    if (status == SSLEngineResult.Status.CLOSED) {
      throw new EOFException();
    }
    if (status != SSLEngineResult.Status.OK) {
      throw new SSLException("a record that is larger than it may be");
    }
  }
}
