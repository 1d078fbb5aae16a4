package io.redoubt.server.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Slabs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot of nothing that matters, to nowhere. */
class RehearsalTest {

  @TempDir Path directory;

  @Test
  void runsAndLeavesNothingBehind() throws InterruptedException, IOException {
    try (Bench bench = new Bench(directory)) {
      bench.set(0, "key", "value", -1);
      bench.largeElements = Rehearsal.LARGE_ELEMENTS;
      long saved = new Rehearsal(bench.context, bench).snapshot(Slabs.checking());
      assertThat(saved).isEqualTo(RehearsalData.ELEMENTS + Type.values().length);
      assertThat(bench.contents()).containsOnlyKeys("0/key");
    }
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).isEmpty();
    }
  }
}
