package io.redoubt.persistence.aof.append;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.aof.AofLog;
import io.redoubt.persistence.aof.CommitJournal;
import io.redoubt.persistence.aof.JournalRecovery;
import io.redoubt.persistence.aof.append.AofAppender.Policy;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.FaultDisk;
import io.redoubt.persistence.io.ForwardingFile;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.process.Threads;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AofAppenderTest {
  private static final Path DIRECTORY = Path.of("/data");
  private static final Path FILE = DIRECTORY.resolve("appendonly.aof.1.incr.aof");
  private static final Path JOURNAL = DIRECTORY.resolve("appendonly.aof.journal");
  private static final Threads THREADS = (name, task) -> new Thread(task, name);
  private static final UUID SYSTEM = new UUID(1, 1);
  private static final Path NEXT = DIRECTORY.resolve("appendonly.aof.2.incr.aof");

  private static final AofLog LOG =
      new AofLog() {
        @Override
        public void notice(String text) {}

        @Override
        public void warning(String text) {
          throw new AssertionError(text);
        }
      };

  private final Random random = Seed.random("AofAppenderTest");
  private final FaultDisk disk = new FaultDisk(random, DIRECTORY);
  private final Semaphore progress = new Semaphore(0);
  private final AofAppender appender =
      new AofAppender(THREADS, "appender", progress::release, () -> 0);

  @AfterEach
  void close() {
    appender.close();
  }

  private void open(Policy policy) throws IOException {
    appender.open(disk.create(FILE), 1);
    disk.syncDirectory(DIRECTORY);
    appender.setPolicy(policy);
  }

  private void append(String text) {
    appender.append(MemorySegment.ofArray(text.getBytes(US_ASCII)), 0, text.length());
  }

  private String content(Path file) throws IOException {
    return new String(disk.bytes(file), US_ASCII);
  }

  /** Waits until the appender's thread has reported progress. */
  private void awaitProgress() throws InterruptedException {
    progress.acquire();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void keepsAcknowledgedBytesThroughAPowerCut(boolean withJournal) throws Exception {
    for (int round = 0; round < 50; round++) {
      FaultDisk each = new FaultDisk(random, DIRECTORY);
      DiskFile file = each.create(FILE);
      each.syncDirectory(DIRECTORY);
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      long passed;
      try (AofAppender always = new AofAppender(THREADS, "appender", () -> {}, () -> 0)) {
        always.open(file, 1);
        always.setPolicy(Policy.ALWAYS);
        if (withJournal) {
          always.setJournal(CommitJournal.create(each, JOURNAL, 1 << 14, SYSTEM));
          each.syncDirectory(DIRECTORY);
        }
        int turns = random.nextInt(30);
        for (int i = 0; i < turns; i++) {
          byte[] bytes = new byte[1 + random.nextInt(200)];
          random.nextBytes(bytes);
          all.writeBytes(bytes);
          always.append(MemorySegment.ofArray(bytes), 0, bytes.length);
          if (random.nextBoolean() || !always.forceWithin(Long.MAX_VALUE)) {
            always.flush(0);
          }
          if (random.nextInt(4) == 0) {
            always.drain();
            assertThat(always.passed()).isEqualTo(always.appended());
            always.force();
          }
        }
        passed = always.passed();
        always.drain();
        each.stop(); // so that close changes nothing
      }
      each.restart();
      JournalRecovery recovery = withJournal ? JournalRecovery.read(each, JOURNAL) : null;
      if (recovery != null) {
        assertThat(recovery.belongsTo(FILE)).isTrue();
        recovery.run(FILE, LOG);
      }
      byte[] survived = each.bytes(FILE);
      assertThat(survived.length).isGreaterThanOrEqualTo((int) passed);
      assertThat(survived).isEqualTo(Arrays.copyOf(all.toByteArray(), survived.length));
    }
  }

  @Test
  void syncsPendingGroupsTogether() throws Exception {
    SlowFile file = new SlowFile(disk.create(FILE));
    appender.open(file, 1);
    appender.setPolicy(Policy.ALWAYS);
    append("first,");
    appender.flush(0);
    file.syncBegun.await();
    append("second,");
    appender.flush(0);
    append("third");
    appender.flush(0);
    assertThat(appender.passed()).isZero();
    file.maySync.countDown();
    appender.drain();
    assertThat(appender.passed()).isEqualTo(18);
    assertThat(file.syncs).isEqualTo(2);
    assertThat(content(FILE)).isEqualTo("first,second,third");
  }

  @Test
  void waitsForTheSyncUnlessTheThreadIsBusy() throws Exception {
    SlowFile file = new SlowFile(disk.create(FILE));
    appender.open(file, 1);
    append("not always");
    assertThat(appender.forceWithin(Long.MAX_VALUE)).isFalse();
    appender.setPolicy(Policy.ALWAYS);
    assertThat(appender.forceWithin(Long.MAX_VALUE)).as("nothing to force").isFalse();
    append("first,");
    appender.flush(0);
    file.syncBegun.await();
    append("second,");
    assertThat(appender.forceWithin(Long.MAX_VALUE)).isFalse();
    file.maySync.countDown();
    appender.drain();
    append("third");
    assertThat(appender.forceWithin(Long.MAX_VALUE)).isTrue();
    assertThat(appender.passed()).isEqualTo(appender.appended());
    assertThat(appender.durable()).isEqualTo(appender.appended());
    assertThat(appender.hasUnflushed()).isFalse();
    assertThat(content(FILE)).isEqualTo("not alwaysfirst,second,third");
  }

  @Test
  void waitsForASlowSyncNoLongerThanAllowed() throws Exception {
    SlowFile file = new SlowFile(disk.create(FILE));
    appender.open(file, 1);
    appender.setPolicy(Policy.ALWAYS);
    append("late");
    assertThat(appender.forceWithin(1)).as("the thread has it").isTrue();
    assertThat(appender.hasUnflushed()).isFalse();
    assertThat(appender.passed()).isZero();
    assertThat(appender.forceWithin(1)).as("while the thread is busy").isFalse();
    file.maySync.countDown();
    appender.drain();
    assertThat(appender.passed()).isEqualTo(4);
    assertThat(content(FILE)).isEqualTo("late");
  }

  @Test
  void retriesAFailedSyncThatWasWaitedFor() throws Exception {
    open(Policy.ALWAYS);
    append("whole,");
    assertThat(appender.forceWithin(Long.MAX_VALUE)).isTrue();
    disk.setRoomBytes(4);
    append("too long,");
    assertThat(appender.forceWithin(Long.MAX_VALUE)).isTrue();
    assertThat(appender.failure()).hasMessage("No space left on device");
    assertThat(appender.passed()).isEqualTo(6);
    append("more");
    assertThat(appender.forceWithin(Long.MAX_VALUE)).as("while it fails").isFalse();
    appender.flush(0);
    disk.setRoomBytes(Long.MAX_VALUE);
    appender.retry();
    appender.drain();
    assertThat(appender.failure()).isNull();
    assertThat(appender.passed()).isEqualTo(appender.appended());
    assertThat(content(FILE)).isEqualTo("whole,too long,more");
  }

  @Test
  void reportsTheAverageSyncTime() throws Exception {
    AtomicLong nanos = new AtomicLong();
    long[] took = {800};
    try (AofAppender timed =
        new AofAppender(THREADS, "appender", () -> {}, () -> nanos.getAndAdd(took[0]))) {
      timed.open(disk.create(FILE), 1);
      timed.setPolicy(Policy.ALWAYS);
      assertThat(timed.usualForceNanos()).isZero();
      timed.append(MemorySegment.ofArray(new byte[1]), 0, 1);
      assertThat(timed.forceWithin(Long.MAX_VALUE)).isTrue();
      assertThat(timed.usualForceNanos()).isEqualTo(800);
      took[0] = 1600;
      timed.append(MemorySegment.ofArray(new byte[1]), 0, 1);
      assertThat(timed.forceWithin(Long.MAX_VALUE)).isTrue();
      assertThat(timed.usualForceNanos()).isEqualTo(900);
      assertThat(timed.takeLongestForceNanos()).isEqualTo(1600);
      assertThat(timed.takeLongestForceNanos()).isZero();
    }
  }

  @Test
  void writesRemainingBytesOnceThereIsRoom() throws Exception {
    for (Policy policy : Policy.values()) {
      open(policy);
      append("whole,");
      appender.flush(0);
      appender.drain();
      long passed = appender.passed();
      disk.setRoomBytes(4);
      append("too long,");
      appender.flush(0);
      appender.drain();
      assertThat(appender.failure()).hasMessage("No space left on device");
      assertThat(content(FILE)).isEqualTo("whole,");
      append("more");
      appender.flush(0);
      assertThat(appender.passed()).isEqualTo(passed);
      disk.setRoomBytes(Long.MAX_VALUE);
      appender.retry();
      appender.drain();
      appender.flush(0);
      appender.drain();
      assertThat(appender.failure()).isNull();
      assertThat(content(FILE)).isEqualTo("whole,too long,more");
      assertThat(appender.passed()).isEqualTo(appender.appended());
      appender.closeFile();
    }
  }

  @Test
  void trustsOnlyANewFileAndBaseAfterAFailedSync() throws Exception {
    open(Policy.ALWAYS);
    append("a");
    appender.flush(0);
    appender.drain();
    disk.setSyncFails(true);
    append("b");
    appender.flush(0);
    appender.drain();
    assertThat(appender.isDistrusted()).isTrue();
    assertThat(appender.durable()).isEqualTo(1);
    disk.setSyncFails(false);
    append("c");
    appender.flush(0);
    appender.drain();
    assertThat(appender.durable()).isEqualTo(1);
    appender.open(disk.create(NEXT), 2);
    append("d");
    appender.flush(0);
    appender.drain();
    assertThat(appender.durable()).as("before the base is there").isEqualTo(1);
    appender.supersede();
    assertThat(appender.failure()).isNull();
    assertThat(appender.durable()).isEqualTo(4);
    assertThat(content(NEXT)).isEqualTo("d");
  }

  @Test
  void syncsJournaledBytesOnRequestAndOnClose() throws Exception {
    SlowFile file = new SlowFile(disk.create(FILE));
    file.maySync.countDown();
    appender.open(file, 1);
    appender.setPolicy(Policy.ALWAYS);
    appender.setJournal(CommitJournal.create(disk, JOURNAL, 1 << 14, SYSTEM));
    append("a");
    assertThat(appender.forceWithin(Long.MAX_VALUE)).isTrue();
    int begun = file.syncs;
    append("b");
    assertThat(appender.forceWithin(Long.MAX_VALUE)).isTrue();
    assertThat(appender.durable()).isEqualTo(2);
    assertThat(file.syncs).isEqualTo(begun);
    appender.force();
    appender.drain();
    assertThat(file.syncs).isEqualTo(begun + 1);
    appender.force();
    appender.drain();
    assertThat(file.syncs).as("nothing new").isEqualTo(begun + 1);
    append("c");
    assertThat(appender.forceWithin(Long.MAX_VALUE)).isTrue();
    assertThat(appender.writeAndForce()).isNull();
    assertThat(file.syncs).isEqualTo(begun + 2);
    append("d");
    assertThat(appender.forceWithin(Long.MAX_VALUE)).isTrue();
    appender.setJournal(null);
    assertThat(file.syncs).isEqualTo(begun + 3);
    assertThat(disk.exists(JOURNAL)).isFalse();
  }

  @Test
  void keepsTheJournalUntilARewriteAfterAFailedSync() throws Exception {
    open(Policy.ALWAYS);
    appender.setJournal(CommitJournal.create(disk, JOURNAL, 1 << 14, SYSTEM));
    disk.syncDirectory(DIRECTORY);
    append("a");
    assertThat(appender.forceWithin(Long.MAX_VALUE)).isTrue();
    append("b");
    assertThat(appender.forceWithin(Long.MAX_VALUE)).isTrue();
    disk.setSyncFails(true);
    appender.force();
    appender.drain();
    assertThat(appender.isDistrusted()).isTrue();
    disk.setSyncFails(false);
    appender.open(disk.create(NEXT), 2);
    append("c");
    appender.flush(0);
    appender.drain();
    disk.stop();
    disk.restart();
    JournalRecovery recovery = JournalRecovery.read(disk, JOURNAL);
    assertThat(recovery.belongsTo(FILE)).isTrue();
    recovery.run(FILE, LOG);
    assertThat(content(FILE)).isEqualTo("ab");
  }

  @Test
  void writesAtOnceAndSyncsOnRequestWithoutAlways() throws Exception {
    open(Policy.EVERYSEC);
    append("a");
    appender.flush(0);
    assertThat(content(FILE)).isEqualTo("a");
    assertThat(appender.passed()).isEqualTo(1);
    assertThat(appender.durable()).isZero();
    appender.force();
    awaitProgress();
    assertThat(appender.durable()).isEqualTo(1);
  }

  @Test
  void delaysWritesDuringASyncForALimitedTime() throws Exception {
    SlowFile file = new SlowFile(disk.create(FILE));
    appender.open(file, 1);
    appender.setPolicy(Policy.EVERYSEC);
    append("a");
    appender.flush(0);
    appender.force();
    file.syncBegun.await();
    append("b");
    appender.flush(1_000_000_000L);
    assertThat(content(FILE)).isEqualTo("a");
    appender.flush(2_900_000_000L);
    assertThat(content(FILE)).isEqualTo("a");
    assertThat(appender.delayed()).isZero();
    appender.flush(3_100_000_000L);
    assertThat(content(FILE)).isEqualTo("ab");
    assertThat(appender.delayed()).isEqualTo(1);
    file.maySync.countDown();
  }

  @Test
  void syncsAFileBeforeTheNextOne() throws Exception {
    open(Policy.ALWAYS);
    append("old");
    appender.flush(0);
    append("er");
    appender.open(disk.create(NEXT), 2);
    append("new");
    appender.flush(0);
    appender.drain();
    assertThat(content(FILE)).isEqualTo("older");
    assertThat(content(NEXT)).isEqualTo("new");
    assertThat(appender.durable()).isEqualTo(8);
  }

  /** Records the calls of a preparation. */
  private final class Prepared implements Preparation {
    private final @Nullable IOException fails;
    private final List<String> seen = new ArrayList<>();

    Prepared(@Nullable IOException fails) {
      this.fails = fails;
    }

    @Override
    public void run() throws IOException {
      seen.add(content(FILE));
      if (fails != null) {
        throw fails;
      }
    }

    @Override
    public void onOver(@Nullable IOException problem) {
      seen.add(problem == null ? "done" : problem.getMessage());
    }
  }

  @ParameterizedTest
  @EnumSource(Policy.class)
  void writesHeldBytesToTheNextFile(Policy policy) throws IOException {
    open(policy);
    append("before");
    Prepared prepared = new Prepared(null);
    appender.hold(prepared);
    append("after");
    appender.flush(0);
    appender.drain();
    assertThat(prepared.seen).containsExactly("before", "done");
    assertThat(appender.durable()).isEqualTo(6);
    assertThat(content(FILE)).isEqualTo("before");
    appender.open(disk.create(NEXT), 2);
    assertThat(appender.writeAndForce()).isNull();
    assertThat(content(FILE)).isEqualTo("before");
    assertThat(content(NEXT)).isEqualTo("after");
    assertThat(appender.durable()).isEqualTo(11);
  }

  @ParameterizedTest
  @EnumSource(Policy.class)
  void writesHeldBytesToTheCurrentFileWithoutANextOne(Policy policy) throws IOException {
    open(policy);
    append("before");
    Prepared prepared = new Prepared(new IOException("no room"));
    appender.hold(prepared);
    append("after");
    appender.drain();
    assertThat(prepared.seen).containsExactly("before", "no room");
    appender.release();
    assertThat(appender.writeAndForce()).isNull();
    assertThat(content(FILE)).isEqualTo("beforeafter");
    assertThat(appender.durable()).isEqualTo(11);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void cancelsThePreparationIfTheFileCannotBeWritten(boolean known) throws IOException {
    open(Policy.ALWAYS);
    disk.setRoomBytes(3);
    append("before");
    appender.flush(0);
    if (known) {
      appender.drain();
    }
    Prepared prepared = new Prepared(null);
    appender.hold(prepared);
    appender.drain();
    assertThat(prepared.seen).containsExactly("No space left on device");
    appender.release();
    disk.setRoomBytes(1000);
    append("after");
    appender.retry();
    assertThat(appender.writeAndForce()).isNull();
    assertThat(content(FILE)).isEqualTo("beforeafter");
  }

  /** A file whose syncs take as long as the test wants. */
  private static final class SlowFile extends ForwardingFile {
    final CountDownLatch syncBegun = new CountDownLatch(1);
    final CountDownLatch maySync = new CountDownLatch(1);
    volatile int syncs;

    SlowFile(DiskFile file) {
      super(file);
    }

    @Override
    public void sync() throws IOException {
      syncBegun.countDown();
      try {
        maySync.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      super.sync();
      syncs = syncs + 1;
    }
  }
}
