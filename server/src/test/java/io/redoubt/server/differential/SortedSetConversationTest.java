package io.redoubt.server.differential;

import io.redoubt.protocol.Seed;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sorted sets, small and large, in operations with each other and with keys of other types. */
final class SortedSetConversationTest {
  private static final int REQUESTS = 4_000;

  /** Scores that Redis 7.0 writes like 7.2: whole numbers and quarters, but not 0.1. */
  private static final String[] SCORES = {
    "0", "1", "-1", "2", "3", "10", "2.5", "-0.25", "1e3", "inf", "-inf", "+inf", "007", "100.5"
  };

  /**
   * The weights of stored results, which avoid negative zero: whether ZRANGESTORE keeps its sign
   * depends, in Redis, on the encoding of the result when the member is added.
   */
  private static final String[] POSITIVE_SCORES = {
    "1", "2", "3", "10", "2.5", "1e3", "inf", "007", "x"
  };

  private static final String[] BAD_NUMBERS = {"x", "nan", "\"\"", "1.5", "\" 1\"", "-1", "1e400"};
  private static final String[] MEMBER_BOUNDS = {"-", "+", "[m1", "(m1", "[m2", "(m3", "[12", "m"};

  @TempDir private Path directory;
  private final Random random = Seed.random("SortedSetConversationTest");

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void repliesLikeRedis(String protocol) throws Exception {
    try (var twins =
            Twins.start(directory, "zset-max-listpack-entries 8", "notify-keyspace-events KEAn");
        var conversation = new Conversation(twins, 1, protocol);
        var realEvents = twins.real();
        var ourEvents = twins.ours();
        var streams = new TwinStreams(twins)) {
      realEvents.call("PSUBSCRIBE", "__key*");
      ourEvents.call("PSUBSCRIBE", "__key*");
      for (int i = 0; i < REQUESTS; i++) {
        conversation.say(0, request());
        if (random.nextInt(10) == 0) {
          String key = key();
          conversation.say(0, "ZRANGE" + key + " 0 -1 WITHSCORES");
          conversation.say(0, "TYPE" + key);
          conversation.say(0, "OBJECT ENCODING" + key);
        }
        conversation.expectSame("events", realEvents.messages(), ourEvents.messages());
        streams.expectSame(conversation);
      }
    }
  }

  private String request() {
    return switch (random.nextInt(14)) {
      case 0, 1, 2, 3 -> adding();
      case 4, 5 -> reading();
      case 6, 7 -> range();
      case 8 -> storing();
      case 9, 10 -> removing();
      case 11 -> popping();
      case 12 -> algebra();
      default -> elsewhere();
    };
  }

  private String adding() {
    StringBuilder line = new StringBuilder("ZADD" + key());
    for (String option : new String[] {"NX", "XX", "GT", "LT", "CH", "INCR"}) {
      if (random.nextInt(12) == 0) {
        line.append(' ').append(option);
      }
    }
    for (int i = random.nextInt(3) + 1; i > 0; i--) {
      line.append(score()).append(member());
    }
    return random.nextInt(6) == 0 ? "ZINCRBY" + key() + score() + member() : line.toString();
  }

  private String reading() {
    return switch (random.nextInt(9)) {
      case 0 -> "ZCARD" + key();
      case 1 -> "ZSCORE" + key() + member();
      case 2 -> "ZMSCORE" + key() + member() + member();
      case 3 -> "ZRANK" + key() + member();
      case 4 -> "ZREVRANK" + key() + member();
      case 5 -> "ZCOUNT" + key() + bound() + bound();
      case 6 -> "ZLEXCOUNT" + equalScores() + memberBound() + memberBound();
      case 7 -> "ZRANDMEMBER" + key() + (random.nextBoolean() ? " 1000" : " 0 WITHSCORES");
      default -> "ZSCAN" + key() + " 0";
    };
  }

  private String range() {
    return switch (random.nextInt(9)) {
      case 0 -> "ZRANGE" + key() + index() + index() + options("REV", "WITHSCORES");
      case 1 -> "ZREVRANGE" + key() + index() + index() + options("WITHSCORES");
      case 2 -> "ZRANGEBYSCORE" + key() + bound() + bound() + options("WITHSCORES") + limit();
      case 3 -> "ZREVRANGEBYSCORE" + key() + bound() + bound() + options("WITHSCORES") + limit();
      case 4 -> "ZRANGEBYLEX" + equalScores() + memberBound() + memberBound() + limit();
      case 5 -> "ZREVRANGEBYLEX" + equalScores() + memberBound() + memberBound() + limit();
      case 6 ->
          "ZRANGE"
              + key()
              + bound()
              + bound()
              + " BYSCORE"
              + options("REV", "WITHSCORES")
              + limit();
      case 7 ->
          "ZRANGE"
              + equalScores()
              + memberBound()
              + memberBound()
              + " BYLEX"
              + options("REV")
              + limit();
      default -> "ZADD" + equalScores() + " 0" + member() + " 0" + member();
    };
  }

