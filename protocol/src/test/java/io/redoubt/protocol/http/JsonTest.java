package io.redoubt.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class JsonTest {
  @Test
  void writesObjectsArraysAndEscapes() {
    String text =
        new Json()
            .object()
            .member("a", "x\"\\\n\u2028</script>\ud800")
            .member("b", 7)
            .decimal("c", 1.5)
            .decimal("d", Double.NaN)
            .array("e")
            .object()
            .member("f", true)
            .endObject()
            .element("g")
            .endArray()
            .object("h")
            .endObject()
            .member("i", 1)
            .endObject()
            .toString();
    assertThat(text)
        .isEqualTo(
            "{\"a\":\"x\\\"\\\\__</script>\\ud800\",\"b\":7,\"c\":1.500,\"d\":0,"
                + "\"e\":[{\"f\":true},\"g\"],\"h\":{},\"i\":1}");
  }
}
