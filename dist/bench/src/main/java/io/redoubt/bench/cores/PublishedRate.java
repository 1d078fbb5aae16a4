package io.redoubt.bench.cores;

import java.util.List;

/**
 * A throughput that was published for another server. Its machine is not the measured one.
 *
 * @param load the conditions
 * @param rate the figure in the words of the source
 */
public record PublishedRate(String server, String load, String rate, String source) {
  /** The published figures to compare with. */
  public static final List<PublishedRate> ALL =
      List.of(
          new PublishedRate(
              "Redis 8.6",
              "16 cores, 11 io-threads, P=1, 2000 clients, 1 KB, SET:GET 1:10",
              "more than 5 times that of Redis 7.2",
              "https://redis.io/blog/announcing-redis-86-performance-improvements-streams"),
          new PublishedRate(
              "Valkey 9.1",
              "9 io-threads, P=10, 512 B",
              "2 100 000 requests per second",
              "https://dev.to/x4nent/valkey-91-deep-dive-database-level-acls-lua-as-a-module-and-a-new"
                  + "-io-threading-model-hitting-5an"));
}
