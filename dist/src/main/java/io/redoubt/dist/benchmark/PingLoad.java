package io.redoubt.dist.benchmark;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A thread that sends a PING as soon as it has the reply to the one before, and knows the longest.
 */
final class PingLoad implements AutoCloseable {
  private static final byte[] PING = "*1\r\n$4\r\nPING\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int PONG_BYTES = "+PONG\r\n".length();

  private final Socket socket;
  private final Thread thread;
  private volatile boolean ended;
  private long longestNanos;
  private @Nullable IOException failure;

  private PingLoad(Socket socket) {
    this.socket = socket;
    thread = Thread.ofPlatform().daemon().name("pings").unstarted(this::run);
  }

  static PingLoad start(MeasuredServer server) throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress(MeasuredServer.HOST, server.port()));
    PingLoad load = new PingLoad(socket);
    load.thread.start();
    return load;
  }

  private void run() {
    byte[] reply = new byte[PONG_BYTES];
    try {
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      while (!ended) {
        long begin = System.nanoTime();
        out.write(PING);
        if (in.readNBytes(reply, 0, reply.length) < reply.length) {
          throw new EOFException("connection closed by the server");
        }
        longestNanos = Math.max(longestNanos, System.nanoTime() - begin);
      }
    } catch (IOException e) {
      failure = e;
    }
  }

  /** Ends the load; returns how long the longest PING took, in nanoseconds. */
  long end() throws IOException, InterruptedException {
    ended = true;
    thread.join();
    if (failure != null) {
      throw failure;
    }
    return longestNanos;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
