package io.redoubt.server.differential;

import io.redoubt.protocol.Seed;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random places and searches get the same replies, in the same order, from a real Redis. */
final class GeoTwinsTest {
  private static final int REQUESTS = 3000;
  private static final String[] UNITS = {"m", "km", "FT", "mi"};

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void repliesLikeRedis(String protocol) throws Exception {
    Random random = Seed.random("GeoTwinsTest");
    try (var twins = Twins.start(directory, "zset-max-listpack-entries 40");
        var conversation = new Conversation(twins, 1, protocol)) {
      conversation.say(0, "SET string x");
      for (int i = 0; i < REQUESTS; i++) {
        String request = request(random);
        if (random.nextBoolean()) {
          conversation.say(0, "DEL stored");
        }
        conversation.say(0, request);
        if (request.contains("STORE")) {
          conversation.say(0, "ZCARD stored");
          conversation.say(0, "OBJECT ENCODING stored");
          conversation.say(0, "ZRANGE stored 0 -1");
        }
      }
      conversation.say(0, "GEOSEARCHSTORE stored sparse FROMLONLAT 0 0 BYRADIUS 9000 km");
      conversation.say(0, "ZRANGE stored 0 -1 WITHSCORES");
      conversation.say(0, "ZRANGE dense 0 -1 WITHSCORES");
      conversation.say(0, "ZRANGE sparse 0 -1 WITHSCORES");
    }
  }

  private static String request(Random random) {
    String key = random.nextInt(40) == 0 ? "string" : random.nextBoolean() ? "dense" : "sparse";
    String other = random.nextInt(20) == 0 ? "missing" : key;
    return switch (random.nextInt(12)) {
      case 0, 1, 2, 3 -> add(key, random);
      case 4 -> "GEOPOS " + other + members(random);
      case 5 -> "GEOHASH " + other + members(random);
      case 6 -> "GEODIST " + other + member(random) + member(random) + ' ' + unit(random);
      case 7 ->
          "GEORADIUS " + other + place(key, random) + radius(random) + options(random, "STORE");
      case 8 ->
          "GEORADIUSBYMEMBER " + other + member(random) + radius(random) + options(random, "STORE");
      case 9 -> "GEORADIUS_RO " + other + place(key, random) + radius(random) + options(random, "");
      case 10 -> "GEOSEARCHSTORE stored " + other + area(key, random) + storing(random);
      default -> "GEOSEARCH " + other + area(key, random) + options(random, "");
    };
  }

  private static String add(String key, Random random) {
    StringBuilder text = new StringBuilder("GEOADD " + key);
    if (random.nextInt(4) == 0) {
      text.append(random.nextBoolean() ? " NX" : " XX");
    }
    if (random.nextInt(4) == 0) {
      text.append(" CH");
    }
    for (int i = random.nextInt(1, 5); i > 0; i--) {
      text.append(place(key, random)).append(member(random));
    }
    return text.toString();
  }

  private static String member(Random random) {
    int number = random.nextInt(200);
    return number % 3 == 0 ? " " + number : " m" + number;
  }

  private static String members(Random random) {
    return member(random) + member(random) + (random.nextBoolean() ? member(random) : "");
  }

  private static String place(String key, Random random) {
    double longitude = random.nextDouble(-180, 180);
    double latitude = random.nextDouble(-85, 85);
    if (key.equals("dense")) {
      longitude = 15 + longitude / 100;
      latitude = 37 + latitude / 100;
    }
    if (random.nextInt(50) == 0) {
      latitude += 90;
    }
    return String.format(Locale.ROOT, " %.6f %.6f", longitude, latitude);
  }

  private static String unit(Random random) {
    return random.nextInt(30) == 0 ? "ell" : UNITS[random.nextInt(UNITS.length)];
  }

  private static String size(Random random) {
    if (random.nextInt(40) == 0) {
      return random.nextBoolean() ? " -1" : " far";
    }
    return String.format(Locale.ROOT, " %.3f", Math.pow(10, random.nextDouble(-1, 7)));
  }

  private static String radius(Random random) {
    return size(random) + ' ' + unit(random);
  }

  private static String area(String key, Random random) {
    String from =
        random.nextBoolean() ? " FROMMEMBER" + member(random) : " FROMLONLAT" + place(key, random);
    String by =
        random.nextBoolean()
            ? " BYRADIUS" + radius(random)
            : " BYBOX" + size(random) + size(random) + ' ' + unit(random);
    return switch (random.nextInt(20)) {
      case 0 -> from + " ASC";
      case 1 -> by + " DESC";
      default -> random.nextBoolean() ? from + by : by + from;
    };
  }

  private static String options(Random random, String store) {
    StringBuilder text = new StringBuilder();
    for (String option : new String[] {"WITHDIST", "WITHHASH", "WITHCOORD", "ASC", "DESC"}) {
      if (random.nextInt(4) == 0) {
        text.append(' ').append(option);
      }
    }
    if (random.nextInt(3) == 0) {
      text.append(" COUNT ").append(random.nextInt(20) == 0 ? 0 : random.nextInt(1, 12));
    }
    if (random.nextInt(8) == 0) {
      text.append(" ANY");
    }
    if (!store.isEmpty() && random.nextInt(4) == 0) {
      text.append(random.nextBoolean() ? " STORE stored" : " STOREDIST stored");
    }
    return text.toString();
  }

  private static String storing(Random random) {
    String count = random.nextBoolean() ? " COUNT " + random.nextInt(1, 60) : "";
    return count + (random.nextInt(3) == 0 ? " STOREDIST" : "");
  }
}
