package io.redoubt.bench.load;

import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.bench.measure.RunQueueDelay;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A thread that sends a PING after the reply to the previous one and records the longest, both as
 * measured and without the {@linkplain RunQueueDelay delay caused by other programs}.
 */
public final class PingLoad implements AutoCloseable {
  private static final byte[] PING = "*1\r\n$4\r\nPING\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int PONG_BYTES = "+PONG\r\n".length();

  /** Faster PINGs are ignored. */
  private static final long NOTABLE_NANOS = 500_000;

  /** The longest PINGs, in nanoseconds. */
  public record Longest(long nanos, long withoutOthersNanos) {}

  private final MeasuredServer server;
  private final Socket socket;
  private final Thread thread;
  private volatile boolean stopped;
  private Longest longest = new Longest(0, 0);
  private @Nullable IOException failure;

  private PingLoad(MeasuredServer server, Socket socket) {
    this.server = server;
    this.socket = socket;
    thread = Thread.ofPlatform().daemon().name("pings").unstarted(this::run);
  }

  public static PingLoad start(MeasuredServer server) throws IOException {
    PingLoad load = new PingLoad(server, server.socket());
    load.thread.start();
    return load;
  }

  private void run() {
    byte[] reply = new byte[PONG_BYTES];
    try (RunQueueDelay others = new RunQueueDelay(server)) {
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      while (!stopped) {
        long startNanos = System.nanoTime();
        out.write(PING);
        if (in.readNBytes(reply, 0, reply.length) < reply.length) {
          throw new EOFException("connection closed by the server");
        }
        long end = System.nanoTime();
        if (end - startNanos > NOTABLE_NANOS) {
          note(end - startNanos, others.nanos());
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

  /** Stops the load and returns the longest PING; 0 if none was slow. */
  public Longest end() throws IOException, InterruptedException {
    stopped = true;
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
