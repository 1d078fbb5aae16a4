package io.redoubt.server.command.geo;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The geo group. Other tests compare the results of searches with a real Redis. */
@ServerTest
final class GeoCommandsTest {
  private final Dialogue redis;

  GeoCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  @BeforeEach
  void sicily() {
    redis.says("GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", "(integer) 2");
  }

  @Test
  void addingAndMoving() {
    redis.says("GEOADD s CH 13.4 38.1 Palermo", "(integer) 1");
    redis.says("GEOADD s NX CH 1 1 Palermo", "(integer) 0");
    redis.says("GEOADD s XX 1 1 Agrigento", "(integer) 0");
    redis.says("GEOADD missing XX 1 1 a", "(integer) 0");
    redis.says("EXISTS missing", "(integer) 0");
    redis.says("GEOADD s NX XX 1 1 a", "(error) ERR syntax error");
    redis.says("GEOADD s 1 1 a 2", "(error) ERR syntax error");
    redis.says(
        "GEOADD s 200 1 a", "(error) ERR invalid longitude,latitude pair 200.000000,1.000000");
    redis.says("GEOADD s 1 1 a x 1 b", "(error) ERR value is not a valid float");
    redis.says("ZCARD s", "(integer) 2");
  }

  @Test
  void singleMembers() {
    redis.says("GEODIST s Palermo Catania km", "\"166.2742\"");
    redis.says("GEODIST s Palermo Rome", "(nil)");
    redis.says(
        "GEODIST s a b ell", "(error) ERR unsupported unit provided. please use M, KM, FT, MI");
    redis.says("GEOHASH s Palermo Rome", "1) \"sqc8b49rny0\"\n2) (nil)");
    redis.says(
        "GEOPOS s Palermo Rome",
        "1) 1) \"13.36138933897018433\"\n   2) \"38.11555639549629859\"\n2) (nil)");
  }

  /** Members at the same distance keep the order of their geohashes and names. */
  @Test
  void sortsAsManyAsAreWanted() {
    Random random = Seed.random("GeoCommandsTest");
    for (int i = 0; i < 300; i++) {
      redis.ask("GEOADD many %d 38.%d m%d".formatted(10, random.nextInt(100), i));
    }
    String search = "GEOSEARCH many FROMLONLAT 10 38.5013 BYRADIUS 50000 m WITHDIST ";
    for (String order : List.of("ASC", "DESC")) {
      Comparator<Reply> byDistance = Comparator.comparingDouble(GeoCommandsTest::distance);
      List<Reply> expected = new ArrayList<>(members(search));
      expected.sort(order.equals("ASC") ? byDistance : byDistance.reversed());
      List<String> texts = expected.stream().map(GeoCommandsTest::name).toList();
      assertThat(texts).hasSizeGreaterThan(100);
      for (int count : new int[] {1, 2, 3, 10, 99, texts.size() - 1, texts.size(), 1000}) {
        assertThat(members(search + order + " COUNT " + count).stream().map(GeoCommandsTest::name))
            .as("%s %d", order, count)
            .containsExactlyElementsOf(texts.subList(0, Math.min(count, texts.size())));
      }
      assertThat(members(search + order).stream().map(GeoCommandsTest::name))
          .containsExactlyElementsOf(texts);
    }
  }

  private List<Reply> members(String search) {
    return ((Reply.Array) redis.reply(search)).elements();
  }

  private static String name(Reply member) {
    return ((Reply.Array) member).elements().getFirst().text();
  }

  private static double distance(Reply member) {
    return Double.parseDouble(((Reply.Array) member).elements().get(1).text());
  }

