package io.redoubt.server.lifecycle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.persistence.io.FaultDisk;
import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.Threads;
import io.redoubt.server.snapshot.SteppingClock;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks which lines are in the file after writers ran in some order. */
final class SavedLinesTest {
  @TempDir private Path folder;

  /** The tasks of threads that have not run, the newest first. */
  private final Deque<Runnable> waiting = new ArrayDeque<>();

  private SavedLines lines(Threads threads) {
    Clock clock = Clock.system();
    return new SavedLines(new OsDisk(), threads, clock, Log.silent(clock), "writer", "the lines");
  }

  @Test
  void theNewestLinesWinInWhateverOrderTheWritersRun() throws Exception {
    Path file = folder.resolve("lines");
    SavedLines lines =
        lines((name, task) -> {
          waiting.push(task);
          return Thread.ofPlatform().unstarted(() -> {});
        });
    lines.save(file, List.of("a"));
    lines.save(file, List.of("a", "b"));
    lines.save(file, List.of("a", "b", "c"));
    while (!waiting.isEmpty()) {
      waiting.pop().run();
    }
    assertThat(Files.readAllLines(file)).containsExactly("a", "b", "c");
    assertThat(lines.read(file)).startsWith("a", "b", "c");
    lines.close();
  }

  @Test
  void aCloseWaitsForTheWritersThatRun() throws Exception {
    Path file = folder.resolve("lines");
    SavedLines lines = lines(Threads.ofSystem());
    for (int i = 0; i < 20; i++) {
      lines.save(file, List.of("round " + i));
    }
    lines.close();
    assertThat(Files.readAllLines(file)).containsExactly("round 19");
    try (var all = Files.list(folder)) {
      assertThat(all).as("no draft remains").containsExactly(file);
    }
  }

  @Test
  void aFailedWriteIsRepeatedAtMostOnceASecondAndLoggedOnce() throws Exception {
    FaultDisk disk = new FaultDisk(Seed.from(1), folder);
    SteppingClock clock = new SteppingClock();
    clock.stepNanos = 0;
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    Path file = folder.resolve("lines");
    SavedLines lines =
        new SavedLines(
            disk,
            (name, task) -> {
              task.run();
              return Thread.ofPlatform().unstarted(() -> {});
            },
            clock,
            new Log(Clock.system(), ZoneOffset.UTC, 1, output),
            "writer",
            "the lines");
    disk.setRoomBytes(0);
    lines.save(file, List.of("a"));
    long steps = disk.steps();
    assertThat(disk.exists(file)).isFalse();
    clock.stepNanos = 999_000_000; // with each reading
    retry(lines, file);
    assertThat(disk.steps()).as("within a second").isEqualTo(steps);
    clock.stepNanos = 1_000_000;
    retry(lines, file);
    assertThat(disk.steps()).as("on the full disk").isGreaterThan(steps);
    assertThat(disk.exists(file)).isFalse();
    disk.setRoomBytes(1000);
    clock.stepNanos = 1_000_000_000;
    retry(lines, file);
    assertThat(lines.read(file)).startsWith("a");
    steps = disk.steps();
    retry(lines, file);
    assertThat(disk.steps()).as("after a success").isEqualTo(steps);
    assertThat(output.toString(UTF_8))
        .containsOnlyOnce("Can't save the lines to " + file + ": No space left on device")
        .containsOnlyOnce("Saved the lines to " + file);
  }

  /** Retries after the thread of the last write has ended. */
  private static void retry(SavedLines lines, Path file) {
    lines.close();
    lines.retry(file);
  }

  @Test
  void aFolderInPlaceOfTheFileIsNamed() throws Exception {
    Path taken = Files.createDirectory(folder.resolve("taken"));
    assertThatThrownBy(() -> lines(Threads.ofSystem()).read(taken))
        .satisfies(error ->
            assertThat(SystemErrors.textWithFile(error)).isEqualTo(taken + ": Is a directory"));
  }

  @Test
  void aFileThatDoesNotExistHasNoLines() throws Exception {
    assertThat(lines(Threads.ofSystem()).read(folder.resolve("none"))).isEmpty();
  }
}
