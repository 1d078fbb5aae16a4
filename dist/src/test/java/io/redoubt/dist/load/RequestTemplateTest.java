package io.redoubt.dist.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RequestTemplateTest {
  private static String text(ByteBuffer buffer) {
    return ISO_8859_1.decode(buffer.duplicate()).toString();
  }

  @Test
  void eachRequestOfAPipelineGetsItsOwnNumbers() {
    byte[][] arguments = {"GET".getBytes(ISO_8859_1), "k:__rand_int__".getBytes(ISO_8859_1)};
    RequestTemplate template = RequestTemplate.of(arguments, 2);
    ByteBuffer buffer = template.buffer();
    String literal = "*2\r\n$3\r\nGET\r\n$14\r\nk:__rand_int__\r\n";
    assertThat(text(buffer)).isEqualTo(literal + literal);
    template.randomize(buffer, Seed.splittable(1), 1_000_000_000);
    String[] requests = text(buffer).split("\\*2\r\n", -1);
    assertThat(requests).hasSize(3);
    assertThat(requests[1]).matches("\\$3\r\nGET\r\n\\$14\r\nk:000[0-9]{9}\r\n");
    assertThat(requests[2]).isNotEqualTo(requests[1]);
  }

  @Test
  void numbersStayBelowTheLimit() {
    RequestTemplate template =
        RequestTemplate.ofEncoded("PING __rand_int__\r\n".getBytes(ISO_8859_1), 1);
    ByteBuffer buffer = template.buffer();
    SplittableRandom random = Seed.splittable(1);
    for (int i = 0; i < 100; i++) {
      template.randomize(buffer, random, 3);
      assertThat(text(buffer)).matches("PING 00000000000[012]\r\n");
    }
    template.randomize(buffer, random, 0);
    assertThat(text(buffer)).isEqualTo("PING 000000000000\r\n");
  }
}
