package io.redoubt.server.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.server.loading.LoadRule;
import io.redoubt.server.snapshot.context.SavePoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotsTest {

  private static final LoadRule KEEP_ALL = new LoadRule(false, false, true);

  @TempDir Path directory;
  private SnapshotFixture fixture;
  private Snapshots snapshots;
  private final Map<String, Supplier<String>> info = new HashMap<>();

  @BeforeEach
  void open() {
    fixture = new SnapshotFixture(directory);
    snapshots = fixture.snapshots;
    snapshots.declareInfo(
        (String name, LongSupplier value) -> info.put(name, () -> Long.toString(value.getAsLong())),
        info::put);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private String info(String field) {
    return info.get(field).get();
  }

  private void waitForTheEnd() {
    fixture.turns.turnUntil(() -> !snapshots.isRunning());
  }

  private void fill(int keys) {
    for (int i = 0; i < keys; i++) {
      fixture.set(i % 3, "key:" + i, "value:" + i, -1);
    }
    snapshots.addChanges(keys);
  }

  private List<String> filesInDirectory() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** A replica that accepts bytes as long as it is ready. */
  private static final class Replica implements SnapshotSink {
    final ByteArrayOutputStream received = new ByteArrayOutputStream();
    boolean ready = true;
    boolean complete;
    boolean failed;

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void bytes(MemorySegment memory, long offset, long length) {
      assertThat(ready).isTrue();
      received.writeBytes(memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
    }

    @Override
    public void onComplete() {
      complete = true;
    }

    @Override
    public void onFailure() {
      failed = true;
    }
  }

  @Test
  void theWalkGetsItsConfiguredShare() {
    fill(20_000);
    fixture.turns.isBusy = true;
    fixture.loopPercent = 2;
    long few = keysSavedInTurns(200);
    fixture.loopPercent = 50;
    long many = keysSavedInTurns(200);
    assertThat(few).isPositive();
    assertThat(many).isGreaterThan(5 * few);
  }

  private long keysSavedInTurns(int count) {
    assertThat(snapshots.saveInBackground(false)).isNotNull();
    for (int i = 0; i < count; i++) {
      fixture.turns.turn();
    }
    long saved = Long.parseLong(info("current_save_keys_processed"));
    fixture.turns.isBusy = false;
    waitForTheEnd();
    fixture.turns.isBusy = true;
    return saved;
  }

  @Test
  void cancelsASaveAndKeepsTheFormerFile() throws IOException {
    fill(10);
    assertThat(snapshots.saveInBackground(false)).isEqualTo(SaveOutcome.STARTED);
    waitForTheEnd();
    final byte[] saved = Files.readAllBytes(snapshots.file());
    fill(5_000);
    assertThat(snapshots.saveInBackground(false)).isEqualTo(SaveOutcome.STARTED);
    assertThat(snapshots.cancel()).isEqualTo(SaveOutcome.CANCELLED);
    waitForTheEnd();
    assertThat(snapshots.cancel()).isEqualTo(SaveOutcome.NONE);
    assertThat(info("rdb_last_bgsave_status")).isEqualTo("ok");
    assertThat(info("rdb_saves")).isEqualTo("1");
    assertThat(info("rdb_changes_since_last_save")).isEqualTo("5000");
    assertThat(filesInDirectory()).hasSize(1);
    assertThat(Files.readAllBytes(snapshots.file())).isEqualTo(saved);
  }

  @Test
  void cancelsATransferToReplicas() {
    fill(5_000);
    Replica replica = new Replica();
    assertThat(snapshots.sendTo(List.of(replica), true)).isTrue();
    assertThat(snapshots.cancel()).isEqualTo(SaveOutcome.CANCELLED);
    waitForTheEnd();
    assertThat(replica.failed).isTrue();
    assertThat(replica.complete).isFalse();
  }

  @Test
  void writesDoNotProlongTheWalk() {
    fill(5_000);
    fixture.turns.isBusy = true;
    fixture.clock.stepNanos = 1_000;
    int unchanged = turnsOfAWalk(0);
    assertThat(unchanged).isGreaterThan(1_000);
    assertThat(turnsOfAWalk(2)).isLessThan(unchanged);
  }

  /** Saves all keys, and overwrites some of them in each turn; returns the turns of the walk. */
  private int turnsOfAWalk(int changesPerTurn) {
    assertThat(snapshots.saveInBackground(false)).isEqualTo(SaveOutcome.STARTED);
    int turns = 0;
    int changed = 0;
    while (fixture.turns.hasTasks()) {
      fixture.turns.turn();
      turns++;
      for (int i = 0; i < changesPerTurn; i++) {
        int key = changed++ % 5_000;
        fixture.set(key % 3, "key:" + key, "new", -1);
      }
    }
    waitForTheEnd();
    return turns;
  }

  @Test
  void saveWritesAndCounts() throws IOException, RdbException {
    fill(1000);
    assertThat(info("rdb_changes_since_last_save")).isEqualTo("1000");
    fixture.clock.wallMillis += 5000;
    assertThat(snapshots.save()).isEqualTo(SaveOutcome.SAVED);
    assertThat(SnapshotFixture.load(fixture.file(), KEEP_ALL)).isEqualTo(fixture.contents());
    assertThat(info("rdb_changes_since_last_save")).isEqualTo("0");
    assertThat(info("rdb_saves")).isEqualTo("1");
    assertThat(snapshots.lastSaveSeconds()).isEqualTo(1_800_000_005L);
    assertThat(filesInDirectory()).containsExactly("dump.rdb");
  }

  @Test
  void runsOneBackgroundSaveAtATimeAndCountsChangesDuringIt() throws IOException, RdbException {
    fill(5000);
    assertThat(snapshots.saveInBackground(false)).isEqualTo(SaveOutcome.STARTED);
    assertThat(snapshots.saveInBackground(false)).isEqualTo(SaveOutcome.IN_PROGRESS);
    assertThat(snapshots.save()).isEqualTo(SaveOutcome.IN_PROGRESS);
    assertThat(info("rdb_bgsave_in_progress")).isEqualTo("1");
    fixture.clock.wallMillis += 2000;
    assertThat(info("rdb_current_bgsave_time_sec")).isEqualTo("2");
    snapshots.addChanges(7);
    waitForTheEnd();
    assertThat(info("rdb_bgsave_in_progress")).isEqualTo("0");
    assertThat(info("rdb_changes_since_last_save")).isEqualTo("7");
    assertThat(info("rdb_last_bgsave_status")).isEqualTo("ok");
    assertThat(info("rdb_last_bgsave_time_sec")).isEqualTo("2");
    assertThat(info("rdb_current_bgsave_time_sec")).isEqualTo("-1");
    assertThat(SnapshotFixture.load(fixture.file(), KEEP_ALL)).hasSize(5000);
  }

  @Test
  void startsAScheduledSaveWithTheNextCron() {
    fill(1);
    assertThat(snapshots.saveInBackground(true)).isEqualTo(SaveOutcome.SCHEDULED);
    assertThat(snapshots.isRunning()).isFalse();
    snapshots.cron();
    assertThat(snapshots.isSaving()).isTrue();
    waitForTheEnd();
    snapshots.cron();
    assertThat(snapshots.isRunning()).isFalse();
  }

  @Test
  void savePointsStartASave() {
    fixture.savePoints.add(new SavePoint(60, 100));
    fill(99);
    fixture.clock.wallMillis += 61_000;
    snapshots.cron();
    assertThat(snapshots.isRunning()).isFalse();
    snapshots.addChanges(1);
    snapshots.cron();
    assertThat(snapshots.isSaving()).isTrue();
    waitForTheEnd();
    snapshots.addChanges(100);
    fixture.clock.wallMillis += 60_000;
    snapshots.cron();
    assertThat(snapshots.isRunning()).isFalse();
    fixture.clock.wallMillis += 1_000;
    snapshots.cron();
    assertThat(snapshots.isSaving()).isTrue();
    waitForTheEnd();
  }

  @Test
  void aFullDiskKeepsTheOldFileAndIsReportedUntilASaveSucceeds() throws IOException, RdbException {
    fixture.savePoints.add(new SavePoint(1, 1));
    fill(10);
    snapshots.save();
    Map<String, SnapshotFixture.Value> saved = fixture.contents();
    fill(50_000);
    fixture.disk.roomBytes = 1000;
    snapshots.saveInBackground(false);
    waitForTheEnd();
    assertThat(info("rdb_last_bgsave_status")).isEqualTo("err");
    assertThat(info("rdb_changes_since_last_save")).isEqualTo("50000");
    assertThat(snapshots.writesRefused()).isTrue();
    assertThat(filesInDirectory()).containsExactly("dump.rdb");
    assertThat(SnapshotFixture.load(fixture.file(), KEEP_ALL)).isEqualTo(saved);

    fixture.clock.wallMillis += 5_000;
    snapshots.cron();
    assertThat(snapshots.isRunning()).as("waits before it tries again").isFalse();
    fixture.clock.wallMillis += 1;
    fixture.disk.roomBytes = Long.MAX_VALUE;
    snapshots.cron();
    waitForTheEnd();
    assertThat(info("rdb_last_bgsave_status")).isEqualTo("ok");
    assertThat(snapshots.writesRefused()).isFalse();
    assertThat(SnapshotFixture.load(fixture.file(), KEEP_ALL)).isEqualTo(fixture.contents());
  }

  @Test
  void reportsEveryFaultOfTheDiskAndLeavesNoTemporaryFile() throws IOException {
    fill(100);
    fixture.disk.failCreate = true;
    assertThat(snapshots.save()).isEqualTo(SaveOutcome.FAILED);
    snapshots.saveInBackground(false);
    waitForTheEnd();
    assertThat(info("rdb_last_bgsave_status")).isEqualTo("err");
    fixture.disk.failCreate = false;
    fixture.disk.failSync = true;
    assertThat(snapshots.save()).isEqualTo(SaveOutcome.FAILED);
    snapshots.saveInBackground(false);
    waitForTheEnd();
    fixture.disk.failSync = false;
    fixture.disk.failRename = true;
    assertThat(snapshots.save()).isEqualTo(SaveOutcome.FAILED);
    snapshots.saveInBackground(false);
    waitForTheEnd();
    assertThat(info("rdb_last_bgsave_status")).isEqualTo("err");
    assertThat(filesInDirectory()).isEmpty();
    fixture.disk.failRename = false;
    assertThat(snapshots.save()).isEqualTo(SaveOutcome.SAVED);
    assertThat(info("rdb_last_bgsave_status")).isEqualTo("ok");
  }

  @Test
  void oneWalkServesSeveralReplicasWithTheSameBytes() throws IOException, RdbException {
    fill(60_000);
    Replica one = new Replica();
    Replica two = new Replica();
    assertThat(snapshots.sendTo(List.of(one, two), true)).isTrue();
    assertThat(snapshots.isSaving()).isFalse();
    assertThat(snapshots.sendTo(List.of(new Replica()), true)).isFalse();
    assertThat(snapshots.saveInBackground(false)).isEqualTo(SaveOutcome.IN_PROGRESS);
    Map<String, SnapshotFixture.Value> before = fixture.contents();
    fixture.keyspace.clear();
    waitForTheEnd();
    assertThat(one.complete && two.complete).isTrue();
    assertThat(one.received.toByteArray()).isEqualTo(two.received.toByteArray());
    Path received = directory.resolve("received.rdb");
    Files.write(received, one.received.toByteArray());
    assertThat(SnapshotFixture.load(received, KEEP_ALL)).isEqualTo(before);
  }

  @Test
  void aSlowReplicaDelaysTheWalkAndMemoryStaysBounded() {
    fixture.compress = false;
    String value = "v".repeat(10_000);
    for (int i = 0; i < 2_000; i++) {
      fixture.set(0, "key:" + i, value, -1);
    }
    Replica replica = new Replica();
    replica.ready = false;
    snapshots.sendTo(List.of(replica), true);
    for (int i = 0; i < 10_000; i++) {
      fixture.turns.turn();
    }
    assertThat(Long.parseLong(info("current_save_keys_processed"))).isLessThan(1_500);
    assertThat(replica.received.size()).isZero();
    replica.ready = true;
    snapshots.sinkReady();
    waitForTheEnd();
    assertThat(replica.complete).isTrue();
    assertThat(replica.received.size()).isGreaterThan(20_000_000);
  }

  @Test
  void stopsWhenTheLastReplicaDisconnects() {
    fill(50_000);
    Replica one = new Replica();
    Replica two = new Replica();
    one.ready = false;
    snapshots.sendTo(List.of(one, two), true);
    fixture.turns.turn();
    snapshots.drop(one);
    assertThat(snapshots.isRunning()).isTrue();
    snapshots.drop(two);
    waitForTheEnd();
    assertThat(two.complete).isFalse();
    assertThat(snapshots.saveInBackground(false)).isEqualTo(SaveOutcome.STARTED);
    waitForTheEnd();
    assertThat(info("rdb_last_bgsave_status")).isEqualTo("ok");
  }

  @Test
  void flushAllStopsASaveAndSavesTheEmptySet() throws IOException, RdbException {
    fixture.savePoints.add(new SavePoint(60, 1));
    fill(1_000);
    fixture.keySaveDelayMicros = 100_000_000;
    snapshots.saveInBackground(false);
    fixture.turns.turn();
    fixture.keyspace.clear();
    snapshots.onFlushAll();
    waitForTheEnd();
    assertThat(info("rdb_last_bgsave_status")).isEqualTo("ok");
    assertThat(SnapshotFixture.load(fixture.file(), KEEP_ALL)).isEmpty();
    assertThat(filesInDirectory()).containsExactly("dump.rdb");
  }

  @Test
  void closingEndsTheThreadOfABlockedTransfer() {
    fixture.compress = false;
    for (int i = 0; i < 1_500; i++) {
      fixture.set(0, "key:" + i, "v".repeat(10_000), -1);
    }
    Replica replica = new Replica();
    replica.ready = false;
    snapshots.sendTo(List.of(replica), true);
    for (int i = 0; i < 200; i++) {
      fixture.turns.turn();
    }
    snapshots.close();
    assertThat(snapshots.isRunning()).isFalse();
    fixture.turns.turn(); // the thread's request to the loop arrives late
    assertThat(replica.received.size()).isZero();
  }

  @Test
  void closingDuringASaveLeavesNoTemporaryFile() throws IOException {
    fill(100);
    fixture.keySaveDelayMicros = 100_000_000;
    snapshots.saveInBackground(false);
    fixture.turns.turn();
    snapshots.close();
    assertThat(filesInDirectory()).isEmpty();
  }

  @Test
  void delaysWritesIfPreImagesAccumulate() {
    String value = "v".repeat(100_000);
    for (int i = 0; i < 900; i++) {
      fixture.set(0, "key:" + i, value, -1);
    }
    fixture.keySaveDelayMicros = 100_000_000;
    snapshots.saveInBackground(false);
    int changed = 0;
    while (!snapshots.writesMustWait()) {
      fixture.set(0, "key:" + changed++, "new", -1);
    }
    assertThat(changed).isBetween(30, 60);
    assertThat(fixture.writesWentOn).isFalse();
    snapshots.abortSave();
    assertThat(fixture.writesWentOn).isTrue();
    assertThat(snapshots.writesMustWait()).isFalse();
    waitForTheEnd();
  }
}