  @Test
  void searching() {
    redis.says(
        "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km ASC", "1) \"Catania\"\n2) \"Palermo\"");
    redis.says("GEOSEARCH s FROMLONLAT 15 37 BYBOX 200 200 km", "1) \"Catania\"");
    redis.says("GEORADIUSBYMEMBER s Palermo 1 mi WITHDIST", "1) 1) \"Palermo\"\n   2) \"0.0000\"");
    redis.says("GEOSEARCH missing FROMMEMBER a BYRADIUS 1 m", "(empty array)");
    redis.says(
        "GEOSEARCH s FROMMEMBER a BYRADIUS 1 m",
        "(error) ERR could not decode requested zset member");
    redis.says(
        "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 1 m ANY",
        "(error) ERR the ANY argument requires COUNT argument");
    redis.says(
        "GEOSEARCH s FROMLONLAT 15 37 ASC ASC WITHHASH",
        "(error) ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH");
  }

  /** The example of Valkey's documentation. */
  @Test
  void searchesPolygons() {
    redis.says("GEOADD s 12.758489 38.788135 edge1 17.241510 38.788135 edge2", "(integer) 2");
    String polygon =
        "BYPOLYGON 5 12.41098696654226 38.05033923003755 15.107936245794182 38.00616649901906"
            + " 18.148439288534455 38.63804787603499 17.80831874257693 39.50316813110968"
            + " 12.458468633214036 38.57719533463012";
    redis.says("GEOSEARCH s " + polygon + " ASC", "1) \"Palermo\"\n2) \"edge2\"");
    redis.says(
        "GEOSEARCH s " + polygon + " ASC WITHDIST",
        """
        1) 1) "Palermo"
           2) "166482.0159"
        2) 1) "edge2"
           2) "180861.7725"\
        """
            .stripIndent());
    redis.says("GEOSEARCH s COUNT 1 DESC " + polygon, "1) \"edge2\"");
    redis.says("GEOSEARCH missing " + polygon, "(empty array)");
    redis.says("GEOSEARCHSTORE d s " + polygon, "(integer) 2");
    redis.says("ZSCORE d Palermo", "\"3479099956230698\"");
    redis.says("GEOSEARCHSTORE d s STOREDIST " + polygon, "(integer) 2");
    assertThat(redis.text("ZSCORE d Palermo")).startsWith("1.664820159");
    redis.says("GEOSEARCHSTORE d s BYPOLYGON 3 1 1 2 1 2 2", "(integer) 0");
    redis.says("EXISTS d", "(integer) 0");
    redis.says(
        "GEOSEARCH s BYPOLYGON 4 -180 -85 180 -85 180 85 -180 85 COUNT 10 ANY",
        redis.ask("ZRANGE s 0 -1"));
    redis.says("COMMAND GETKEYS GEOSEARCH s " + polygon, "1) \"s\"");
    redis.says("COMMAND GETKEYS GEOSEARCHSTORE d s " + polygon, "1) \"d\"\n2) \"s\"");
  }

  @Test
  void refusesWrongPolygons() {
    String few = "(error) ERR GEOSEARCH BYPOLYGON must have at least 3 vertices";
    redis.says("GEOSEARCH s BYPOLYGON 2 1 1 2 2 ASC", few);
    redis.says("GEOSEARCH s BYPOLYGON -3 1 1 2 2 3 3", few);
    redis.says("GEOSEARCH s BYPOLYGON 3 1 1 2 2 3", few);
    redis.says("GEOSEARCH s BYPOLYGON 9223372036854775807 1 1 2", few);
    redis.says("GEOSEARCH s ASC ASC ASC ASC BYPOLYGON", "(error) ERR syntax error");
    redis.says("GEOSEARCH s BYPOLYGON x 1 1 2 2 3 3", few);
    redis.says(
        "GEOSEARCH s BYPOLYGON 3 1 1 2 86 3 3",
        "(error) ERR invalid longitude,latitude pair 2.000000,86.000000");
    redis.says("GEOSEARCH s BYPOLYGON 3 1 1 2 2 3 y", "(error) ERR value is not a valid float");
    for (String other :
        List.of("FROMLONLAT 1 1", "FROMMEMBER Palermo", "BYBOX 1 1 m", "BYPOLYGON 3 1 1 2 2 3 3")) {
      redis.says("GEOSEARCH s BYPOLYGON 3 1 1 2 2 3 3 " + other, "(error) ERR syntax error");
      if (!other.startsWith("BYPOLYGON")) {
        redis.says("GEOSEARCH s " + other + " BYPOLYGON 3 1 1 2 2 3 3", "(error) ERR syntax error");
      }
    }
    redis.says("GEORADIUS s 1 1 1 m BYPOLYGON 3 1 1 2 2 3 3", "(error) ERR syntax error");
    redis.says("GEOSEARCH s BYPOLYGON 10000" + " 1 1".repeat(10_000), "(empty array)");
    redis.says(
        "GEOSEARCH s BYPOLYGON 10001" + " 1 1".repeat(10_001),
        "(error) ERR GEOSEARCH BYPOLYGON must have at most 10000 vertices");
  }

