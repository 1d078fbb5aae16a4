package io.redoubt.server.command.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Expiry of fields, as in Redis 7.4. */
@ServerTest
final class HashExpiryCommandsTest {
  private static final String FAR = "33177117420000";

  private final Dialogue redis;

  HashExpiryCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  @Test
  void timesToLive() {
    redis.says("HSET h a 1 b 2 c 3", "(integer) 3");
    redis.says("HEXPIRE h 100 FIELDS 2 a z", "1) (integer) 1\n2) (integer) -2");
    redis.says("HPEXPIREAT h " + FAR + " FIELDS 1 b", "1) (integer) 1");
    assertThat(number("HTTL h FIELDS 1 a")).isBetween(95L, 100L);
    assertThat(number("HPTTL h FIELDS 1 a")).isBetween(95_000L, 100_000L);
    redis.says(
        "HPEXPIRETIME h FIELDS 3 b c z",
        "1) (integer) " + FAR + "\n2) (integer) -1\n3) (integer) -2");
    redis.says("HEXPIRETIME h FIELDS 1 b", "1) (integer) 33177117420");
    redis.says("HEXPIREAT h 33177117421 FIELDS 1 b", "1) (integer) 1");
    redis.says("HEXPIRETIME h FIELDS 1 b", "1) (integer) 33177117421");
    redis.says("HPEXPIREAT h 33177117421001 FIELDS 1 b", "1) (integer) 1");
    redis.says("HEXPIRETIME h FIELDS 1 b", "1) (integer) 33177117422");
    redis.says("HPERSIST h FIELDS 3 a c z", "1) (integer) 1\n2) (integer) -1\n3) (integer) -2");
    redis.says("HTTL h FIELDS 1 a", "1) (integer) -1");
    redis.says("HTTL none FIELDS 2 a b", "1) (integer) -2\n2) (integer) -2");
    redis.says("HPERSIST none FIELDS 1 a", "1) (integer) -2");
    redis.says("HEXPIRE none 10 FIELDS 1 a", "1) (integer) -2");
    redis.says("HLEN h", "(integer) 3");
  }

  @Test
  void conditions() {
    redis.says("HSET h a 1 b 2", "(integer) 2");
    redis.says("HEXPIRE h 100 XX FIELDS 1 a", "1) (integer) 0");
    redis.says("HEXPIRE h 100 GT FIELDS 1 a", "1) (integer) 0");
    redis.says("HEXPIRE h 100 LT FIELDS 1 a", "1) (integer) 1");
    redis.says("HEXPIRE h 100 nx FIELDS 2 a b", "1) (integer) 0\n2) (integer) 1");
    redis.says("HEXPIRE h 200 LT FIELDS 1 a", "1) (integer) 0");
    redis.says("HEXPIRE h 50 GT FIELDS 1 a", "1) (integer) 0");
    redis.says("HEXPIRE h 200 GT FIELDS 1 a", "1) (integer) 1");
    redis.says("HEXPIRE h 100 XX FIELDS 1 a", "1) (integer) 1");
  }

