package io.redoubt.server.command.geo;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
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
