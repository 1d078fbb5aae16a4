package io.redoubt.server.replies;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.ServerProcess;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random hostile calls in a server in its own process, because a fault of native code ends the
 * process: the server answers after each call, and keeps its data.
 *
 * <p>{@code -Dredoubt.hostile.calls=…} makes more calls than a build does; {@code -Dredoubt.seed=…}
 * with {@code -Dredoubt.hostile.first=…} starts with a batch of that seed.
 */
final class HostileCallsTest {
  private static final int CALLS_PER_BATCH = 50;

  /**
   * The time after which the current call of a batch is killed; the batch continues after that
   * call.
   */
  private static final int PATIENCE_MILLIS = 25;

  /** Killing takes milliseconds; the limit allows for a busy machine. */
  private static final int MAX_KILL_ATTEMPTS = 1200;

  private static final int CALLS = Integer.getInteger("redoubt.hostile.calls", 3000);

  private long killed;
  private long mostAttempts;
  private long longestNanos;

  @TempDir Path directory;

  @Test
  void survivesHostileCalls() throws Exception {
    long seed = Seed.print("HostileCallsTest");
    long first = Long.getLong("redoubt.hostile.first", 0);
    try (ServerProcess server = start();
        RespClient other = connect(server)) {
      for (int i = 0; i < 1000; i++) {
        other.call("SET", "key:" + i, "value " + i);
        other.call("RPUSH", "list", "element " + i);
        other.call("ZADD", "scores", i + "", "member " + i);
      }
      String before = other.call("DEBUG", "DIGEST").text();
      other.call("FUNCTION", "LOAD", HostileCalls.LIBRARY);
      long end = first + (CALLS + CALLS_PER_BATCH - 1) / CALLS_PER_BATCH;
      RespClient hostile = connect(server);
      for (long number = first; number < end; number++) {
        List<String> batch = HostileCalls.batch(seed, number, CALLS_PER_BATCH);
        try {
          run(hostile, other, batch);
        } catch (IOException | AssertionError e) {
          throw new AssertionError(
              e
                  + "\n-Dredoubt.seed="
                  + seed
                  + " -Dredoubt.hostile.first="
                  + number
                  + " -Dredoubt.hostile.calls="
                  + CALLS_PER_BATCH
                  + ", alive: "
                  + server.isAlive()
                  + "\n"
                  + String.join("\n", batch),
              e);
        }
        if (number % 400 == 399) {
          report((number + 1 - first) * CALLS_PER_BATCH);
        }
      }
      hostile.close();
      report((end - first) * CALLS_PER_BATCH);
      assertThat(other.call("DEBUG", "DIGEST").text()).isEqualTo(before);
      assertThat(server.isAlive()).isTrue();
    }
  }

  private void report(long calls) {
    System.out.println(
        "HostileCallsTest: calls "
            + calls
            + ", killed "
            + killed
            + ", most attempts "
            + mostAttempts
            + ", longest kill "
            + TimeUnit.NANOSECONDS.toMillis(longestNanos)
            + " ms");
  }

  /** Runs a batch to its end, without the calls that must be killed. */
  private void run(RespClient hostile, RespClient other, List<String> batch) throws Exception {
    List<String> request = new ArrayList<>(List.of("FCALL", "run", "1", "1"));
    request.addAll(batch);
    int reached = 0;
    while (reached < batch.size()) {
      request.set(3, (reached + 1) + "");
      hostile.send(request.toArray(String[]::new));
      String reply = endOf(hostile, other);
      if (reply.contains("Bulk[ended]")) {
        return;
      }
      assertThat(reply).containsAnyOf("Script killed by user with FUNCTION KILL.", "interrupted");
      killed++;
      reached = Integer.parseInt(other.call("FCALL", "reached", "0").text());
    }
  }

  private String endOf(RespClient hostile, RespClient other) throws Exception {
    hostile.setTimeout(PATIENCE_MILLIS);
    long start = 0;
    for (int attempt = 0; attempt < MAX_KILL_ATTEMPTS; attempt++) {
      try {
        String reply = hostile.receive().toString();
        if (attempt > 0) {
          mostAttempts = Math.max(mostAttempts, attempt);
          longestNanos = Math.max(longestNanos, System.nanoTime() - start);
        }
        return reply;
      } catch (SocketTimeoutException e) {
        start = attempt == 0 ? System.nanoTime() : start;
        other.call("FUNCTION", "KILL");
      }
    }
    throw new AssertionError("neither ends nor can be killed");
  }

  private ServerProcess start() throws Exception {
    List<String> options = List.of("-XX:ErrorFile=" + directory.resolve("fault.log"));
    return ServerProcess.start(directory, options, "--busy-reply-threshold", "5");
  }

  private static RespClient connect(ServerProcess server) throws IOException {
    return RespClient.connect("127.0.0.1", server.port());
  }
}
