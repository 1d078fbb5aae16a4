package io.redoubt.server.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.io.FaultDisk;
import io.redoubt.protocol.Seed;
import io.redoubt.server.loading.LoadRule;
import io.redoubt.server.snapshot.SnapshotFixture.Value;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a power failure at any point of a save leaves either the old or the new file. */
class RdbDurabilityTest {

  private static final int ROUNDS = 6;
  private static final LoadRule RULE = new LoadRule(false, false, true);

  @TempDir Path folder;

  private Map<String, Value> load(byte[] file) throws Exception {
    return SnapshotFixture.load(Files.write(folder.resolve("survived.rdb"), file), RULE);
  }

  private static Snapshots snapshots(SnapshotFixture fixture, FaultDisk disk) {
    SnapshotContext context = fixture.context;
    return new Snapshots(
        new SnapshotContext(
            context.contents(),
            disk,
            context.threads(),
            context.settings(),
            context.turns(),
            context.clock(),
            context.log()),
        () -> {},
        nanos -> {});
  }

  @Test
  void survivesAPowerCutAtEveryStepOfSave() throws Exception {
    Random random = Seed.random("RdbDurabilityTest.survivesAPowerCutAtEveryStepOfSave");
    Set<String> survivors = new HashSet<>();
    for (int round = 0; round < ROUNDS; round++) {
      boolean cut = true;
      for (int step = 0; cut; step++) {
        cut = saveWithCut(random, step, survivors);
      }
    }
    assertThat(survivors).containsExactlyInAnyOrder("old", "new");
  }

  /**
   * Saves twice, with a power failure at a step of the second save; returns true if the step was
   * reached.
   */
  private boolean saveWithCut(Random random, int step, Set<String> survivors) throws Exception {
    FaultDisk disk = new FaultDisk(random, folder.getParent(), folder);
    try (SnapshotFixture fixture = new SnapshotFixture(folder)) {
      Snapshots snapshots = snapshots(fixture, disk);
      fixture.set(0, "key", "old", -1);
      for (int i = 0; i < 100; i++) {
        fixture.set(1, "key " + i, "v".repeat(random.nextInt(2000)), -1);
      }
      assertThat(snapshots.save()).isEqualTo(SaveOutcome.SAVED);
      Map<String, Value> old = fixture.contents();
      fixture.set(0, "key", "new", -1);
      disk.cutPowerAt(disk.steps() + step);
      SaveOutcome outcome = snapshots.save();
      boolean cut = disk.isOff();
      disk.restart();
      snapshots.close();

      Map<String, Value> survived = load(disk.bytes(fixture.file()));
      if (outcome == SaveOutcome.SAVED) {
        assertThat(survived).isEqualTo(fixture.contents());
      } else {
        assertThat(survived).isIn(old, fixture.contents());
      }
      survivors.add(survived.equals(old) ? "old" : "new");
      return cut;
    }
  }
}
