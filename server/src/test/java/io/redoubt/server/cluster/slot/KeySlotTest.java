package io.redoubt.server.cluster.slot;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.net.FreePorts;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeySlotTest {
  private static int slot(String key) {
    return KeySlot.of(key.getBytes(ISO_8859_1));
  }

  /** The check value of CRC-16/XMODEM is 0x31c3. */
  @Test
  void isTheCrcOfTheKey() {
    assertThat(slot("123456789")).isEqualTo(0x31c3);
    assertThat(slot("")).isZero();
    assertThat(slot("foo")).isEqualTo(12182);
  }

  @Test
  void hashesOnlyTheTag() {
    assertThat(slot("{user1000}.following")).isEqualTo(slot("user1000"));
    assertThat(slot("foo{}{bar}")).isNotEqualTo(slot("bar")).isNotEqualTo(slot(""));
    assertThat(slot("foo{{bar}}zap")).isEqualTo(slot("{bar"));
    assertThat(slot("foo{bar}{zap}")).isEqualTo(slot("bar"));
    assertThat(slot("foo}bar{")).isNotEqualTo(slot(""));
  }

  @Test
  void aPatternNamesASlotByATagBeforeAnyWildcard() {
    assertThat(ofPattern("{user}*")).isEqualTo(slot("user"));
    assertThat(ofPattern("a}{user}[a-z]?")).isEqualTo(slot("user"));
    assertThat(ofPattern("foo")).isEqualTo(slot("foo"));
    assertThat(ofPattern("{}{user}")).isEqualTo(slot("{}{user}"));
    assertThat(ofPattern("}{user")).isEqualTo(slot("}{user"));
    for (String open :
        new String[] {"*{user}", "{us?r}", "{}{user}*", "{user*}", "\\{a}", "[{a}]"}) {
      assertThat(ofPattern(open)).as(open).isEqualTo(-1);
    }
  }

  private static int ofPattern(String pattern) {
    byte[] bytes = pattern.getBytes(ISO_8859_1);
    return KeySlot.ofPattern(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  @Test
  void agreesWithRedis(@TempDir Path directory) throws Exception {
    RealRedis.assumeInstalled();
    Random random = Seed.random("KeySlotTest");
    try (RealRedis redis =
        RealRedis.start(directory, "--cluster-enabled", "yes", "--cluster-port", freePort())) {
      for (int i = 0; i < 300; i++) {
        StringBuilder key = new StringBuilder();
        for (int j = random.nextInt(40); j >= 0; j--) {
          key.append(random.nextInt(6) == 0 ? "{}".charAt(random.nextInt(2)) : random.nextInt(10));
        }
        assertThat(slot(key.toString()))
            .as(key.toString())
            .isEqualTo(Integer.parseInt(redis.command("CLUSTER", "KEYSLOT", key.toString())));
      }
    }
  }

  private static String freePort() {
    return Integer.toString(FreePorts.one());
  }
}
