package io.redoubt.server.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.Threads;
import java.nio.file.Files;
import java.nio.file.Path;
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
    return new SavedLines(new OsDisk(), threads, Log.silent(Clock.system()), "writer", "the lines");
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
  void aFileThatDoesNotExistHasNoLines() throws Exception {
    assertThat(lines(Threads.ofSystem()).read(folder.resolve("none"))).isEmpty();
  }
}
