package io.redoubt.bench.load;

import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Sends SETs over many connections, one at a time on each, at half the cost of redis-benchmark: it
 * reads the replies in the order of its requests and so needs no readiness polling.
 */
public final class SetLoad implements AutoCloseable {
  private static final String KEY = "key:";
  private static final int DIGITS = 12;

  private final MeasuredServer server;
  private final List<Socket> sockets = new ArrayList<>();
  private final RequestBuffer request = new RequestBuffer();
  private final byte[] reply = new byte[256];
  private final SplittableRandom random = new SplittableRandom(1);
  private final int keys;
  private final String value;

  /** Connects, and prepares a load of SETs of random keys. */
  public SetLoad(MeasuredServer server, int connections, int keys, String value)
      throws IOException {
    this.server = server;
    this.keys = keys;
    this.value = value;
    for (int i = 0; i < connections; i++) {
      sockets.add(server.socket());
    }
  }

  /** Sends the given number of SETs and returns the rate per second. */
  public double run(int count) throws IOException {
    long startNanos = System.nanoTime();
    for (int i = 0; i < count + sockets.size(); i++) {
      Socket socket = sockets.get(i % sockets.size());
      if (i >= sockets.size()) {
        WriteLoad.readLines(server, socket.getInputStream(), 1, reply);
      }
      if (i < count) {
        request.request(3).word("SET").numbered(KEY, random.nextInt(keys), DIGITS).word(value);
        request.drainTo(socket.getOutputStream());
      }
    }
    return count * 1e9 / (System.nanoTime() - startNanos);
  }

  @Override
  public void close() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
