package io.redoubt.server.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.protocol.Seed;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.loading.LoadRule;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionFull;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Snapshots without memory: they fail, and keyspace and later snapshots are unharmed. */
@Isolated // it limits the memory of the whole process
final class SnapshotMemoryTest {
  private static final LoadRule KEEP_ALL = new LoadRule(false, false, true);
  private static final int DATABASES = 2;
  private static final int KEYS = 40;

  @TempDir private Path directory;
  private final Random random = Seed.random("SnapshotMemoryTest");
  private final Map<String, Supplier<String>> info = new HashMap<>();
  private final Deque<long[]> taken = new ArrayDeque<>();
  private SnapshotFixture fixture;
  private Snapshots snapshots;

  @BeforeEach
  void open() {
    fixture = new SnapshotFixture(directory);
    fixture.version = RdbFormat.NEWEST_VERSION; // older versions lose some details of streams
    fixture.largeElements = 50;
    fixture.clock.stepNanos = 130_000; // two steps a slice
    snapshots = fixture.snapshots;
    snapshots.declareInfo((name, value) -> {}, info::put);
  }

  @AfterEach
  void close() {
    giveBack();
    fixture.close(); // finds leaked memory
  }

  /** Takes all remaining memory. */
  private void exhaust() {
    Region.limit(0);
    for (long size = 1 << 20; size >= 8; size /= 2) {
      try {
        while (true) {
          taken.push(new long[] {fixture.slabs.allocateFar(size), size});
        }
      } catch (RegionFull full) {
        // smaller blocks may be left
      }
    }
  }

  private void giveBack() {
    Region.limit(Long.MAX_VALUE);
    while (!taken.isEmpty()) {
      long[] block = taken.pop();
      fixture.slabs.free(block[0], block[1]);
    }
  }

  private void savesAfterwards() throws Exception {
    Map<String, SnapshotFixture.Value> contents = fixture.contents();
    assertThat(snapshots.saveInBackground(false)).isEqualTo(SaveOutcome.STARTED);
    fixture.turns.turnUntil(() -> !snapshots.isRunning());
    assertThat(info.get("rdb_last_bgsave_status").get()).isEqualTo("ok");
    assertThat(SnapshotFixture.load(fixture.file(), KEEP_ALL)).isEqualTo(contents);
  }

  /** A sink that records its end. */
  private static final class Sink implements SnapshotSink {
    private final List<String> ends = new ArrayList<>();

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void bytes(MemorySegment memory, long offset, long length) {}

    @Override
    public void onComplete() {
      ends.add("complete");
    }

    @Override
    public void onFailure() {
      ends.add("failed");
    }
  }

  @Test
  void aSaveFailsWithoutAThread() throws Exception {
    fixture.set(0, "key", "value", -1);
    fixture.threadsFail = true;
    assertThat(snapshots.saveInBackground(false)).isEqualTo(SaveOutcome.FAILED);
    assertThat(snapshots.isRunning()).isFalse();
    assertThat(info.get("rdb_last_bgsave_status").get()).isEqualTo("err");
    fixture.threadsFail = false;
    savesAfterwards();
  }

  @Test
  void replicasAreToldIfTheSnapshotGetsNoThread() throws Exception {
    Sink sink = new Sink();
    fixture.threadsFail = true;
    assertThat(snapshots.sendTo(List.of(sink), true)).isTrue();
    assertThat(sink.ends).containsExactly("failed");
    assertThat(snapshots.isRunning()).isFalse();
    fixture.threadsFail = false;
    savesAfterwards();
  }

  @Test
  void anAofBaseFailsWithoutAThread() throws Exception {
    List<String> ends = new ArrayList<>();
    fixture.threadsFail = true;
    assertThat(
            snapshots.saveFor(
                List.of(), failure -> ends.add(failure == null ? "complete" : "failed")))
        .isTrue();
    assertThat(ends).containsExactly("failed");
    fixture.threadsFail = false;
    savesAfterwards();
  }

  @Test
  void aRemovalSucceedsWithoutMemoryForItsPreImage() throws Exception {
    LargeChanges changes = new LargeChanges(fixture, random);
    int failed = 0;
    for (int round = 0; round < 8; round++) {
      fill(changes);
      assertThat(snapshots.saveInBackground(false)).isEqualTo(SaveOutcome.STARTED);
      for (int i = random.nextInt(4); i > 0; i--) {
        fixture.turns.turn();
      }
      exhaust();
      removeSome();
      giveBack();
      fixture.turns.turnUntil(() -> !snapshots.isRunning());
      failed += info.get("rdb_last_bgsave_status").get().equals("err") ? 1 : 0;
      while (fixture.keyspace.freeSome(1000) > 0) {
        continue;
      }
      savesAfterwards();
    }
    assertThat(failed).isPositive();
  }

  private void fill(LargeChanges changes) {
    Type[] types = Type.values();
    for (int i = 0; i < KEYS; i++) {
      int database = random.nextInt(DATABASES);
      if (fixture.find(database, "key:" + i) == 0) {
        Type type = types[random.nextInt(types.length)];
        changes.make(fixture.keyspace.database(database), "key:" + i, type);
      }
    }
  }

  private void removeSome() {
    for (int database = 0; database < DATABASES; database++) {
      for (int i = 0; i < KEYS; i++) {
        String key = "key:" + i;
        if (random.nextInt(3) == 0) {
          fixture.delete(database, key);
        }
      }
    }
  }
}
