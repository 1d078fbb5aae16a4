package io.redoubt.protocol.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecimalsTest {
  @ParameterizedTest
  @CsvSource({
    "0, 2, 0.00",
    "0.004, 2, 0.00",
    "0.005, 2, 0.01",
    "0.01, 2, 0.01",
    "0.1, 6, 0.100000",
    "0.000001, 6, 0.000001",
    "0.999, 2, 1.00",
    "12.5, 1, 12.5",
    "-1.25, 2, -1.25",
    "-0.07, 3, -0.070",
    "123456789.125, 3, 123456789.125",
    "1e18, 2, 1000000000000000000.00",
    "Infinity, 2, Infinity",
    "NaN, 2, NaN"
  })
  void formatsWithAFixedNumberOfPlaces(double value, int digits, String text) {
    assertThat(Decimals.format(value, digits)).isEqualTo(text);
  }

  @Test
  void formatsAsFormatStringsDo() {
    Random random = Seed.random("DecimalsTest");
    for (int i = 0; i < 2000; i++) {
      int digits = 1 + random.nextInt(6);
      double value = random.nextInt(2_000_000) / 7.0 * Math.pow(10, random.nextInt(7) - 3);
      assertThat(Decimals.format(value, digits))
          .isEqualTo(String.format(Locale.ROOT, "%." + digits + "f", value));
    }
  }
}
