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
}
