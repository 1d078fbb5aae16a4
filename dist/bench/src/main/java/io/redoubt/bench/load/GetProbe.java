package io.redoubt.bench.load;

import io.redoubt.bench.measure.MachineStalls;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread that sends a GET of one key about a thousand times per second and records how long each
 * took.
 */
public final class GetProbe implements AutoCloseable {
  static final String KEY = "probe";
  private static final String VALUE = "answer";
  private static final int REPLY_BYTES = "$6\r\nanswer\r\n".length();
  private static final long PAUSE_NANOS = 200_000;
  private static final long WAIT_MILLIS = 100;

  /** Faster GETs are not recorded individually. */
  private static final long SLOW_NANOS = 500_000;

  private final Socket socket;
  private final Thread thread;
  private volatile boolean stopped;
  private long[] nanos = new long[1 << 16];
  private int count;
  private List<MachineStalls.Span> slow = new ArrayList<>();
  private @Nullable IOException failure;

  /** The latencies since the last call: the 99.9th percentile, the maximum, and all slow GETs. */
  public record Times(double p999Millis, double longestMillis, List<MachineStalls.Span> slow) {
    /** Returns the longest latency, without the time during which the machine stalled. */
    public double longestMillis(MachineStalls stalls) {
      return slow.stream()
              .mapToLong(span -> span.nanos() - stalls.nanosWithin(span))
              .max()
              .orElse(0)
          / 1e6;
    }
  }

  private GetProbe(Socket socket) {
    this.socket = socket;
    thread = Thread.ofPlatform().daemon().name("probe").unstarted(this::run);
  }

  public static GetProbe start(MeasuredServer server) throws IOException {
    server.ask("SET", KEY, VALUE);
    GetProbe probe = new GetProbe(server.socket());
    probe.thread.start();
    return probe;
  }

  private void run() {
    RequestBuffer request = new RequestBuffer();
    byte[] reply = new byte[REPLY_BYTES];
    try {
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      while (!stopped) {
        long startNanos = System.nanoTime();
        request.request(2).word("GET").word(KEY).drainTo(out);
        if (in.readNBytes(reply, 0, reply.length) < reply.length) {
          throw new EOFException("connection closed by the server");
        }
        note(new MachineStalls.Span(startNanos, System.nanoTime()));
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    } catch (IOException e) {
      failure = e;
    }
  }

  private synchronized void note(MachineStalls.Span taken) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, 2 * count);
    }
    nanos[count++] = taken.nanos();
    if (taken.nanos() > SLOW_NANOS) {
      slow.add(taken);
    }
    notifyAll();
  }

  /** Returns the latencies since the last call, or since the start; waits for the first reply. */
  public synchronized Times take() throws IOException, InterruptedException {
    while (count == 0 && thread.isAlive()) {
      wait(WAIT_MILLIS);
    }
    if (failure != null) {
      throw failure;
    }
    Arrays.sort(nanos, 0, count);
    Times times = new Times(nanos[(int) (count * 0.999)] / 1e6, nanos[count - 1] / 1e6, slow);
    count = 0;
    slow = new ArrayList<>();
    return times;
  }

  @Override
  public void close() throws IOException {
    stopped = true;
    socket.close();
  }
}
