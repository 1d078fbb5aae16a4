package io.redoubt.dist.benchmark;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * SETs over many connections, one at a time on each, at half of what they cost redis-benchmark: it
 * takes the replies in the order of its requests, and so never has to ask which connection is
 * ready.
 */
final class SetLoad implements AutoCloseable {
  private static final String KEY = "key:";
  private static final int DIGITS = 12;

  private final MeasuredServer server;
  private final List<Socket> sockets = new ArrayList<>();
  private final RequestBuffer request = new RequestBuffer();
  private final byte[] reply = new byte[256];
  private final SplittableRandom random = new SplittableRandom(1);
  private final int keys;
  private final String value;

  /** A load of so many connections, with values for so many keys. */
  SetLoad(MeasuredServer server, int connections, int keys, String value) throws IOException {
    this.server = server;
    this.keys = keys;
    this.value = value;
    for (int i = 0; i < connections; i++) {
      sockets.add(server.socket());
    }
  }

  /** Sends so many; returns how many there were in a second. */
  double run(int count) throws IOException {
    long begin = System.nanoTime();
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
    return count * 1e9 / (System.nanoTime() - begin);
  }

  @Override
  public void close() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
