package io.redoubt.server.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Tests that prefetching has no visible effect, whatever the requests are. */
@ServerTest
final class LookAheadTest {
  private static final int FIELDS = 3000;
  private static final int PIPELINE = 100;

  private final Dialogue redis;
  private final Random random = Seed.random("LookAheadTest");

  LookAheadTest(Dialogue redis) {
    this.redis = redis;
  }

  /** Large hashes and sorted sets in two databases, created and deleted within the pipelines. */
  @Test
  void keepsRepliesOfPipelinesOnElements() throws IOException {
    Map<String, String> model = new HashMap<>();
    String database = "0";
    for (int round = 0; round < 200; round++) {
      List<String[]> requests = new ArrayList<>();
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < PIPELINE; i++) {
        String element = "element:" + random.nextInt(FIELDS);
        String hash = database + " hash " + element;
        String set = database + " zset " + element;
        String number = "" + random.nextInt(1000);
        switch (random.nextInt(16)) {
          case 0, 1, 2, 3 -> {
            requests.add(new String[] {"HSET", "hash", element, number});
            expected.add(model.put(hash, number) == null ? "1" : "0");
          }
          case 4, 5, 6, 7 -> {
            requests.add(new String[] {"ZADD", "zset", number, element});
            expected.add(model.put(set, number) == null ? "1" : "0");
          }
          case 8, 9 -> {
            requests.add(new String[] {"HGET", "hash", element});
            expected.add(model.getOrDefault(hash, "nil"));
          }
          case 10, 11 -> {
            requests.add(new String[] {"ZSCORE", "zset", element});
            expected.add(model.getOrDefault(set, "nil"));
          }
          case 12 -> {
            requests.add(new String[] {"HDEL", "hash", element});
            expected.add(model.remove(hash) == null ? "0" : "1");
          }
          case 13 -> {
            requests.add(new String[] {"ZREM", "zset", element});
            expected.add(model.remove(set) == null ? "0" : "1");
          }
          case 14 -> {
            database = "" + random.nextInt(2);
            requests.add(new String[] {"SELECT", database});
            expected.add("OK");
          }
          default -> {
            if (random.nextInt(100) == 0) {
              String start = database + " hash ";
              boolean there = model.keySet().removeIf(key -> key.startsWith(start));
              requests.add(new String[] {"DEL", "hash"});
              expected.add(there ? "1" : "0");
            }
          }
        }
      }
      List<String> replies =
          redis.client().pipeline(requests).stream().map(LookAheadTest::text).toList();
      assertThat(replies).isEqualTo(expected);
    }
    assertThat(model).hasSizeGreaterThan(FIELDS);
  }

  private static String text(Reply reply) {
    return switch (reply) {
      case Reply.Integer integer -> "" + integer.value();
      case Reply.Null nothing -> "nil";
      default -> reply.text();
    };
  }
}
