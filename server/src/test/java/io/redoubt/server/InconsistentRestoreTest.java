package io.redoubt.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.rdb.InconsistentValues;
import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Inconsistent values: RESTORE accepts every value that RESTORE of a real Redis accepts with the
 * default of {@code sanitize-dump-payload}, unless Redis refuses it with sanitizing. The real
 * server must not read such a value, which could crash it.
 */
@ServerTest
final class InconsistentRestoreTest {

  private static final int VALUES = Integer.getInteger("redoubt.mutations", 2_000);
  private static final int VALUES_AT_A_TIME = 200;

  @TempDir Path folder;
  private final Dialogue redis;

  InconsistentRestoreTest(Dialogue redis) {
    this.redis = redis;
  }

  @BeforeAll
  static void requireRedis() {
    RealRedis.assumeInstalled();
  }

  @Test
  void acceptsWhatRedisAccepts() throws IOException, InterruptedException {
    InconsistentValues values = new InconsistentValues(Seed.random("InconsistentRestoreTest"));
    TreeMap<Integer, Integer> acceptedByRedis = new TreeMap<>();
    int refusedByRedis = 0;
    int refusedByUs = 0;
    try (RealRedis real = RealRedis.start(folder);
        RealRedis strict = RealRedis.start(folder, "--sanitize-dump-payload", "yes")) {
      for (int i = 0; i < VALUES; i++) {
        InconsistentValues.Value value = values.next();
        byte[] payload = value.payload();
        String theirs =
            real.command("RESTORE", "k" + i, "0", new String(payload, ISO_8859_1), "REPLACE");
        Reply ours = redis.client().call(latin("RESTORE"), latin("k" + i), latin("0"), payload);
        if ("OK".equals(theirs) && ours.isError()) { // a listpack with duplicates
          refusedByUs++;
          assertThat(
                  strict.command("RESTORE", "k", "0", new String(payload, ISO_8859_1), "REPLACE"))
              .as("type %d %s", value.type(), HexFormat.of().formatHex(payload))
              .contains("Bad data format");
        } else if ("OK".equals(theirs)) {
          acceptedByRedis.merge(value.type(), 1, Integer::sum);
          assertThat(ours.text())
              .as("type %d %s", value.type(), HexFormat.of().formatHex(payload))
              .isEqualTo("OK");
        } else {
          refusedByRedis++;
        }
        if (i % VALUES_AT_A_TIME == 0) {
          real.command("FLUSHALL", "SYNC");
          redis.ask("FLUSHALL");
        }
      }
    }
    System.out.printf(
        "InconsistentRestoreTest: both accept %s of each type, Redis refuses %d, we alone %d%n",
        acceptedByRedis, refusedByRedis, refusedByUs);
    assertThat(acceptedByRedis).hasSize(15);
    assertThat(refusedByRedis).isGreaterThan(VALUES / 100);
  }

  private static byte[] latin(String text) {
    return text.getBytes(ISO_8859_1);
  }
}
