package io.redoubt.server.execution.monitoring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.Invocation;
import io.redoubt.protocol.command.KeyFlag;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.execution.monitoring.HotKeys.Hot;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class HotKeysTest {
  private static final int COMMANDS = 400_000;

  /** A command with keys. */
  private static final class Sample extends CommandGroup<Invocation> {
    final Command<Invocation> mget =
        command("MGET key...").keys(KeyFlag.RO, KeyFlag.ACCESS).runs(call -> call.reply().nil());

    Sample() {
      super(Group.STRING);
    }
  }

  private final RandomGenerator random = Seed.random("HotKeysTest");
  private final HotKeys keys = new HotKeys(random);
  private final Command<Invocation> mget = new Sample().mget;

  @BeforeEach
  void turnOn() {
    keys.turn(true);
  }

  private void run(int database, String... names) {
    String[] words = new String[names.length + 1];
    words[0] = "MGET";
    System.arraycopy(names, 0, words, 1, names.length);
    keys.runs(database, mget, Request.of(words));
  }

  private static String name(Hot hot) {
    return new String(hot.name(), UTF_8);
  }

  @Test
  void findsKeysWithALargeShareAmongManyOthers() {
    for (int i = 0; i < COMMANDS; i++) {
      int at = random.nextInt(10);
      run(0, at < 3 ? "hot" : at < 4 ? "warm" : "key:" + random.nextInt(1_000_000));
    }
    List<Hot> found = keys.hottest(10);
    assertThat(found).extracting(HotKeysTest::name).containsExactly("hot", "warm");
    assertThat(found.get(0).share()).isCloseTo(0.3, within(0.05));
    assertThat(found.get(1).share()).isCloseTo(0.1, within(0.05));
    assertThat(found.get(0).command()).isEqualTo("mget");
  }

  @Test
  void findsNothingIfAllKeysAreAlike() {
    for (int i = 0; i < COMMANDS; i++) {
      run(0, "key:" + random.nextInt(1_000_000));
    }
    assertThat(keys.hottest(10)).isEmpty();
  }

  @Test
  void tellsDatabasesAndLongNamesApart() {
    String prefix = "x".repeat(2 * HotKeys.MAX_NAME_BYTES);
    for (int i = 0; i < 10_000; i++) {
      run(0, "key");
      run(1, "key");
      run(2, prefix);
      run(2, prefix + "y");
    }
    List<Hot> found = keys.hottest(10);
    assertThat(found).hasSize(4).allSatisfy(hot -> assertThat(hot.share()).isBetween(0.15, 0.35));
    assertThat(found).extracting(Hot::database).containsExactlyInAnyOrder(0, 1, 2, 2);
    assertThat(found)
        .allSatisfy(
            hot -> assertThat(hot.name().length).isLessThanOrEqualTo(HotKeys.MAX_NAME_BYTES));
  }

  @Test
  void countsAllKeysOfACommand() {
    for (int i = 0; i < 10_000; i++) {
      run(0, "a", "b");
    }
    assertThat(keys.hottest(1)).hasSize(1);
    assertThat(keys.hottest(10)).extracting(HotKeysTest::name).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void forgetsWithTime() {
    for (int i = 0; i < 10_000; i++) {
      run(0, "past");
    }
    for (int second = 0; second < 60; second++) {
      keys.fade();
    }
    assertThat(keys.hottest(10)).isEmpty();
    keys.turn(false);
    keys.turn(true);
    assertThat(keys.hottest(10)).isEmpty();
  }
}
