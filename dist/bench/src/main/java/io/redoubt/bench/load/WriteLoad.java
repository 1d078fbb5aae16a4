package io.redoubt.bench.load;

import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A thread that writes over several connections as fast as a server accepts it, with a pipeline of
 * requests on each. Its requests may be replaced while it runs.
 */
public final class WriteLoad implements AutoCloseable {
  /** Produces requests. */
  @FunctionalInterface
  public interface Requests {
    /**
     * Adds a request to a pipeline.
     *
     * @param step the number of the request, from 0
     * @return the number of lines of the reply
     */
    int add(RequestBuffer pipeline, int step);
  }

  private static final int CONNECTIONS = 8;
  private static final int PIPELINE = 16;

  private final MeasuredServer server;
  private final List<Socket> sockets = new ArrayList<>();
  private final Thread thread;
  private volatile @Nullable Requests requests;
  private final AtomicLong answered = new AtomicLong();
  private volatile boolean idle = true;
  private volatile boolean stopped;
  private volatile @Nullable IOException failure;

  private WriteLoad(MeasuredServer server) {
    this.server = server;
    thread = Thread.ofPlatform().daemon().name("writes").unstarted(this::run);
  }

  /** Starts a load that is idle until it gets {@linkplain #write requests}. */
  public static WriteLoad start(MeasuredServer server) throws IOException {
    WriteLoad load = new WriteLoad(server);
    for (int i = 0; i < CONNECTIONS; i++) {
      load.sockets.add(server.socket());
    }
    load.thread.start();
    return load;
  }

  /**
   * Switches to other requests, from their step 0; null pauses the load when all requests are
   * answered.
   */
  public void write(@Nullable Requests others) throws InterruptedException {
    requests = others;
    while (others == null && !idle && !stopped) {
      Thread.sleep(1);
    }
  }

  /** Returns the number of requests answered so far. */
  public long answered() throws IOException {
    IOException what = failure;
    if (what != null) {
      throw what;
    }
    return answered.get();
  }

  private void run() {
    RequestBuffer pipeline = new RequestBuffer();
    int[] lines = new int[CONNECTIONS];
    byte[] bytes = new byte[1 << 16];
    Requests last = null;
    int step = 0;
    try {
      while (!stopped) {
        Requests now = requests;
        idle = now == null;
        if (now == null) {
          Thread.sleep(1);
          continue;
        }
        step = now.equals(last) ? step : 0;
        last = now;
        for (int i = 0; i < CONNECTIONS; i++) {
          lines[i] = 0;
          for (int j = 0; j < PIPELINE; j++) {
            lines[i] += now.add(pipeline, step++);
          }
          pipeline.drainTo(sockets.get(i).getOutputStream());
        }
        for (int i = 0; i < CONNECTIONS; i++) {
          readLines(server, sockets.get(i).getInputStream(), lines[i], bytes);
        }
        answered.addAndGet((long) CONNECTIONS * PIPELINE);
      }
    } catch (IOException e) {
      failure = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Reads replies that have the given number of lines in total.
   *
   * @param bytes scratch space
   * @throws ErrorReplyException if a read starts with an error reply
   */
  static void readLines(MeasuredServer server, InputStream in, int lines, byte[] bytes)
      throws IOException {
    for (int left = lines; left > 0; ) {
      int length = in.read(bytes);
      if (length < 0) {
        throw new EOFException("connection closed by the server");
      }
      if (bytes[0] == '-') {
        throw new ErrorReplyException(server, new String(bytes, 0, length, StandardCharsets.UTF_8));
      }
      for (int at = 0; at < length; at++) {
        left -= bytes[at] == '\n' ? 1 : 0;
      }
    }
  }

  @Override
  public void close() throws IOException {
    stopped = true;
    thread.interrupt();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
