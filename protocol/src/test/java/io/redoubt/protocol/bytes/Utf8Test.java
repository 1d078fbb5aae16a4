package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class Utf8Test {
  @Test
  void decodesText() {
    String text = "aé漢😀\u0000";
    assertThat(Utf8.decode(text.getBytes(UTF_8))).isEqualTo(text);
    assertThat(Utf8.encode(text)).isEqualTo(text.getBytes(UTF_8));
  }

  @Test
  void roundTripsAnyBytes() {
    Random random = Seed.random("Utf8Test");
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(8)];
      random.nextBytes(bytes);
      assertThat(Utf8.encode(Utf8.decode(bytes))).isEqualTo(bytes);
    }
  }

  @Test
  void malformedBytesBecomeLoneSurrogates() {
    assertThat(Utf8.decode(new byte[] {'a', (byte) 0xff, 'b'})).isEqualTo("a\uDCFFb");
  }
}
