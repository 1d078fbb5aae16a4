package io.redoubt.protocol.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class LabelsTest {
  private static Map<String, String> parsed(String labels) {
    Map<String, String> parsed = new LinkedHashMap<>();
    Labels.forEach(labels, parsed::put);
    return parsed;
  }

  @Test
  void readsWhatItWrites() {
    assertThat(parsed(Labels.NONE)).isEmpty();
    assertThat(parsed(Labels.of("a", ""))).containsExactly(Map.entry("a", ""));
    assertThat(parsed(Labels.of("a", "x=\"1\",y\\") + ',' + Labels.of("b", "\\\"")))
        .containsExactly(Map.entry("a", "x=\"1\",y\\"), Map.entry("b", "\\\""));
  }

  @Test
  void readsRandomLabels() {
    Random random = Seed.random("LabelsTest");
    String characters = "ab\\\",={} \u00e9\u20ac";
    for (int i = 0; i < 1000; i++) {
      Map<String, String> labels = new LinkedHashMap<>();
      String[] words = new String[2 * random.nextInt(4)];
      for (int k = 0; k < words.length; k += 2) {
        StringBuilder value = new StringBuilder();
        for (int length = random.nextInt(8); length > 0; length--) {
          value.append(characters.charAt(random.nextInt(characters.length())));
        }
        words[k] = "name" + k;
        words[k + 1] = value.toString();
        labels.put(words[k], words[k + 1]);
      }
      assertThat(parsed(Labels.of(words))).isEqualTo(labels);
    }
  }
}
