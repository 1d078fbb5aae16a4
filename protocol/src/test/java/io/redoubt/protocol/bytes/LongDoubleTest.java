package io.redoubt.protocol.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expects the sums that redis-server 7.0.15 replied to INCRBYFLOAT on x86-64. */
class LongDoubleTest {

  private static LongDouble number(String text) {
    LongDouble number = LongDouble.parse(text);
    assertThat(number).as(text).isNotNull();
    return number;
  }

  @ParameterizedTest
  @CsvSource({
    "10, 0.1, 10.1",
    "10.1, 1e-17, 10.10000000000000001",
    "10.10000000000000001, 3.0e3, 3010.10000000000000009",
    "3010.10000000000000009, 1e-18, 3010.10000000000000009",
    "3010.10000000000000009, -5.05, 3005.05000000000000004",
    "3005.05000000000000004, 1e10, 10000003005.04999999981373549",
    "10000003005.04999999981373549, 0x10, 10000003021.04999999981373549",
    "5.0e3, 2.0e2, 5200",
    "1, 1e30, 1000000000000000000024696061952",
    "3, -3, 0",
    "0.1, 0.2, 0.3",
    "1, -1.00000000000000000001, 0",
    "0.0000000001, 1e-19, 0.0000000001",
    "17179869184.5, 1.0000001, 17179869185.50000010058283806",
    "-0.0, -0.0, 0",
    "9999999999999999999999999999999999999999999999.5, 1,"
        + " 10000000000000000000103862539808818204560588800",
    "0x1.8p1, 0x.8, 3.5",
    "-1.5, -1.5, -3",
    "1e-4940, 1, 1",
    "1e-4950, 1, 1"
  })
  void addsAsTheProcessorDoes(String one, String other, String sum) {
    LongDouble added = number(one).add(number(other));
    assertThat(added.toString()).isEqualTo(sum);
  }

  @Test
  void printsHugeNumbersInFull() {
    String printed = LongDouble.of(0).add(number("1e4000")).toString();
    assertThat(printed).hasSize(4000).startsWith("9999999999999999999965463873099623784932492583");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nan",
        "1 ",
        " 1",
        "1e5000",
        "-1e5000",
        "1e-5000",
        "1e-4951",
        "1e99999999999",
        "0x1p99999",
        "0x1p9999999999",
        "abc",
        "1.19e4932"
      })
  void refusesNonNumbersAndOverflow(String text) {
    assertThat(LongDouble.parse(text)).isNull();
  }

  @Test
  void recognizesInfinity() {
    LongDouble most = number("1.18e4932");
    assertThat(most.isFinite()).isTrue();
    assertThat(most.add(most).isFinite()).isFalse();
    assertThat(number("inf").isFinite()).isFalse();
    assertThat(number("-inf").add(LongDouble.of(1)).isFinite()).isFalse();
  }
}
