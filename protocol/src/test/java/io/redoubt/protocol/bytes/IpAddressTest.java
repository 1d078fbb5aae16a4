package io.redoubt.protocol.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.net.InetAddress;
import java.util.Locale;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {
  /**
   * The right column has the replies of Redis 7.0.15 to {@code SENTINEL GET-MASTER-ADDR-BY-NAME}.
   */
  @ParameterizedTest
  @CsvSource({
    "FD00:0:0::A, fd00::a",
    "fd00:0:0:0:0:0:0:b, fd00::b",
    "0:0:0:0:0:0:0:1, ::1",
    "::, ::",
    "1::, 1::",
    "1:0:2:3:4:5:6:7, 1:0:2:3:4:5:6:7",
    "1:0:0:2:0:0:0:7, 1:0:0:2::7",
    "1:0:0:2:3:0:0:7, 1::2:3:0:0:7",
    "2001:0db8::0001:0000, 2001:db8::1:0",
    "64:ff9b::1.2.3.4, 64:ff9b::102:304",
    "::ffff:10.99.0.1, ::ffff:10.99.0.1",
    "::FFFF:a63:1, ::ffff:10.99.0.1",
    "::1.2.3.4, ::1.2.3.4",
    "::102:304, ::1.2.3.4",
    "10.0.0.1, 10.0.0.1",
    "127.1, 127.0.0.1",
    "10.256, 10.0.1.0",
    "1, 0.0.0.1",
  })
  void hasOneFormForAllSpellings(String written, String canonical) {
    assertThat(IpAddress.canonical(written)).isEqualTo(canonical);
    assertThat(IpAddress.isLiteral(canonical)).isTrue();
    assertThat(IpAddress.same(written, canonical)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        ":::",
        "redis-0.example",
        "localhost",
        "fd00::a::b",
        "[fd00::a]",
        "fd00::g",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "12345::",
        "010.0.0.1",
        "1.2.3.256",
        "1.2.3.4.5",
        "1.2.3.",
        "fd00::1%",
        "fd00::1%a b",
        "::1.2.3",
        "1.2.3.4::",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1.16777216",
        "\uff11.2.3.4",
        "fd00::\u0661"
      })
  void leavesAnyOtherTextAsItIs(String text) {
    assertThat(IpAddress.canonical(text)).isEqualTo(text);
    assertThat(IpAddress.isLiteral(text)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.1", "10.0.1", "1"})
  void aShortAddressIsNoWholeOne(String text) {
    assertThat(IpAddress.isLiteral(text)).isFalse();
  }

  @Test
  void keepsAZoneButComparesWithoutIt() {
    assertThat(IpAddress.canonical("FE80:0::1%eth0")).isEqualTo("fe80::1%eth0");
    assertThat(IpAddress.isLiteral("fe80::1%eth0")).isTrue();
    assertThat(IpAddress.same("fe80::1%eth0", "fe80:0:0:0:0:0:0:1%br-1")).isTrue();
    assertThat(IpAddress.same("fe80::1%eth0", "fe80::2%eth0")).isFalse();
  }

  @Test
  void comparesAddressesAndNames() {
    assertThat(IpAddress.same("::ffff:10.0.0.1", "10.0.0.1")).isTrue();
    assertThat(IpAddress.same("::10.0.0.1", "10.0.0.1")).isFalse();
    assertThat(IpAddress.same("fd00::a", "fd00::b")).isFalse();
    assertThat(IpAddress.same("Redis.Example", "redis.example")).isTrue();
    assertThat(IpAddress.same("redis.example", "fd00::a")).isFalse();
  }

  /** Java's parser is the model: all spellings of a random address yield the same bytes. */
  @Test
  void readsWhatJavaReadsInEverySpelling() throws Exception {
    RandomGenerator random = Seed.random("IpAddressTest");
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(8) == 0 ? 4 : 16];
      random.nextBytes(bytes);
      for (int at = 0; at < bytes.length; at += 2) {
        if (random.nextInt(3) > 0) {
          bytes[at] = 0;
          bytes[at + 1] = (byte) (random.nextInt(2) * random.nextInt(256));
        }
      }
      String canonical = IpAddress.format(bytes);
      String java = InetAddress.getByAddress(bytes).getHostAddress();
      assertThat(InetAddress.ofLiteral(canonical)).isEqualTo(InetAddress.getByAddress(bytes));
      assertThat(IpAddress.canonical(canonical)).isEqualTo(canonical);
      assertThat(IpAddress.canonical(spelled(bytes, random))).isEqualTo(canonical);
      assertThat(IpAddress.same(java, canonical)).isTrue();
      if (!canonical.contains("::")) {
        assertThat(canonical).doesNotContainPattern("(^|:)0:0(:|$)");
      }
    }
  }

  private static String spelled(byte[] bytes, RandomGenerator random) {
    if (bytes.length == 4) {
      return (bytes[0] & 0xff)
          + "."
          + (bytes[1] & 0xff)
          + "."
          + (bytes[2] & 0xff)
          + "."
          + (bytes[3] & 0xff);
    }
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < 16; at += 2) {
      int group = (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
      String digits = random.nextBoolean() ? "%04x" : "%x";
      text.append(at == 0 ? "" : ":").append(String.format(Locale.ROOT, digits, group));
    }
    String full = text.toString();
    return random.nextBoolean() ? full.toUpperCase(Locale.ROOT) : full;
  }
}