  @Test
  void findsTheFirstOfTheWholeOrder() {
    Random random = Seed.random("GeoCommandsTest");
    for (int round = 0; round < 60; round++) {
      redis.ask("DEL places");
      double spread = Math.pow(10, random.nextDouble(-3, 1.9));
      double longitude = random.nextInt(4) == 0 ? 180 : random.nextDouble(-180, 180);
      double latitude = random.nextDouble(-85, 85);
      for (int i = random.nextInt(300); i > 0; i--) {
        double east = Math.IEEEremainder(longitude + random.nextDouble(-spread, spread), 360);
        double north = Math.clamp(latitude + random.nextDouble(-spread, spread), -85, 85);
        redis.ask("GEOADD places %f %f a%d %f %f b%d".formatted(east, north, i, east, north, i));
      }
      double metres = spread * 100_000 * random.nextDouble(2);
      String from = " FROMLONLAT %f %f".formatted(longitude, latitude);
      String area =
          switch (random.nextInt(3)) {
            case 0 -> from + " BYBOX %f %f m".formatted(metres, metres / 2);
            case 1 -> " BYPOLYGON 4 -170 0 0 70 170 0 0 -80";
            default -> from + " BYRADIUS %f m".formatted(metres);
          };
      for (String order : List.of(" ASC", " DESC")) {
        String request = "GEOSEARCH places" + area + order + " WITHDIST";
        List<Reply> all = elements(redis.reply(request));
        for (int count : new int[] {1, 2, 10, 100, 1000}) {
          assertThat(elements(redis.reply(request + " COUNT " + count)))
              .as("%s COUNT %d", request, count)
              .isEqualTo(all.subList(0, Math.min(count, all.size())));
        }
      }
    }
  }

  private static List<Reply> elements(Reply reply) {
    return ((Reply.Array) reply).elements();
  }

  @Test
  void storing() {
    redis.says("SET d x", "OK");
    redis.says("GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km", "(integer) 2");
    redis.says("ZSCORE d Palermo", "\"3479099956230698\"");
    redis.says("GEORADIUS s 15 37 200 km STOREDIST d COUNT 1", "(integer) 1");
    redis.says("ZRANGE d 0 -1", "1) \"Catania\"");
    redis.says(
        "GEORADIUS s 15 37 200 km STORE d WITHDIST",
        "(error) ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and"
            + " WITHCOORD options");
    redis.says("GEOSEARCHSTORE d s FROMLONLAT 0 0 BYRADIUS 1 m", "(integer) 0");
    redis.says("EXISTS d", "(integer) 0");
  }

  /** Another command can give a member a score that is no geohash. */
  @Test
  void storesTheScoreItself() {
    redis.says("ZADD scores 2.75 m 1e-300 n", "(integer) 2");
    redis.says("GEOSEARCHSTORE near scores FROMLONLAT -138 -9 BYRADIUS 20000 km", "(integer) 2");
    redis.says("ZSCORE near m", "\"2.75\"");
    redis.says("ZSCORE near n", "\"1e-300\"");
  }
}
