package io.redoubt.protocol.net;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/** Encrypts what goes over a connection, whose user waits for every step. For one thread. */
final class BlockingTls {

  /** The connection as it is below: both wait for so long at most. */
  interface Wire {
    /** Sends all bytes that remain. */
    void send(ByteBuffer bytes, int timeoutMillis) throws IOException;

    /** Takes some bytes, one at least. */
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

  /** Agrees with the other side on the keys. */
  void begin(int timeoutMillis) throws IOException {
    engine.beginHandshake();
    settle(timeoutMillis);
  }

  /** Does what the engine asks for beside the bytes of its user. */
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

  /** Sends all bytes that remain. */
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

  /** Takes some bytes, one at least; returns how many. */
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

  /** Decrypts what is there, or else waits until there is more. */
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
