package io.redoubt.server.command.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import org.junit.jupiter.api.Test;

/** Expiry of keys. */
@ServerTest
final class ExpireCommandsTest {
  private final Dialogue redis;

  ExpireCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  @Test
  void expireAndPersist() {
    redis.says("EXPIRE k 10", "(integer) 0");
    redis.says("SET k v", "OK");
    redis.says("EXPIRE k 100", "(integer) 1");
    assertThat(redis.integer("TTL k")).isBetween(95L, 100L);
    redis.says("PERSIST k", "(integer) 1");
    redis.says("PERSIST k", "(integer) 0");
    redis.says("TTL k", "(integer) -1");
    redis.says("PEXPIREAT k 33177117420000", "(integer) 1");
    redis.says("EXPIRETIME k", "(integer) 33177117420");
    redis.says("GET k", "\"v\"");
  }

  @Test
  void conditions() {
    redis.says("SET k v", "OK");
    redis.says("EXPIRE k 100 XX", "(integer) 0");
    redis.says("EXPIRE k 100 GT", "(integer) 0");
    redis.says("EXPIRE k 100 LT", "(integer) 1");
    redis.says("EXPIRE k 200 NX", "(integer) 0");
    redis.says("EXPIRE k 200 LT", "(integer) 0");
    redis.says("EXPIRE k 50 GT", "(integer) 0");
    redis.says("EXPIRE k 200 XX GT", "(integer) 1");
    redis.says(
        "EXPIRE k 1 NX GT",
        "(error) ERR NX and XX, GT or LT options at the same time are not compatible");
    redis.says(
        "EXPIRE k 1 GT LT", "(error) ERR GT and LT options at the same time are not compatible");
    redis.says("EXPIRE k 1 EVER", "(error) ERR Unsupported option EVER");
    redis.says("EXPIRE k x", "(error) ERR value is not an integer or out of range");
    redis.says(
        "EXPIRE k 9223372036854775807", "(error) ERR invalid expire time in 'expire' command");
  }

  @Test
  void deletesOnAPastTime() {
    redis.says("SET k v", "OK");
    redis.says("EXPIRE k -1", "(integer) 1");
    redis.says("EXISTS k", "(integer) 0");
    redis.says("SET k v", "OK");
    redis.says("PEXPIREAT k 1", "(integer) 1");
    redis.says("DBSIZE", "(integer) 0");
  }

  @Test
  void expiresKeysActively() {
    redis.says("SET k v PX 20", "OK");
    redis.says("SET other v", "OK");
    await().untilAsserted(() -> redis.says("DBSIZE", "(integer) 1"));
    redis.says("GET k", "(nil)");
  }

  @Test
  void expiresManyKeysDueAtOnce() {
    redis.says("CONFIG RESETSTAT", "OK");
    String far = Long.toString(System.currentTimeMillis() + 3_600_000);
    for (int i = 0; i < 2000; i++) {
      redis.says("SET k" + i + " v PXAT " + far, "OK");
    }
    redis.says("DEBUG SET-ACTIVE-EXPIRE 0", "OK");
    for (int i = 0; i < 1000; i++) {
      redis.says("PEXPIRE k" + i + " 1", "(integer) 1");
    }
    await().untilAsserted(() -> redis.says("EXISTS k999", "(integer) 0"));
    assertThat(redis.text("INFO stats")).doesNotContain("expired_stale_perc:0.00");
    redis.says("DBSIZE", "(integer) 1999");
    redis.says("DEBUG SET-ACTIVE-EXPIRE 1", "OK");
    await().untilAsserted(() -> redis.says("DBSIZE", "(integer) 1000"));
    assertThat(redis.text("INFO stats")).contains("expired_stale_perc:0.00", "expired_keys:1000\r");
  }

  @Test
  void expiresKeysOnAccess() {
    redis.says("DEBUG SET-ACTIVE-EXPIRE 0", "OK");
    redis.says("SET k v PX 1", "OK");
    redis.says("SET e v PX 1", "OK");
    await().untilAsserted(() -> redis.says("GET k", "(nil)"));
    redis.says("SET k v NX", "OK");
    redis.says("EXISTS e", "(integer) 0");
    redis.says("DEBUG SET-ACTIVE-EXPIRE 1", "OK");
  }

  @Test
  void hidesButKeepsDueKeysWhileClientsArePaused() {
    redis.says("DEBUG SET-ACTIVE-EXPIRE 0", "OK");
    redis.says("SET k v PX 30", "OK");
    redis.says("CLIENT PAUSE 100000 WRITE", "OK");
    redis.says("DEBUG SET-ACTIVE-EXPIRE 1", "OK");
    await().untilAsserted(() -> redis.says("GET k", "(nil)"));
    redis.says("DBSIZE", "(integer) 1");
    redis.says("CLIENT UNPAUSE", "OK");
    await().untilAsserted(() -> redis.says("DBSIZE", "(integer) 0"));
  }
}
