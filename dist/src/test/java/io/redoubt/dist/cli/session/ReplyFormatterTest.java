package io.redoubt.dist.cli.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.resp.Reply;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReplyFormatterTest {
  private static final Reply ONE = new Reply.Integer(1);

  private static Reply bulk(String text) {
    return new Reply.Bulk(text.getBytes(UTF_8));
  }

  private static String format(OutputForm form, Reply reply) {
    return new ReplyFormatter(form, "\n", "\n").format(reply, false);
  }

  @Test
  void numbersAreAlignedWithinNestedArrays() {
    Reply inner = new Reply.Array(Collections.nCopies(10, ONE));
    String text = format(OutputForm.STANDARD, new Reply.Array(List.of(inner, bulk("x"))));
    assertThat(text.lines())
        .hasSize(11)
        .startsWith("1)  1) (integer) 1", "    2) (integer) 1")
        .endsWith("   10) (integer) 1", "2) \"x\"");
  }

  @Test
  void mapsShowNameAndValueOnALine() {
    Reply map = new Reply.Map(List.of(bulk("k")), List.of(new Reply.Array(List.of(ONE, ONE))));
    assertThat(format(OutputForm.STANDARD, map))
        .isEqualTo("1# \"k\" => \n   1) (integer) 1\n   2) (integer) 1\n");
    assertThat(format(OutputForm.CSV, map)).isEqualTo("\"k\",1,1\n");
    assertThat(format(OutputForm.JSON, map)).isEqualTo("{\"k\":[1,1]}\n");
    assertThat(format(OutputForm.RAW, map)).isEqualTo("k 1\n1\n");
  }

  @Test
  void numbersAreNamesInJson() {
    Reply map = new Reply.Map(List.of(ONE), List.of(new Reply.Null()));
    assertThat(format(OutputForm.JSON, map)).isEqualTo("{\"1\":null}\n");
  }

  @Test
  void jsonEscapesControlCharacters() {
    assertThat(format(OutputForm.JSON, bulk("\u0001\"\n"))).isEqualTo("\"\\u0001\\\"\\n\"\n");
    assertThat(format(OutputForm.QUOTED_JSON, bulk("\u0001\""))).isEqualTo("\"\\\\x01\\\\\\\"\"\n");
  }

  @Test
  void bigNumbersArePrinted() {
    Reply number = new Reply.BigNumber("123456789012345678901234567890");
    for (OutputForm form : OutputForm.values()) {
      assertThat(format(form, number)).isEqualTo("123456789012345678901234567890\n");
    }
  }

  @Test
  void reportsAreNeverQuoted() {
    ReplyFormatter csv = new ReplyFormatter(OutputForm.CSV, "\n", "\n");
    assertThat(csv.format(bulk("# Server\r\n"), true)).isEqualTo("# Server\r\n");
  }

  @Test
  void formatsLongValuesInPieces() {
    byte[] bytes = new byte[200_001];
    Seed.from(1).nextBytes(bytes);
    List<String> pieces = new ArrayList<>();
    new ReplyFormatter(OutputForm.STANDARD, "\n", "\n")
        .print(new Reply.Bulk(bytes), false, pieces::add);
    assertThat(pieces).hasSizeGreaterThan(2);
    assertThat(String.join("", pieces)).isEqualTo(Quoting.quote(bytes) + "\n");
    assertThat(format(OutputForm.RAW, new Reply.Bulk(bytes)))
        .isEqualTo(new String(bytes, ISO_8859_1) + "\n");
  }
}
