package io.redoubt.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class ThreadPriorityTest {

  /** The nineteenth field of proc(5)'s stat; the second one ends with the last bracket. */
  private static int nice() {
    try {
      String stat = Files.readString(Path.of("/proc/thread-self/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return Integer.parseInt(fields[16]);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The line of a thread's sched in /proc about the length of turns; empty where there is none. */
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

  /** Those of this process's threads that compile. */
  private static List<Path> compilers() throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
      return threads.filter(ThreadPriorityTest::compiles).toList();
    }
  }

  private static boolean compiles(Path thread) {
    try {
      return Files.readString(thread.resolve("comm")).matches("C[12] Compiler.*\\s*");
    } catch (IOException e) {
      return false; // it has just ended
    }
  }

  @Test
  void theCompilersTakeShortTurns() throws IOException {
    assumeTrue(!slice().isEmpty(), "this kernel does not tell, or has no such turns");
    ThreadPriority.compilersTakeShortTurns();
    assertThat(compilers()).isNotEmpty().allMatch(thread -> slice(thread).endsWith(" 100000"));
  }

  @Test
  void aThreadThatTakesShortTurnsDoesSoAlone() throws InterruptedException {
    String before = slice();
    assumeTrue(!before.isEmpty(), "this kernel does not tell, or has no such turns");
    AtomicReference<String> other = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              ThreadPriority.takeShortTurns();
              other.set(slice());
            });
    thread.join();
    assertThat(other.get()).endsWith(" 100000");
    assertThat(slice()).isEqualTo(before).isNotEqualTo(other.get());
  }

  @Test
  void aThreadThatStepsBackDoesSoAlone() throws InterruptedException {
    int before = nice();
    String turns = slice();
    AtomicReference<Integer> other = new AtomicReference<>();
    AtomicReference<String> othersTurns = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              ThreadPriority.stepBack();
              other.set(nice());
              othersTurns.set(slice());
            });
    thread.join();
    assertThat(other.get()).isGreaterThan(before);
    assertThat(nice()).isEqualTo(before);
    assertThat(slice()).isEqualTo(turns);
    assertThat(othersTurns.get()).matches(text -> turns.isEmpty() || text.endsWith(" 100000"));
  }
}
