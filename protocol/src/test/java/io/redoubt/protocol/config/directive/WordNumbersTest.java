package io.redoubt.protocol.config.directive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WordNumbersTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "+5, 5",
    "-5, -5",
    "007, 7",
    "99999999999999999999, 9223372036854775807",
    "-99999999999999999999, -9223372036854775808"
  })
  void parsesListsLeniently(String word, long value) throws RefusedValue {
    assertThat(WordNumbers.lenient(word, "no")).isEqualTo(value);
  }

  @Test
  void takesAnEmptyWordInAListFor0() throws RefusedValue {
    assertThat(WordNumbers.lenient("", "no")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"+", "-", "+-5", "5x", " 5", "5 ", "1.5", "0x10", "٣"})
  void refusesWhatIsNoInteger(String word) {
    assertThatThrownBy(() -> WordNumbers.lenient(word, "no"))
        .isInstanceOf(RefusedValue.class)
        .hasMessage("no");
  }
}
