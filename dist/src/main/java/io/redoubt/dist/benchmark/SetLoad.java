package io.redoubt.dist.benchmark;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
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
  private static final int REPLY_BYTES = "+OK\r\n".length();

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
        await(socket.getInputStream());
      }
      if (i < count) {
        request.request(3).word("SET").numbered(KEY, random.nextInt(keys), DIGITS).word(value);
        request.drainTo(socket.getOutputStream());
      }
    }
    return count * 1e9 / (System.nanoTime() - begin);
  }

  private void await(InputStream in) throws IOException {
    for (int got = 0; got < REPLY_BYTES; ) {
      int length = in.read(reply);
      if (length < 0) {
        throw new EOFException("connection closed by the server");
      }
      if (got == 0 && reply[0] == '-') {
        throw new Refusal(server, new String(reply, 0, length, StandardCharsets.UTF_8));
      }
      got += length;
    }
  }

  @Override
  public void close() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
