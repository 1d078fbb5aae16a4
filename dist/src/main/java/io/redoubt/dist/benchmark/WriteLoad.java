package io.redoubt.dist.benchmark;

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
 * A thread that writes as fast as a server takes it, over some connections, each with a pipeline of
 * requests. What it writes may be changed while it runs.
 */
final class WriteLoad implements AutoCloseable {
  /** Makes requests. */
  @FunctionalInterface
  interface Requests {
    /**
     * Adds a request to a pipeline.
     *
     * @param step the number of the request, from 0 on
     * @return how many lines the reply has
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
  private volatile boolean ended;
  private volatile @Nullable IOException failure;

  private WriteLoad(MeasuredServer server) {
    this.server = server;
    thread = Thread.ofPlatform().daemon().name("writes").unstarted(this::run);
  }

  /** A load that waits for what to write. */
  static WriteLoad start(MeasuredServer server) throws IOException {
    WriteLoad load = new WriteLoad(server);
    for (int i = 0; i < CONNECTIONS; i++) {
      load.sockets.add(server.socket());
    }
    load.thread.start();
    return load;
  }

  /** Goes on with other requests, from their step 0 on; null: rests, when all are answered. */
  void write(@Nullable Requests others) throws InterruptedException {
    requests = others;
    while (others == null && !idle && !ended) {
      Thread.sleep(1);
    }
  }

  /** How many requests were answered so far. */
  long answered() throws IOException {
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
      while (!ended) {
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
   * Reads replies that have so many lines in all.
   *
   * @param bytes where they go, of which nothing is kept
   * @throws Refusal when one that is at the front of what comes is an error
   */
  static void readLines(MeasuredServer server, InputStream in, int lines, byte[] bytes)
      throws IOException {
    for (int left = lines; left > 0; ) {
      int length = in.read(bytes);
      if (length < 0) {
        throw new EOFException("connection closed by the server");
      }
      if (bytes[0] == '-') {
        throw new Refusal(server, new String(bytes, 0, length, StandardCharsets.UTF_8));
      }
      for (int at = 0; at < length; at++) {
        left -= bytes[at] == '\n' ? 1 : 0;
      }
    }
  }

  @Override
  public void close() throws IOException {
    ended = true;
    thread.interrupt();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
