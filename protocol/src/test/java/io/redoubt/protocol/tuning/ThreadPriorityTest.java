package io.redoubt.protocol.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class ThreadPriorityTest {

  /** Returns the nice value, field 19 of stat in proc(5); field 2 ends at the last parenthesis. */
  private static int nice() {
    try {
      String stat = Files.readString(Path.of("/proc/thread-self/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return Integer.parseInt(fields[16]);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the line about the time slice in a thread's sched file; empty if there is none. */
  private static String slice(Path thread) {
    try (Stream<String> lines = Files.lines(thread.resolve("sched"))) {
      return lines.filter(line -> line.startsWith("se.slice")).findFirst().orElse("");
    } catch (IOException e) {
      return "";
    }
  }

  private static String slice() {
    return slice(Path.of("/proc/thread-self"));
  }

  @Test
  void shortensSlicesOfTheCallingThreadOnly() throws InterruptedException {
    String before = slice();
    assumeTrue(!before.isEmpty(), "this kernel does not support time slices");
    AtomicReference<String> other = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              ThreadPriority.shortenTimeSlices();
              other.set(slice());
            });
    thread.join();
    assertThat(other.get()).endsWith(" 100000");
    assertThat(slice()).isEqualTo(before).isNotEqualTo(other.get());
  }

  @Test
  void lowersPriorityOfTheCallingThreadOnly() throws InterruptedException {
    int before = nice();
    String slice = slice();
    AtomicReference<Integer> other = new AtomicReference<>();
    AtomicReference<String> othersSlice = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              ThreadPriority.lowerPriority();
              other.set(nice());
              othersSlice.set(slice());
            });
    thread.join();
    assertThat(other.get()).isGreaterThan(before);
    assertThat(nice()).isEqualTo(before);
    assertThat(slice()).isEqualTo(slice);
    assertThat(othersSlice.get()).matches(text -> slice.isEmpty() || text.endsWith(" 100000"));
  }

  @Test
  void leavesTheCarrierOfAVirtualThread() throws InterruptedException {
    AtomicReference<Boolean> lowered = new AtomicReference<>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              int before = nice();
              ThreadPriority.lowerPriority();
              lowered.set(nice() > before);
            });
    thread.join();
    assertThat(lowered.get()).isFalse();
  }
}
