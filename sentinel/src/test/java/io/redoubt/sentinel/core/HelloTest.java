package io.redoubt.sentinel.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HelloTest {
  private static final String TEXT = "10.0.1.1,26379,abc,3,mymaster,10.0.0.1,6379,2";

  @Test
  void readsWhatItWrites() {
    Hello hello = Hello.parse(TEXT);
    assertThat(hello)
        .isEqualTo(
            new Hello(
                new Address("10.0.1.1", 26379),
                "abc",
                3,
                "mymaster",
                new Address("10.0.0.1", 6379),
                2));
    assertThat(hello == null ? "" : hello.format()).isEqualTo(TEXT);
  }

  @Test
  void refusesWhatIsNone() {
    assertThat(Hello.parse("")).isNull();
    assertThat(Hello.parse(TEXT + ",more")).isNull();
    assertThat(Hello.parse(TEXT.replace("26379", "0"))).isNull();
    assertThat(Hello.parse(TEXT.replace("6379,2", "x,2"))).isNull();
  }
}
