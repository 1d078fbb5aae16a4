package io.redoubt.bench.load;

import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.LatencyHistogram;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Sends SETs over several connections, one at a time on each, optionally followed by a WAIT for one
 * replica in the same pipeline. Replies are read in the order of the requests, so that a latency
 * includes the time that this client spends on the other connections.
 */
public final class ReplicatedLoad implements AutoCloseable {
  private static final String KEY = "key:";
  private static final int DIGITS = 12;
  private static final String TIMEOUT_MILLIS = "5000";
  private static final String WRITTEN = "+OK\r\n";
  private static final String ON_REPLICA = "+OK\r\n:1\r\n";

  private final MeasuredServer server;
  private final boolean waits;
  private final String wanted;
  private final List<Socket> sockets = new ArrayList<>();
  private final RequestBuffer request = new RequestBuffer();
  private final byte[] reply = new byte[256];
  private final SplittableRandom random = new SplittableRandom(1);
  private final int keys;
  private final String value;

  /**
   * The figures of a run.
   *
   * @param perSecond the throughput
   * @param latencies from the SET to the last reply
   */
  public record Figures(double perSecond, LatencyHistogram latencies) {}

  /**
   * Connects to a master that has one replica.
   *
   * @param waits true if each SET is followed by WAIT 1
   */
  public ReplicatedLoad(
      MeasuredServer server, int connections, int keys, String value, boolean waits)
      throws IOException {
    this.server = server;
    this.keys = keys;
    this.value = value;
    this.waits = waits;
    this.wanted = waits ? ON_REPLICA : WRITTEN;
    for (int i = 0; i < connections; i++) {
      sockets.add(server.socket());
    }
  }

  /** Sends the given number of SETs. */
  public Figures run(int count) throws IOException {
    LatencyHistogram latencies = new LatencyHistogram();
    long[] sentNanos = new long[sockets.size()];
    long startNanos = System.nanoTime();
    for (int i = 0; i < count + sockets.size(); i++) {
      int at = i % sockets.size();
      Socket socket = sockets.get(at);
      if (i >= sockets.size() && i - sockets.size() < count) {
        readReply(socket.getInputStream());
        latencies.record(System.nanoTime() - sentNanos[at]);
      }
      if (i < count) {
        request.request(3).word("SET").numbered(KEY, random.nextInt(keys), DIGITS).word(value);
        if (waits) {
          request.request(3).word("WAIT").word("1").word(TIMEOUT_MILLIS);
        }
        sentNanos[at] = System.nanoTime();
        request.drainTo(socket.getOutputStream());
      }
    }
    return new Figures(count * 1e9 / (System.nanoTime() - startNanos), latencies);
  }

  private void readReply(InputStream in) throws IOException {
    int length = 0;
    while (length < wanted.length()) {
      int more = in.read(reply, length, reply.length - length);
      if (more < 0) {
        throw new EOFException("connection closed by the server");
      }
      length += more;
      String text = new String(reply, 0, length, StandardCharsets.ISO_8859_1);
      if (!wanted.startsWith(text)) {
        throw new ErrorReplyException(server, text.strip());
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
