package io.redoubt.server.differential;

import static io.redoubt.server.differential.Conversation.bytes;

import io.redoubt.protocol.Seed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HyperLogLogs of all sizes have the same bytes here and in a real Redis, after every command. */
final class HyperLogLogTwinsTest {
  private static final int REQUESTS = 1500;
  private static final int MAX_ELEMENTS = 60;

  @TempDir private Path directory;

  @Test
  void writesTheSameBytes() throws Exception {
    Random random = Seed.random("HyperLogLogTwinsTest");
    try (var twins = Twins.start(directory, "hll-sparse-max-bytes 1000");
        var conversation = new Conversation(twins, 1, "2")) {
      for (int i = 0; i < REQUESTS; i++) {
        String key = key(random);
        switch (random.nextInt(8)) {
          case 0 -> conversation.say(0, "PFCOUNT " + key);
          case 1 -> conversation.say(0, "PFCOUNT " + key + " " + key(random) + " " + key(random));
          case 2 -> conversation.say(0, "PFMERGE " + key + " " + key(random));
          case 3 -> conversation.say(0, (random.nextInt(4) == 0 ? "DEL " : "PFADD ") + key);
          default -> conversation.say(0, add(key, random));
        }
        conversation.say(0, "GET " + key);
        conversation.say(0, "PFDEBUG ENCODING " + key);
        if (random.nextInt(10) == 0) {
          conversation.say(0, "PFDEBUG DECODE " + key);
        }
      }
    }
  }

  private static String key(Random random) {
    return "h" + random.nextInt(6);
  }

  private static List<byte[]> add(String key, Random random) {
    List<byte[]> words = new ArrayList<>(List.of(bytes("PFADD"), bytes(key)));
    int elements = 1 + random.nextInt(random.nextInt(1, MAX_ELEMENTS));
    for (int i = 0; i < elements; i++) {
      byte[] element = new byte[random.nextInt(1, 30)];
      random.nextBytes(element);
      words.add(element);
    }
    return words;
  }
}
