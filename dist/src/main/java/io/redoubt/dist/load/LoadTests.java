package io.redoubt.dist.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tests of {@code redis-benchmark}, in their order. */
final class LoadTests {
  /**
   * A test.
   *
   * @param title the name in reports
   * @param names the names that {@code -t} accepts
   * @param arguments the command with {@code DATA} for the value; empty for inline PING
   */
  private record Kind(String title, Set<String> names, String arguments) {}

  /** A test with its request. */
  record Test(String title, RequestTemplate request) {}

  private static final String DATA = "__data__";

  /** A placeholder for a score: random if keys are random, else 0. */
  private static final String SCORE = "__score__";

  private static final Set<String> RANGES =
      Set.of("lrange", "lrange_100", "lrange_300", "lrange_500", "lrange_600");
  private static final List<Kind> KINDS =
      List.of(
          new Kind("PING_INLINE", Set.of("ping_inline", "ping"), ""),
          new Kind("PING_MBULK", Set.of("ping_mbulk", "ping"), "PING"),
          new Kind("SET", Set.of("set"), "SET key:__rand_int__ " + DATA),
          new Kind("GET", Set.of("get"), "GET key:__rand_int__"),
          new Kind("INCR", Set.of("incr"), "INCR counter:__rand_int__"),
          new Kind("LPUSH", Set.of("lpush"), "LPUSH mylist " + DATA),
          new Kind("RPUSH", Set.of("rpush"), "RPUSH mylist " + DATA),
          new Kind("LPOP", Set.of("lpop"), "LPOP mylist"),
          new Kind("RPOP", Set.of("rpop"), "RPOP mylist"),
          new Kind("SADD", Set.of("sadd"), "SADD myset element:__rand_int__"),
          new Kind("HSET", Set.of("hset"), "HSET myhash element:__rand_int__ " + DATA),
          new Kind("SPOP", Set.of("spop"), "SPOP myset"),
          new Kind("ZADD", Set.of("zadd"), "ZADD myzset " + SCORE + " element:__rand_int__"),
          new Kind("ZPOPMIN", Set.of("zpopmin"), "ZPOPMIN myzset"),
          new Kind("LPUSH (needed to benchmark LRANGE)", RANGES, "LPUSH mylist " + DATA),
          range(100, "LRANGE_100 (first 100 elements)"),
          range(300, "LRANGE_300 (first 300 elements)"),
          range(500, "LRANGE_500 (first 500 elements)"),
          range(600, "LRANGE_600 (first 600 elements)"),
          new Kind(
              "MSET (10 keys)", Set.of("mset"), "MSET" + (" key:__rand_int__ " + DATA).repeat(10)));

  private LoadTests() {}

  private static Kind range(int elements, String title) {
    Set<String> names = Set.of("lrange", "lrange_" + elements);
    return new Kind(title, names, "LRANGE mylist 0 " + (elements - 1));
  }

  /**
   * Returns the tests that the options choose.
   *
   * @param command replaces the tests unless it is null
   */
  static List<Test> of(LoadOptions options, byte @Nullable [][] command) {
    if (command != null) {
      List<String> words = Arrays.stream(command).map(word -> new String(word, UTF_8)).toList();
      String title = String.join(" ", words);
      return List.of(new Test(title, RequestTemplate.of(command, options.pipeline)));
    }
    byte[] data = new byte[options.valueBytes];
    Arrays.fill(data, (byte) 'x');
    List<Test> chosen = new ArrayList<>();
    for (Kind kind : KINDS) {
      Set<String> wanted = options.tests;
      if (wanted == null || kind.names.stream().anyMatch(wanted::contains)) {
        chosen.add(new Test(kind.title, request(kind, data, options)));
      }
    }
    return chosen;
  }

  private static RequestTemplate request(Kind kind, byte[] data, LoadOptions options) {
    if (kind.arguments.isEmpty()) {
      return RequestTemplate.ofEncoded("PING\r\n".getBytes(UTF_8), options.pipeline);
    }
    String score = options.randomKeys ? "__rand_int__" : "0";
    byte[][] arguments =
        Arrays.stream(kind.arguments.split(" ", -1))
            .map(word -> word.equals(DATA) ? data : word.replace(SCORE, score).getBytes(UTF_8))
            .toArray(byte[][]::new);
    return RequestTemplate.of(arguments, options.pipeline);
  }
}
