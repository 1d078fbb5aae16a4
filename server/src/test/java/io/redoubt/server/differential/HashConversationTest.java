package io.redoubt.server.differential;

import io.redoubt.protocol.Seed;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hashes of all sizes, with few fields and values, so that commands often meet the same ones. */
final class HashConversationTest {
  private static final int REQUESTS = Integer.getInteger("redoubt.requests", 8_000);
  private static final String[] NUMBERS = {
    "0",
    "1",
    "-1",
    "10",
    "3.14",
    "1e3",
    "007",
    "x",
    "9223372036854775807",
    "-9223372036854775808",
    "nan",
    "inf",
    "\"\"",
    "1.0e-5",
    "\" 1\""
  };

  @TempDir private Path directory;
  private final Random random = Seed.random("HashConversationTest");

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void repliesLikeRedis(String protocol) throws Exception {
    try (var twins =
            Twins.start(directory, "hash-max-listpack-entries 10", "notify-keyspace-events KEA");
        var conversation = new Conversation(twins, 1, protocol);
        var streams = new TwinStreams(twins)) {
      for (int i = 0; i < REQUESTS; i++) {
        String line = request();
        conversation.say(0, line);
        if (random.nextInt(10) == 0) {
          String key = key();
          conversation.say(0, "HGETALL " + key);
          conversation.say(0, "HLEN " + key);
          conversation.say(0, "TYPE " + key);
        }
        streams.expectSame(conversation);
      }
    }
  }

  private String request() {
    String key = key();
    return switch (random.nextInt(40)) {
      case 0, 1, 2, 3, 4, 5 -> "HSET " + key + pairs(1);
      case 6, 7 -> "HMSET " + key + pairs(1 + random.nextInt(15));
      case 8, 9 -> "HSETNX " + key + pairs(1);
      case 10, 11 -> "HGET " + key + field();
      case 12 -> "HMGET " + key + field() + field() + field();
      case 13 -> "HEXISTS " + key + field();
      case 14 -> "HSTRLEN " + key + field();
      case 15, 16, 17 -> "HINCRBY " + key + field() + ' ' + number();
      case 18, 19 -> "HINCRBYFLOAT " + key + field() + ' ' + number();
      case 20 -> "HKEYS " + key;
      case 21 -> "HVALS " + key;
      case 22, 23, 24, 25, 26 -> "HDEL " + key + field();
      case 27 -> "HDEL " + key + field() + field() + field() + field() + field();
      case 28 -> "DEL " + key;
      case 29 -> "RENAME " + key + ' ' + key();
      case 30 -> "COPY " + key + ' ' + key() + " REPLACE";
      case 31 -> "EXPIRE " + key + " 10000";
      case 32 -> "PERSIST " + key;
      case 33 -> "SET " + key + " string";
      case 34 -> "HRANDFIELD " + key + " 0";
      case 35 -> "HRANDFIELD " + key + ' ' + number() + " WITHVALUE";
      case 36 -> "HSCAN " + key + ' ' + number() + " COUNT " + number() + " MATCH nothing";
      case 37 -> "HSET " + key + pairs(1) + field();
      case 38 -> "GET " + key;
      default -> "DEL " + key;
    };
  }

  private String key() {
    return "key" + random.nextInt(5);
  }

  private String field() {
    return switch (random.nextInt(12)) {
      case 0 -> ' ' + number();
      case 1 -> " longer-than-the-usual-sixty-four-bytes-" + "x".repeat(40);
      case 2 -> " \"\"";
      default -> " f" + random.nextInt(25);
    };
  }

  private String pairs(int count) {
    var pairs = new StringBuilder();
    for (int i = 0; i < count; i++) {
      pairs.append(field());
      switch (random.nextInt(60)) {
        case 0 -> pairs.append(' ').append("x".repeat(65 + random.nextInt(6000)));
        case 1 -> pairs.append(" text");
        default -> pairs.append(' ').append(number());
      }
    }
    return pairs.toString();
  }

  private String number() {
    return NUMBERS[random.nextInt(NUMBERS.length)];
  }
}