  private String storing() {
    return switch (random.nextInt(3)) {
      case 0 -> "ZRANGESTORE" + key() + key() + index() + index() + options("REV", "WITHSCORES");
      case 1 -> "ZRANGESTORE" + key() + key() + bound() + bound() + " BYSCORE" + limit();
      default ->
          "ZRANGESTORE"
              + key()
              + equalScores()
              + memberBound()
              + memberBound()
              + " BYLEX"
              + limit();
    };
  }

  private String removing() {
    return switch (random.nextInt(6)) {
      case 0, 1 -> "ZREM" + key() + member() + member() + member();
      case 2 -> "ZREMRANGEBYRANK" + key() + index() + index();
      case 3 -> "ZREMRANGEBYSCORE" + key() + bound() + bound();
      case 4 -> "ZREMRANGEBYLEX" + equalScores() + memberBound() + memberBound();
      default -> "DEL" + key();
    };
  }

  private String popping() {
    String end = random.nextBoolean() ? " MIN" : " MAX";
    return switch (random.nextInt(8)) {
      case 0 -> "ZPOPMIN" + key();
      case 1 -> "ZPOPMAX" + key();
      case 2 -> "ZPOPMIN" + key() + index();
      case 3 -> "ZPOPMAX" + key() + index();
      case 4 -> "ZMPOP 2" + key() + key() + end;
      case 5 -> "ZMPOP 1" + key() + end + " COUNT" + index();
      case 6 -> "BZPOPMIN" + key() + key() + " 0.001";
      default -> "BZMPOP 0.001 2" + key() + key() + end + " COUNT 2";
    };
  }

  private String algebra() {
    String name = new String[] {"ZUNION", "ZINTER", "ZDIFF"}[random.nextInt(3)];
    int count = random.nextInt(1, 5); // of three sums of infinities, the order matters
    StringBuilder sources = new StringBuilder(" " + count);
    for (int i = 0; i < count; i++) {
      sources.append(key());
    }
    String aggregate = "";
    if (random.nextInt(3) == 0) {
      aggregate = " AGGREGATE " + new String[] {"SUM", "MIN", "max"}[random.nextInt(3)];
    }
    return switch (random.nextInt(4)) {
      case 0, 1 -> name + "STORE" + key() + sources + weights(count, POSITIVE_SCORES) + aggregate;
      case 2 -> name + sources + weights(count, SCORES) + aggregate + options("WITHSCORES");
      default -> "ZINTERCARD" + sources + (random.nextBoolean() ? " LIMIT" + index() : "");
    };
  }

  private String weights(int count, String[] of) {
    StringBuilder weights = new StringBuilder();
    if (random.nextInt(3) == 0) {
      weights.append(" WEIGHTS");
      for (int i = 0; i < count; i++) {
        weights.append(' ').append(any(of));
      }
    }
    return weights.toString();
  }

  private String elsewhere() {
    return switch (random.nextInt(8)) {
      case 0 -> "SET" + key() + " text";
      case 5 -> "SADD" + key() + member() + member();
      case 6 -> "SADD" + key() + " 1 2 3";
      case 7 -> "SADD" + key() + member() + " 2" + member() + " 12" + member();
      case 1 -> "EXPIRE" + key() + " 10000";
      case 2 -> "RENAME" + key() + key();
      case 3 -> "COPY" + key() + key() + " REPLACE";
      default -> "DEL" + key();
    };
  }

  private String options(String... options) {
    StringBuilder chosen = new StringBuilder();
    for (String option : options) {
      if (random.nextInt(3) == 0) {
        chosen.append(' ').append(option);
      }
    }
    return chosen.toString();
  }

  private String limit() {
    return random.nextInt(3) == 0 ? " LIMIT" + index() + index() : "";
  }

  private String key() {
    return " key" + random.nextInt(5);
  }

  /** Returns the key whose members all have one score, for which ranges of members are defined. */
  private String equalScores() {
    return " equal";
  }

  private String member() {
    return switch (random.nextInt(16)) {
      case 0 -> " " + random.nextInt(20);
      case 1 -> " a-member-of-more-than-sixty-four-bytes-" + "x".repeat(30 + random.nextInt(3));
      case 2 -> " \"\"";
      default -> " m" + random.nextInt(25);
    };
  }

  private String score() {
    return ' ' + (random.nextInt(40) == 0 ? bad() : any(SCORES));
  }

  private String any(String[] of) {
    return of[random.nextInt(of.length)];
  }

  private String bound() {
    return (random.nextInt(3) == 0 ? " (" : " ") + score().substring(1).replace("\"", "");
  }

  private String memberBound() {
    return ' ' + MEMBER_BOUNDS[random.nextInt(MEMBER_BOUNDS.length)];
  }

  private String index() {
    return ' ' + (random.nextInt(40) == 0 ? bad() : Integer.toString(random.nextInt(14) - 5));
  }

  private String bad() {
    return BAD_NUMBERS[random.nextInt(BAD_NUMBERS.length)];
  }
}
