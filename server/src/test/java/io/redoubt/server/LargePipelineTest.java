package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.protocol.resp.RespClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Pipelines of large requests, cut at any byte: each read has parts of several. */
@ServerTest
final class LargePipelineTest {
  private static final int ROUNDS = 40;
  private static final int REQUESTS = 60;
  private static final int[] LENGTHS = {10, 500, 640, 1000, 4096, 10_000, 16_384, 33_000, 70_000};

  private final RandomGenerator random = Seed.random("LargePipelineTest");
  private final Dialogue redis;

  LargePipelineTest(Dialogue redis) {
    this.redis = redis;
  }

  @Test
  void storesEachValue() throws IOException {
    RespClient client = redis.client();
    for (int round = 0; round < ROUNDS; round++) {
      Map<String, String> values = new HashMap<>();
      var bytes = new ByteArrayOutputStream();
      int usual = LENGTHS[random.nextInt(LENGTHS.length)];
      for (int i = 0; i < REQUESTS; i++) {
        int length = random.nextInt(4) > 0 ? usual : LENGTHS[random.nextInt(LENGTHS.length)];
        String key = "key:" + i;
        String value = Character.toString('a' + random.nextInt(26)).repeat(length) + i;
        // The large value is the last argument, or one in the middle.
        boolean last = random.nextBoolean();
        bytes.writeBytes(
            last ? request("SET", key, value) : request("MSET", key, value, "other", "x" + i));
        values.put(key, value);
      }
      send(client, bytes.toByteArray());
      for (int i = 0; i < REQUESTS; i++) {
        assertThat(client.receive().text()).isEqualTo("OK");
      }
      for (Map.Entry<String, String> each : values.entrySet()) {
        assertThat(client.call("GET", each.getKey()).text()).isEqualTo(each.getValue());
      }
    }
  }

  private static byte[] request(String... words) {
    return RequestEncoder.encode(
        Arrays.stream(words)
            .map(word -> word.getBytes(StandardCharsets.US_ASCII))
            .toArray(byte[][]::new));
  }

  /** Sends everything at once, or in parts of random lengths. */
  private void send(RespClient client, byte[] bytes) throws IOException {
    int most = random.nextBoolean() ? bytes.length : 1 + random.nextInt(40_000);
    for (int from = 0; from < bytes.length; ) {
      int to = Math.min(bytes.length, from + 1 + random.nextInt(most));
      client.sendRaw(Arrays.copyOfRange(bytes, from, to));
      from = to;
    }
  }
}
