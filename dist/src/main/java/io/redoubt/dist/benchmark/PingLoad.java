package io.redoubt.dist.benchmark;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A thread that sends a PING as soon as it has the reply to the one before, and knows the longest:
 * as it was, and without the time in which {@linkplain OthersShare others} had the processors.
 */
final class PingLoad implements AutoCloseable {
  private static final byte[] PING = "*1\r\n$4\r\nPING\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int PONG_BYTES = "+PONG\r\n".length();

  /** A PING that took less is not the longest one of any server. */
  private static final long NOTABLE_NANOS = 500_000;

  /** The longest PINGs, in nanoseconds. */
  record Longest(long nanos, long withoutOthersNanos) {}

  private final MeasuredServer server;
  private final Socket socket;
  private final Thread thread;
  private volatile boolean ended;
  private Longest longest = new Longest(0, 0);
  private @Nullable IOException failure;

  private PingLoad(MeasuredServer server, Socket socket) {
    this.server = server;
    this.socket = socket;
    thread = Thread.ofPlatform().daemon().name("pings").unstarted(this::run);
  }

  static PingLoad start(MeasuredServer server) throws IOException {
    PingLoad load = new PingLoad(server, server.socket());
    load.thread.start();
    return load;
  }

  private void run() {
    byte[] reply = new byte[PONG_BYTES];
    try (OthersShare others = new OthersShare(server)) {
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      while (!ended) {
        long begin = System.nanoTime();
        out.write(PING);
        if (in.readNBytes(reply, 0, reply.length) < reply.length) {
          throw new EOFException("connection closed by the server");
        }
        long end = System.nanoTime();
        if (end - begin > NOTABLE_NANOS) {
          note(end - begin, others.nanos());
        } else {
          others.refresh(end);
        }
      }
    } catch (IOException e) {
      failure = e;
    }
  }

  private void note(long nanos, long ofOthers) {
    longest =
        new Longest(
            Math.max(longest.nanos(), nanos),
            Math.max(longest.withoutOthersNanos(), nanos - Math.min(nanos, ofOthers)));
  }

  /** Ends the load; returns how long the longest PING took, 0 when none took long. */
  Longest end() throws IOException, InterruptedException {
    ended = true;
    thread.join();
    if (failure != null) {
      throw failure;
    }
    return longest;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
