package io.redoubt.server.differential;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests with long strings, received in pieces and whole, get the same replies from a real Redis.
 * A long argument is received where it is kept, and its memory may become the value's.
 */
final class LargeStringTwinsTest {
  private static final int ROUNDS = 120;
  private static final int[] LENGTHS = {
    1, 100, 5_000, 16_300, 32_700, 33_000, 65_600, 100_000, 300_000, 1 << 20
  };
  private static final String[] OPTIONS = {
    "", "", "EX 1000", "EXAT 1", "NX", "XX", "GET", "XX GET KEEPTTL", "NX EX 1000"
  };

  @TempDir private Path directory;

  private final Random random = Seed.random("LargeStringTwinsTest");
  private final ByteArrayOutputStream requests = new ByteArrayOutputStream();
  private int replies;

  @Test
  void repliesLikeRedis() throws Exception {
    try (var twins = Twins.start(directory, "enable-debug-command yes", "appendonly yes");
        var real = twins.real();
        var ours = twins.ours();
        var realFence = twins.real();
        var oursFence = twins.ours()) {
      for (int round = 0; round < ROUNDS; round++) {
        requests.reset();
        replies = 0;
        for (int i = random.nextInt(4); i >= 0; i--) {
          request();
        }
        if (random.nextInt(60) == 0) {
          add("DEBUG RELOAD");
        } else if (random.nextInt(60) == 0) {
          add("DEBUG LOADAOF");
        }
        byte[] bytes = requests.toByteArray();
        int cuts = random.nextInt(4);
        int[] ends = random.ints(cuts + 1L, 0, bytes.length + 1).sorted().toArray();
        ends[cuts] = bytes.length;
        int from = 0;
        for (int end : ends) {
          byte[] piece = Arrays.copyOfRange(bytes, from, end);
          real.sendRaw(piece);
          ours.sendRaw(piece);
          // The piece has been received before the next one is sent.
          realFence.call("PING");
          oursFence.call("PING");
          from = end;
        }
        for (int i = 0; i < replies; i++) {
          byte[] expected = real.receive();
          byte[] actual = ours.receive();
          if (!Arrays.equals(actual, expected)) {
            assertThat(excerpt(actual)).as("round %d", round).isEqualTo(excerpt(expected));
          }
          assertThat(actual).isEqualTo(expected);
        }
      }
    }
  }

  private void request() {
    switch (random.nextInt(18)) {
      case 0, 1, 2, 3, 4 -> {
        String options = OPTIONS[random.nextInt(OPTIONS.length)];
        add(("SET " + key() + " ? " + options).strip());
      }
      case 5 -> add("SETEX " + key() + " 1000 ?");
      case 6 -> add("GETSET " + key() + " ?");
      case 7 -> add("SETNX " + key() + " ?");
      case 8 -> add("APPEND " + key() + " ?");
      case 9 -> add("SETRANGE " + key() + " " + random.nextInt(200_000) + " ?");
      case 10 -> add("GETRANGE " + key() + " " + random.nextInt(200_000) + " -1");
      case 11 -> add("DEL " + key());
      case 12 -> add("COPY " + key() + " " + key() + " REPLACE");
      case 13 -> {
        add("MULTI");
        add("SET " + key() + " ?");
        add("SET " + key() + " ?");
        add("EXEC");
      }
      case 14 -> add("MSET " + key() + " ? " + key() + " ?");
      case 15 -> add("EVAL return{redis.call('SET',KEYS[1],ARGV[1]),#ARGV[1]} 1 " + key() + " ?");
      case 16 -> add("SETBIT " + key() + " " + random.nextInt(1_000_000) + " 1");
      default -> add("GET " + key());
    }
    add("GET " + key());
  }

  private String key() {
    return "key" + random.nextInt(5);
  }

  /** Adds a request, in which {@code ?} is a random string. */
  private void add(String text) {
    String[] words = text.split(" ");
    var bytes = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      bytes[i] = words[i].equals("?") ? value() : words[i].getBytes(ISO_8859_1);
    }
    requests.writeBytes(RequestEncoder.encode(bytes));
    replies++;
  }

  private byte[] value() {
    int limit = LENGTHS[random.nextInt(LENGTHS.length)];
    var value = new byte[Math.max(1, limit - random.nextInt(Math.min(limit, 60)))];
    Arrays.fill(value, (byte) ('a' + random.nextInt(26)));
    for (int i = 0; i < value.length; i += 1 + random.nextInt(1000)) {
      value[i] = (byte) random.nextInt();
    }
    return value;
  }

  private static String excerpt(byte[] bytes) {
    return new String(bytes, 0, Math.min(bytes.length, 40), ISO_8859_1) + " of " + bytes.length;
  }
}
