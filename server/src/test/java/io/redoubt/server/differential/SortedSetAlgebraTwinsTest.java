package io.redoubt.server.differential;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Combinations of sets and sorted sets of all encodings are those of a real Redis. */
final class SortedSetAlgebraTwinsTest {
  private static final int ROUNDS = Integer.getInteger("redoubt.algebraRounds", 100);
  private static final int[] SIZES = {0, 3, 7, 8, 9, 60, 128, 129, 400};
  private static final List<String> REQUESTS =
      List.of(
          "ZDIFF 2 a b WITHSCORES",
          "ZDIFF 3 c a b WITHSCORES",
          "ZDIFF 4 a b c a WITHSCORES",
          "ZINTER 2 a b WITHSCORES",
          "ZINTER 3 b c a WEIGHTS 2 0.5 -1 WITHSCORES",
          "ZINTER 10 a b a b a b a b a c AGGREGATE MAX WITHSCORES",
          "ZUNION 3 a b c AGGREGATE MIN WITHSCORES",
          "ZUNION 2 a a WITHSCORES",
          "ZUNION 4 a b c a WEIGHTS 0.5 3 -7 1024 WITHSCORES",
          "ZUNION 6 a b c a b c WEIGHTS 0.5 3 -7 1024 2 2 WITHSCORES",
          "ZINTERCARD 2 a c",
          "ZINTERCARD 3 a b c LIMIT 5",
          "ZDIFFSTORE a 2 a b",
          "ZRANGE a 0 -1 WITHSCORES");

  @TempDir private Path directory;

  private final Random random = Seed.random("SortedSetAlgebraTwinsTest");

  @Test
  void combinesLikeRedis() throws Exception {
    try (var twins = Twins.start(directory);
        var real = twins.real();
        var ours = twins.ours()) {
      for (int round = 0; round < ROUNDS; round++) {
        real.call("FLUSHALL");
        ours.call("FLUSHALL");
        for (String key : List.of("a", "b", "c")) {
          String[] filling = filling(key);
          if (filling.length > 2) {
            assertThat(ours.call(filling)).isEqualTo(real.call(filling));
          }
        }
        for (String request : REQUESTS) {
          String[] words = request.split(" ");
          assertThat(text(ours.call(words)))
              .as("%s, round %d", request, round)
              .isEqualTo(text(real.call(words)));
        }
        // A fifth source makes the union change scores instead of looking members up.
        String weights = " WEIGHTS 0.1 3 -7 1e17";
        assertThat(text(ours.call(("ZUNION 4 a b c a" + weights + " WITHSCORES").split(" "))))
            .isEqualTo(
                text(ours.call(("ZUNION 5 a b c a none" + weights + " 1 WITHSCORES").split(" "))));
      }
    }
  }

  private static String text(byte[] reply) {
    return new String(reply, ISO_8859_1);
  }

  /** Returns a request that fills a sorted set, or sometimes a set. */
  private String[] filling(String key) {
    int size = SIZES[random.nextInt(SIZES.length)];
    boolean sorted = random.nextInt(4) != 0;
    String[] prefix = {"", "member:", "a longer name of a member, "};
    int kinds = 1 + random.nextInt(prefix.length);
    var members =
        random
            .ints(size, 0, 2 * size + 10)
            .mapToObj(i -> prefix[i % kinds] + (i - 5))
            .distinct()
            .toList();
    return IntStream.rangeClosed(-1, members.size() - 1)
        .boxed()
        .flatMap(i ->
            Arrays.stream(
                i < 0
                    ? new String[] {sorted ? "ZADD" : "SADD", key}
                    : sorted
                        ? new String[] {score(), members.get(i)}
                        : new String[] {members.get(i)}))
        .toArray(String[]::new);
  }

  private String score() {
    return random.nextBoolean() ? "" + random.nextInt(20) : "" + random.nextInt(100) / 8.0;
  }
}