  @Test
  void refusals() {
    redis.says("SET s text", "OK");
    redis.says("HSET h a 1", "(integer) 1");
    for (String command :
        List.of(
            "HEXPIRE s x FIELDS 1 a",
            "HTTL s FIELDS 1 a",
            "HPERSIST s FIELDS 1 a",
            "HPEXPIREAT s 1 FIELDS 1 a")) {
      redis.says(
          command, "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    }
    redis.says(
        "HEXPIRE h 10 FIELDS 1", "(error) ERR wrong number of arguments for 'hexpire' command");
    redis.says("HTTL h FIELDS 1", "(error) ERR wrong number of arguments for 'httl' command");
    redis.says("HEXPIRE h x FIELDS 1 a", "(error) ERR value is not an integer or out of range");
    redis.says("HEXPIRE h -1 FIELDS 1 a", "(error) ERR invalid expire time, must be >= 0");
    redis.says(
        "HEXPIRE h 70368744178 FIELDS 1 a", "(error) ERR invalid expire time in 'hexpire' command");
    redis.says(
        "HPEXPIREAT h 70368744177664 FIELDS 1 a",
        "(error) ERR invalid expire time in 'hpexpireat' command");
    redis.says("HPEXPIREAT h 70368744177663 FIELDS 1 a", "1) (integer) 1");
    for (String command :
        List.of(
            "HEXPIRE h 10 FIELD 1 a",
            "HEXPIRE h 10 NX XX FIELDS 1 a",
            "HEXPIRE h 10 EVER FIELDS 1 a",
            "HTTL h NX FIELDS 1 a",
            "HPERSIST h FIELD 1 a")) {
      redis.says(
          command, "(error) ERR Mandatory argument FIELDS is missing or not at the right position");
    }
    redis.says(
        "HEXPIRE h 10 FIELDS 0 a", "(error) ERR Parameter `numFields` should be greater than 0");
    redis.says(
        "HEXPIRE h 10 FIELDS x a", "(error) ERR Parameter `numFields` should be greater than 0");
    redis.says("HTTL h FIELDS 0 a", "(error) ERR Number of fields must be a positive integer");
    for (String command :
        List.of("HEXPIRE h 10 FIELDS 2 a", "HTTL h FIELDS 1 a b", "HPERSIST h FIELDS 3 a")) {
      redis.says(
          command, "(error) ERR The `numfields` parameter must match the number of arguments");
    }
  }

  @Test
  void deletesOnAPastTime() {
    redis.says("HSET h a 1 b 2", "(integer) 2");
    redis.says("HPEXPIREAT h 1 FIELDS 3 a a z", "1) (integer) 2\n2) (integer) -2\n3) (integer) -2");
    redis.says("HLEN h", "(integer) 1");
    redis.says("HEXPIRE h 0 FIELDS 1 b", "1) (integer) 2");
    redis.says("EXISTS h", "(integer) 0");
  }

  @Test
  void encodings() {
    redis.says("HSET h a 1", "(integer) 1");
    redis.says("HPERSIST h FIELDS 1 a", "1) (integer) -1");
    redis.says("OBJECT ENCODING h", "\"listpack\"");
    redis.says("HEXPIRE h 100 FIELDS 1 a", "1) (integer) 1");
    redis.says("OBJECT ENCODING h", "\"listpackex\"");
    redis.says("HPERSIST h FIELDS 1 a", "1) (integer) 1");
    redis.says("HSET h b " + "x".repeat(65), "(integer) 1");
    redis.says("OBJECT ENCODING h", "\"hashtable\"");
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 65})
  void overwritingRemovesTheExpiry(int length) {
    redis.says("HSET h a " + "x".repeat(length) + " n 1 f 1", "(integer) 3");
    redis.says(
        "HPEXPIREAT h " + FAR + " FIELDS 3 a n f",
        "1) (integer) 1\n2) (integer) 1\n3) (integer) 1");
    redis.says("HINCRBY h n 100", "(integer) 101");
    redis.says("HINCRBYFLOAT h f 100", "\"101\"");
    redis.says("HSETNX h a other", "(integer) 0");
    redis.says(
        "HPEXPIRETIME h FIELDS 3 a n f",
        "1) (integer) " + FAR + "\n2) (integer) " + FAR + "\n3) (integer) " + FAR);
    redis.says("COPY h g", "(integer) 1");
    redis.says("HSET h a other n 2 f 3", "(integer) 0");
    redis.says("HTTL h FIELDS 3 a n f", "1) (integer) -1\n2) (integer) -1\n3) (integer) -1");
    redis.says("HPEXPIRETIME g FIELDS 1 a", "1) (integer) " + FAR);
  }

  @Test
  void expiresFieldsActively() {
    redis.says("HSET h a 1 b 2", "(integer) 2");
    redis.says("HSET gone a 1", "(integer) 1");
    redis.says("HPEXPIRE h 20 FIELDS 1 a", "1) (integer) 1");
    redis.says("HPEXPIRE gone 20 FIELDS 1 a", "1) (integer) 1");
    await().untilAsserted(() -> redis.says("DBSIZE", "(integer) 1"));
    redis.says("HGETALL h", "1) \"b\"\n2) \"2\"");
  }

  @Test
  void hidesDueKeysBeforeRemoval() {
    redis.says("DEBUG SET-ACTIVE-EXPIRE 0", "OK");
    redis.says("HSET h a 1 b 2", "(integer) 2");
    redis.says("HPEXPIRE h 1 FIELDS 1 a", "1) (integer) 1");
    await().untilAsserted(() -> redis.says("HGET h a", "(nil)"));
    redis.says("HLEN h", "(integer) 1");
    redis.says("HGETALL h", "1) \"b\"\n2) \"2\"");
    redis.says("HSCAN h 0", "1) \"0\"\n2) 1) \"b\"\n   2) \"2\"");
    redis.says("HRANDFIELD h 10", "1) \"b\"");
    redis.says("HRANDFIELD h -2", "1) \"b\"\n2) \"b\"");
    redis.says("HEXISTS h a", "(integer) 0");
    redis.says("HTTL h FIELDS 1 a", "1) (integer) -2");
    redis.says("HINCRBY h a 7", "(integer) 7");
    redis.says("HTTL h FIELDS 1 a", "1) (integer) -1");
    redis.says("HPEXPIRE h 1 FIELDS 2 a b", "1) (integer) 1\n2) (integer) 1");
    await().untilAsserted(() -> redis.says("HLEN h", "(integer) 0"));
    redis.says("HRANDFIELD h", "(nil)");
    redis.says("HDEL h a", "(integer) 0");
    redis.says("HDEL h b", "(integer) 0");
    redis.says("EXISTS h", "(integer) 0");
    redis.says("DEBUG SET-ACTIVE-EXPIRE 1", "OK");
  }

  private long number(String line) {
    return redis.reply(line).elements().getFirst().number();
  }
}
