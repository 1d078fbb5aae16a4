package io.redoubt.server.loading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.snapshot.SnapshotFixture;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import io.redoubt.server.snapshot.export.Payloads;
import io.redoubt.server.value.StringValue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RdbLoadTest {

  private static final LoadRule MASTER = new LoadRule(true, false, true);
  private static final LoadRule REPLICA = new LoadRule(false, false, true);

  /** The memory for the largest size hint that is honored, and for the start of a long string. */
  private static final long LITTLE_MEMORY = 20 << 20;

  @TempDir Path directory;

  private static byte[] file(int... items) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("REDIS0009".getBytes(StandardCharsets.US_ASCII));
    for (int item : items) {
      out.write(item);
    }
    out.write(0xff);
    out.writeBytes(new byte[8]);
    return out.toByteArray();
  }

  private static void feed(SnapshotFixture fixture, LoadRule rule, byte[] bytes)
      throws RdbException {
    try (RdbLoader loader = new RdbLoader(fixture.context, rule)) {
      loader.feed(MemorySegment.ofArray(bytes), 0, bytes.length);
      loader.finish();
    }
  }

  @Test
  void aMasterSkipsExpiredKeysAndAReplicaKeepsThem() throws IOException, RdbException {
    try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
      long now = fixture.clock.wallMillis;
      fixture.set(0, "over", "1", now - 1);
      fixture.set(0, "long over", "x".repeat(200_000), now - 1);
      fixture.set(0, "now", "2", now);
      fixture.set(5, "later", "3", now + 1);
      fixture.set(5, "never", "x".repeat(200_000), -1);
      Map<String, SnapshotFixture.Value> all = fixture.contents();
      fixture.snapshots.save();
      assertThat(SnapshotFixture.load(fixture.file(), REPLICA)).isEqualTo(all);
      assertThat(SnapshotFixture.load(fixture.file(), MASTER))
          .containsOnlyKeys("0/now", "5/later", "5/never");
    }
  }

  @Test
  void loadsInTurnsAndReportsProgress() throws IOException {
    try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
      fixture.compress = false;
      for (int i = 0; i < 20_000; i++) {
        fixture.set(i % 4, "key:" + i, "value of the key " + i, -1);
      }
      fixture.set(0, "old", "1", fixture.clock.wallMillis - 1);
      fixture.snapshots.save();
      Map<String, SnapshotFixture.Value> all = fixture.contents();
      all.remove("0/old");
      fixture.keyspace.clear();

      fixture.clock.stepNanos = 4_000_000;
      LoadProgress progress = new LoadProgress();
      RdbFileLoad load = new RdbFileLoad(fixture.context, fixture.file(), MASTER, progress);
      List<String> endings = new ArrayList<>();
      load.runInTurns(failure -> endings.add(String.valueOf(failure)));
      assertThat(progress.isLoading()).isTrue();
      int turns = 0;
      List<String> fields = new ArrayList<>();
      double percent = -1;
      while (endings.isEmpty()) {
        assertThat(progress.percent()).isGreaterThanOrEqualTo(percent);
        percent = progress.percent();
        fields.clear();
        progress.report(fixture.clock.wallMillis + 3000, (name, value) -> fields.add(name));
        fixture.turns.turn();
        turns++;
      }
      assertThat(turns).isGreaterThan(5);
      assertThat(fields)
          .containsExactly(
              "loading_start_time",
              "loading_total_bytes",
              "loading_rdb_used_mem",
              "loading_loaded_bytes",
              "loading_loaded_perc",
              "loading_eta_seconds");
      assertThat(endings).containsExactly("null");
      assertThat(progress.isLoading()).isFalse();
      assertThat(fixture.contents()).isEqualTo(all);
      assertThat(load.replication()).isEqualTo(new ReplicationPoint(3, "ab".repeat(20), 1234));
    }
  }

  /** On a slow machine clients must not see LOADING where Redis would not show it. */
  @Test
  void loadsASmallFileAtOnce() throws IOException, RdbException {
    try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
      for (int i = 0; i < 100; i++) {
        fixture.set(0, "key:" + i, "value", -1);
      }
      fixture.snapshots.save();
      fixture.keyspace.clear();
      fixture.clock.stepNanos = 1_000_000_000;
      LoadProgress progress = new LoadProgress();
      try (RdbFileLoad load = new RdbFileLoad(fixture.context, fixture.file(), MASTER, progress)) {
        assertThat(load.step(1)).isTrue();
      }
      assertThat(fixture.contents()).hasSize(100);
    }
  }

  @Test
  void reportsOffsetAndReasonOfACorruptFile() throws IOException {
    try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
      fixture.set(0, "key", "value", -1);
      fixture.snapshots.save();
      fixture.keyspace.clear();
      byte[] bytes = Files.readAllBytes(fixture.file());
      bytes[bytes.length - 1] ^= 1;
      Files.write(fixture.file(), bytes);
      List<Exception> endings = new ArrayList<>();
      new RdbFileLoad(fixture.context, fixture.file(), MASTER, new LoadProgress())
          .runInTurns(endings::add);
      assertThat(endings).hasSize(1);
      assertThat(endings.get(0))
          .isInstanceOf(RdbException.class)
          .hasMessageStartingWith("Wrong RDB checksum expected");
    }
  }

  /** Size hints, counts and lengths that exceed the following bytes reserve no memory. */
  @Test
  void believesNoLengthThatPrecedesItsContent() throws IOException, RdbException {
    for (long lie : new long[] {1L << 24, Integer.MAX_VALUE, 1L << 31, 1L << 40, -1}) {
      int[] hint = with(new int[] {0xfb}, lie, lie);
      assertThat(usedAfter(hint, false)).as("hint of %d", lie).isLessThan(LITTLE_MEMORY);
      assertThat(usedAfter(hint, true)).as("hint of %d", lie).isLessThan(1 << 20);
      if (lie > 0) { // as the length of a string, and as the number of elements
        for (int type : new int[] {0, 1, 2, 4, 5}) {
          if (type != 0 || lie <= Integer.MAX_VALUE) {
            int[] value = with(new int[] {type, 1, 'k'}, lie);
            assertThat(usedAfter(value, false))
                .as("%d of type %d", lie, type)
                .isLessThan(LITTLE_MEMORY);
          }
        }
      }
    }
  }

  private static int[] with(int[] start, long... lengths) {
    int[] all = Arrays.copyOf(start, start.length + 9 * lengths.length);
    int at = start.length;
    for (long length : lengths) {
      all[at++] = 0x81;
      for (int shift = 56; shift >= 0; shift -= 8) {
        all[at++] = (int) (length >>> shift) & 0xff;
      }
    }
    return all;
  }

  /** Returns the used memory when the items have arrived and more input is expected. */
  private long usedAfter(int[] items, boolean isSized) throws IOException, RdbException {
    byte[] file = file(items);
    try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
      Slabs slabs = fixture.context.keyspace().slabs();
      long before = slabs.usedBytes();
      try (RdbLoader loader = new RdbLoader(fixture.context, MASTER)) {
        if (isSized) {
          loader.totalBytes(file.length);
        }
        loader.feed(MemorySegment.ofArray(file), 0, file.length - 9);
        return slabs.usedBytes() - before;
      }
    }
  }

  @Test
  void refusesDuplicateKeysUnlessReplacementIsAllowed() throws RdbException {
    byte[] twice = file(0, 1, 'k', 1, 'v', 0, 1, 'k', 1, 'w');
    try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
      assertThatThrownBy(() -> feed(fixture, MASTER, twice))
          .isInstanceOfSatisfying(RdbException.class, e -> assertThat(e.offset()).isEqualTo(19))
          .hasMessage("RDB has duplicated key 'k' in DB 0 (key \"k\", string)");
    }
    try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
      feed(fixture, new LoadRule(true, true, true), twice);
      assertThat(fixture.contents()).containsEntry("0/k", new SnapshotFixture.Value("w", -1));
    }
  }

  /** Each kind of value notices a duplicate key in its own way. */
  @Test
  void refusesDuplicateKeysOfEachKind() throws RdbException {
    int[] text = {0, 1, 'k', 1, 'v'};
    int[] integer = {0, 1, 'k', 0xc0, 7};
    int[] set = {2, 1, 'k', 1, 1, 'm'};
    int[] hash = {16, 1, 'k', 12, 12, 0, 0, 0, 2, 0, 0x81, 'f', 2, 1, 1, 0xff};
    int[] list = {1, 1, 'k', 1, 1, 'e'};
    int[] due = {0xfc, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 'k', 1, 'v'};
    List<int[]> kinds = List.of(text, integer, set, hash, list, due);
    for (int[] first : kinds) {
      for (int[] second : kinds) {
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
          assertThatThrownBy(() -> feed(fixture, REPLICA, file(both)))
              .isInstanceOf(RdbException.class)
              .hasMessageStartingWith("RDB has duplicated key 'k' in DB 0 (key \"k\"");
        }
        try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
          feed(fixture, new LoadRule(false, true, true), file(both));
          assertThat(fixture.contents()).containsOnlyKeys("0/k");
        }
      }
    }
  }

  @Test
  void refusesDatabasesBeyondTheLimit() {
    try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
      assertThatThrownBy(() -> feed(fixture, MASTER, file(0xfe, SnapshotFixture.DATABASES)))
          .hasMessageContaining("configured to handle more than 8 databases");
    }
  }

  @Test
  void restoresIdleTime() throws RdbException {
    try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
      feed(fixture, MASTER, file(0xf8, 50, 0, 1, 'k', 1, 'v'));
      assertThat(
              fixture
                  .keyspace
                  .accessClock()
                  .idleSeconds(fixture.find(0, "k"), fixture.keyspace.nowMillis()))
          .isEqualTo(50);
    }
  }

  @Test
  void dumpsAndRestores() throws RdbException {
    try (SnapshotFixture fixture = new SnapshotFixture(directory);
        RestoredValue restored = new RestoredValue(fixture.values)) {
      for (String value : new String[] {"", "17", "text", "abcdef".repeat(30_000)}) {
        fixture.set(1, "from", value, -1);
        byte[] payload = fixture.dump(fixture.find(1, "from"), 9, true);
        String text = new String(payload, StandardCharsets.ISO_8859_1);
        long address = fixture.value(text);
        assertThat(Payloads.isValid(address, payload.length, true)).isTrue();
        long entry =
            restored.restore(
                fixture.keyspace.database(2),
                fixture.key("to"),
                2,
                fixture.clock.wallMillis + 100,
                new RestoredValue.Payload(address, payload.length),
                what -> {});
        assertThat(new String(StringValue.toByteArray(entry), StandardCharsets.ISO_8859_1))
            .isEqualTo(value);
        assertThat(fixture.contents().get("2/to"))
            .isEqualTo(new SnapshotFixture.Value(value, fixture.clock.wallMillis + 100));
        Region.putByte(address + payload.length - 1, 77);
        assertThat(Payloads.isValid(address, payload.length, true)).isFalse();
      }
    }
  }
}
