package io.redoubt.embedded.simulation;

import static io.redoubt.embedded.simulation.RegisterChecker.NEVER;
import static io.redoubt.embedded.simulation.RegisterChecker.Operation.read;
import static io.redoubt.embedded.simulation.RegisterChecker.Operation.swap;
import static io.redoubt.embedded.simulation.RegisterChecker.Operation.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.embedded.simulation.RegisterChecker.Operation;
import io.redoubt.protocol.Seed;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RegisterCheckerTest {
  private static boolean isLinearizable(Operation... history) {
    return RegisterChecker.violation(List.of(history)) == null;
  }

  @Test
  void acceptsASequence() {
    assertThat(isLinearizable()).isTrue();
    assertThat(isLinearizable(read(1, 2, null), write(3, 4, "a"), read(5, 6, "a"))).isTrue();
    assertThat(isLinearizable(write(1, 2, "a"), swap(3, 4, "b", "a"), read(5, 6, "b"))).isTrue();
  }

  @Test
  void refusesAStaleRead() {
    assertThat(isLinearizable(write(1, 2, "a"), write(3, 4, "b"), read(5, 6, "a"))).isFalse();
    assertThat(isLinearizable(write(1, 2, "a"), read(3, 4, null))).isFalse();
  }

  @Test
  void refusesALostWriteAndAnInventedValue() {
    assertThat(isLinearizable(write(1, 2, "a"), swap(3, 4, "b", null))).isFalse();
    assertThat(isLinearizable(read(1, 2, "x"))).isFalse();
  }

  @Test
  void letsConcurrentOperationsTakeEffectInAnyOrder() {
    assertThat(isLinearizable(write(1, 10, "a"), read(2, 3, "a"), read(4, 5, "a"))).isTrue();
    assertThat(isLinearizable(write(1, 10, "a"), read(2, 3, null), read(4, 5, "a"))).isTrue();
    assertThat(isLinearizable(write(1, 10, "a"), read(2, 3, "a"), read(4, 5, null))).isFalse();
    assertThat(isLinearizable(write(1, 10, "a"), write(2, 9, "b"), read(11, 12, "a"))).isTrue();
    assertThat(
            isLinearizable(
                write(1, 10, "a"), write(2, 9, "b"), read(11, 12, "a"), read(13, 14, "b")))
        .isFalse();
    assertThat(isLinearizable(swap(1, 10, "a", "b"), swap(2, 9, "b", "a"))).isFalse();
  }

  @Test
  void letsAnUnknownOutcomeTakeEffectLateOrNever() {
    assertThat(isLinearizable(write(1, NEVER, "a"), read(2, 3, null))).isTrue();
    assertThat(isLinearizable(write(1, NEVER, "a"), read(2, 3, null), read(4, 5, "a"))).isTrue();
    assertThat(isLinearizable(write(1, NEVER, "a"), write(2, 3, "b"), read(4, 5, "a"))).isTrue();
    assertThat(isLinearizable(write(1, NEVER, "a"), read(2, 3, "a"), read(4, 5, null))).isFalse();
    assertThat(isLinearizable(read(1, 2, "a"), write(3, NEVER, "a"))).isFalse();
  }

  /** Compares with a search through all orders. */
  @Test
  void agreesWithAllOrders() {
    Random random = Seed.random("RegisterCheckerTest");
    int linearizable = 0;
    for (int round = 0; round < 3000; round++) {
      List<Operation> history = history(random);
      boolean expected = someOrderFits(history, null);
      linearizable += expected ? 1 : 0;
      assertThat(RegisterChecker.violation(history) == null).as("%s", history).isEqualTo(expected);
    }
    assertThat(linearizable).isBetween(300, 2700);
  }

  private static List<Operation> history(Random random) {
    int count = 1 + random.nextInt(6);
    List<Long> times = new ArrayList<>();
    for (long i = 0; i < 2L * count; i++) {
      times.add(i);
    }
    Collections.shuffle(times, random);
    List<Operation> history = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long one = times.get(2 * i);
      long other = times.get(2 * i + 1);
      boolean unknown = random.nextInt(5) == 0;
      String read = random.nextInt(count + 1) == 0 ? null : "v" + random.nextInt(count);
      boolean writes = unknown || random.nextInt(2) == 0;
      boolean reads = !writes || random.nextInt(3) == 0;
      history.add(
          new Operation(
              Math.min(one, other),
              unknown ? NEVER : Math.max(one, other),
              writes,
              writes ? "v" + i : null,
              reads,
              reads ? read : null));
    }
    return history;
  }

  private static boolean someOrderFits(List<Operation> rest, @Nullable String value) {
    if (rest.stream().allMatch(Operation::isUnknown)) {
      return true;
    }
    for (Operation next : rest) {
      boolean inTime = rest.stream().allMatch(each -> each.returned() > next.invoked());
      boolean fits = !next.reads() || next.isUnknown() || Objects.equals(next.read(), value);
      if (inTime && fits) {
        List<Operation> left = new ArrayList<>(rest);
        left.remove(next);
        if (someOrderFits(left, next.writes() ? next.written() : value)) {
          return true;
        }
      }
    }
    return false;
  }
}
