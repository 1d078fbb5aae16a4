package io.redoubt.protocol.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlainTextTest {
  @Test
  void returnsCleanTextsAsTheyAre() {
    String text = "é #:=, \ud83d\ude00 日本";
    assertThat(PlainText.of(text)).isSameAs(text);
    ByteString bytes = ByteString.of("é\u2028");
    assertThat(PlainText.of(bytes)).isSameAs(bytes);
  }

  @Test
  void replacesControlCharactersAndSeparators() {
    assertThat(PlainText.of("\0a\r\nb\tc\u007f\u0085\u2028\u2029")).isEqualTo("_a__b_c____");
    assertThat(PlainText.of("a:b#c,d", "#:")).isEqualTo("a_b_c,d");
    assertThat(PlainText.of(ByteString.of("é\n\u007f"))).isEqualTo(ByteString.of("é__"));
  }
}
