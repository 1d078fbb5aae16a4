package io.redoubt.server.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the tuning directives by CONFIG GET and SET, with requests in between. */
@ServerTest
final class TuningDirectivesTest {
  private final Dialogue redis;

  TuningDirectivesTest(Dialogue redis) {
    this.redis = redis;
  }

  @ParameterizedTest
  @CsvSource({
    "aof-loop-wait-micros, 5000, 0, -1",
    "gathering-micros, 0, 100, 1001",
    "snapshot-loop-percent, 8, 50, 91",
    "full-sync-loop-percent, 25, 1, 0",
    "snapshot-thread-rests, yes, no, maybe"
  })
  void takesValuesWithinBounds(String name, String usual, String other, String refused) {
    expect(name, usual);
    redis.says("CONFIG SET " + name + " " + other, "OK");
    expect(name, other);
    for (int i = 0; i < 600; i++) { // more reads than are evaluated together
      redis.says("PING", "PONG");
    }
    assertThat(redis.reply("CONFIG SET " + name + " " + refused).isError()).isTrue();
    expect(name, other);
    redis.says("CONFIG SET " + name + " " + usual, "OK");
  }

  private void expect(String name, String value) {
    assertThat(redis.reply("CONFIG GET " + name).elements().get(1).text()).isEqualTo(value);
  }
}
