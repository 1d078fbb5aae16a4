package measure;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.redoubt.embedded.DirectClient;
import io.redoubt.embedded.EmbeddedServer;
import io.redoubt.embedded.Redoubt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * GET and SET (one in ten) of values of 64 bytes under 100 000 keys, each call waiting for its
 * reply: direct calls, and Lettuce over loopback and over a channel within the process. A client
 * for each thread.
 */
final class Direct {
  private static final int KEYS = 100_000;
  private static final int SET_EVERY = 10;
  private static final String VALUE = "v".repeat(64);

  /** The client of one thread. */
  private interface Client extends AutoCloseable {
    void get(String key);

    void set(String key, String value);
  }

  private Direct() {}

  static void all(int seconds) throws Exception {
    System.out.println("way, threads: calls a second; p50, p99, p99.9 microseconds");
    try (EmbeddedServer server = Redoubt.server().start();
        RedisClient loopback = RedisClient.create(server.uri().toString());
        RedisClient inProcess = new InProcessClient(server)) {
      for (int i = 0; i < KEYS; i++) {
        server.execute("SET", "key:" + i, VALUE);
      }
      for (int threads : new int[] {1, 8}) {
        row("direct calls", threads, seconds, () -> direct(server));
        row("Lettuce, in process", threads, seconds, () -> lettuce(inProcess));
        row("Lettuce, loopback", threads, seconds, () -> lettuce(loopback));
      }
    }
  }

  private static Client direct(EmbeddedServer server) {
    DirectClient client = server.connect();
    return new Client() {
      @Override
      public void get(String key) {
        client.execute("GET", key);
      }

      @Override
      public void set(String key, String value) {
        client.execute("SET", key, value);
      }

      @Override
      public void close() {
        client.close();
      }
    };
  }

  private static Client lettuce(RedisClient client) {
    StatefulRedisConnection<String, String> connection = client.connect();
    RedisCommands<String, String> commands = connection.sync();
    return new Client() {
      @Override
      public void get(String key) {
        commands.get(key);
      }

      @Override
      public void set(String key, String value) {
        commands.set(key, value);
      }

      @Override
      public void close() {
        connection.close();
      }
    };
  }

  private static void row(String title, int threads, int seconds, Callable<Client> clients)
      throws Exception {
    run(threads, seconds, clients); // the compilers work
    long[] times = run(threads, seconds, clients);
    Arrays.sort(times);
    System.out.printf(
        "%-20s %d: %,9d /s; %6.1f %6.1f %6.1f%n",
        title,
        threads,
        times.length / seconds,
        micros(times, 0.5),
        micros(times, 0.99),
        micros(times, 0.999));
  }

  private static double micros(long[] times, double share) {
    return times[(int) (share * (times.length - 1))] / 1e3;
  }

  /** Returns the nanoseconds that each call took. */
  private static long[] run(int threads, int seconds, Callable<Client> clients) throws Exception {
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<long[]>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int first = i * (KEYS / threads);
        all.add(executor.submit(() -> calls(clients, first, end)));
      }
      long[] times = new long[0];
      for (Future<long[]> each : all) {
        long[] more = each.get();
        times = Arrays.copyOf(times, times.length + more.length);
        System.arraycopy(more, 0, times, times.length - more.length, more.length);
      }
      return times;
    }
  }

  private static long[] calls(Callable<Client> clients, int first, long end) throws Exception {
    long[] times = new long[1 << 16];
    int count = 0;
    try (Client client = clients.call()) {
      for (long now = System.nanoTime(); now < end; ) {
        String key = "key:" + (first + count * 7919L) % KEYS;
        if (count % SET_EVERY == 0) {
          client.set(key, VALUE);
        } else {
          client.get(key);
        }
        long done = System.nanoTime();
        times = count == times.length ? Arrays.copyOf(times, 2 * count) : times;
        times[count++] = done - now;
        now = done;
      }
    }
    return Arrays.copyOf(times, count);
  }
}
