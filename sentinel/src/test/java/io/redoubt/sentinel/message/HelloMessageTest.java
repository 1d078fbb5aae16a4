package io.redoubt.sentinel.message;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelloMessageTest {
  private static final String ID = "f13cf218665276fca68656336704e0d90a8571b9";
  private static final String TEXT = "10.0.1.1,26379," + ID + ",3,mymaster,10.0.0.1,6379,2";

  @Test
  void readsWhatItWrites() {
    HelloMessage hello = HelloMessage.parse(TEXT, false);
    assertThat(hello)
        .isEqualTo(
            new HelloMessage(
                new Address("10.0.1.1", 26379),
                ID,
                3,
                "mymaster",
                new Address("10.0.0.1", 6379),
                2));
    assertThat(hello == null ? "" : hello.format()).isEqualTo(TEXT);
  }

  @Test
  void refusesAnotherNumberOfFields() {
    assertThat(HelloMessage.parse("", false)).isNull();
    assertThat(HelloMessage.parse(TEXT + ",more", false)).isNull();
    assertThat(HelloMessage.parse(TEXT.substring(0, TEXT.lastIndexOf(',')), false)).isNull();
    assertThat(HelloMessage.parse(TEXT.replace("mymaster", "m".repeat(1024)), false)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-1", "65536", "4294993675", "x", "+26379", " 26379", "26379 "})
  void refusesAnInvalidPort(String port) {
    assertThat(HelloMessage.parse(TEXT.replace("26379", port), false)).isNull();
    assertThat(HelloMessage.parse(TEXT.replace(",6379,", "," + port + ","), false)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "10.0.1.1 ", "[::1]", "a b", "a\"b", "a\nb", "a\0b"})
  void refusesAnInvalidHost(String host) {
    assertThat(HelloMessage.parse(TEXT.replace("10.0.1.1", host), true)).isNull();
    assertThat(HelloMessage.parse(TEXT.replace("10.0.0.1", host), true)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"::1", "fe80::1%eth0", "1:2:3:4:5:6:7:8", "::ffff:10.0.0.1"})
  void takesIpv6(String host) {
    assertThat(HelloMessage.parse(TEXT.replace("10.0.1.1", host), false)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.1", "10.0.1.256", "10.0.1.01", ":::", "1:2:3", "::1::2", "12345::"})
  void refusesAnIncompleteAddress(String host) {
    assertThat(HelloMessage.parse(TEXT.replace("10.0.1.1", host), false)).isNull();
  }

  @Test
  void takesNamesOnlyWhereTheyAreResolved() {
    String named = TEXT.replace("10.0.0.1", "redis-0.example");
    assertThat(HelloMessage.parse(named, false)).isNull();
    assertThat(HelloMessage.parse(named, true)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "abc", "f13cf218665276fca68656336704e0d90a8571b9f"})
  void refusesAnIdOfAnotherLength(String id) {
    assertThat(HelloMessage.parse(TEXT.replace(ID, id), false)).isNull();
    assertThat(HelloMessage.parse(TEXT.replace(ID, ID.replace('f', '\n')), false)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "x", "1e3", "9223372036854775807", "18446744073709551615"})
  void refusesAnEpochWithoutASuccessor(String epoch) {
    assertThat(HelloMessage.parse(TEXT.replace(",3,", "," + epoch + ","), false)).isNull();
    assertThat(HelloMessage.parse(TEXT.replaceAll("2$", epoch), false)).isNull();
  }
}
