package io.redoubt.persistence.aof;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.aof.AofDirectory.Following;
import io.redoubt.persistence.aof.append.AppendBuffer;
import io.redoubt.persistence.aof.append.AppendTarget;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.FaultDisk;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.persistence.rdb.RdbStrings;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Tests a simulated server that appends ascending numbers as commands and loses power, or gets an
 * error, at each of its disk operations. A load then finds all numbers from 1 to at least the last
 * synced one, without gaps or duplicates.
 */
class AofCrashTest {

  private static final int SCENARIOS = 12;
  private static final int ACTIONS = 14;
  private static final int JOURNAL_BYTES = 1 << 14; // room for three entries
  private static final Path WORKING = Path.of("/data");
  private static final AofLog LOG = new SilentLog();

  /** Collects the numbers passed by a load. */
  private static final class Numbers implements AofVisitor {
    private int last;
    private int committed; // without the open transaction
    private boolean inside;
    private @Nullable RdbStrings preamble;

    @Override
    public RdbReader beginPreamble() {
      preamble = new RdbStrings();
      return preamble.reader();
    }

    @Override
    public void endPreamble() {
      last = Integer.parseInt(preamble.keys().get("count"));
      committed = last;
      preamble.close();
    }

    @Override
    public void command(Request request, long offset) {
      switch (request.text(0)) {
        case "MULTI" -> inside = true;
        case "EXEC" -> inside = false;
        default -> {
          assertThat(request.text(0)).isEqualTo("COUNT");
          assertThat(Integer.parseInt(request.text(1))).isEqualTo(++last);
        }
      }
      if (!inside) {
        committed = last;
      }
    }

    @Override
    public void timestamp(long seconds, long offset) {}

    @Override
    public void cut() {
      last = committed;
      inside = false;
    }

    @Override
    public void endFile(AofFile file) {
      assertThat(inside).isFalse();
    }
  }

  /** A server with its disk, whose random actions a run can repeat. */
  private static final class Server {
    private final FaultDisk disk;
    private final Random random;
    private AofDirectory directory;
    private @Nullable AppendTarget file; // null while appending is off
    private @Nullable CommitJournal journal;
    private int count;
    private int safe; // the number that must survive a power cut
    private int written;
    private boolean wasOff; // all readable content is durable

    Server(Random random, Random faults) {
      this.random = random;
      disk = new FaultDisk(faults, Path.of("/"), WORKING);
      disk.leavesZeros(true);
    }

    void start() throws Exception {
      directory = new AofDirectory(disk, WORKING, "dir", "x", LOG);
      directory.open();
      directory.migrateOldFile();
      Numbers numbers = new Numbers();
      try (AofLoad load =
          new AofLoad(disk, directory, BufferMemory.offHeap(), numbers, true, LOG)) {
        while (load.step()) {
          continue;
        }
      }
      assertThat(numbers.last).isBetween(safe, written);
      count = numbers.last;
      safe = wasOff ? count : safe;
      wasOff = false;
      written = count;
      DiskFile last = directory.openLast();
      journal = directory.createJournal(JOURNAL_BYTES);
      file = target(last);
      directory.removeHistory();
    }

    private AppendTarget target(DiskFile last) throws IOException {
      return new AppendTarget(last, directory.manifest().last().sequence(), 0, journal);
    }

    /** Restarts the process or the whole system. */
    void restart(boolean system) {
      if (system) {
        disk.restart();
        wasOff = true;
      } else {
        disk.resume();
      }
    }

    void act() throws IOException {
      switch (random.nextInt(14)) {
        case 0, 1, 2, 3 -> count(1 + random.nextInt(3));
        case 4, 5, 6, 7 -> commit();
        case 8 -> sync();
        case 9 -> stopOrStart();
        default -> rewrite();
      }
    }

    private void count(int numbers) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      boolean transaction = numbers > 1;
      if (transaction) {
        bytes.writeBytes(RequestEncoder.encode("MULTI"));
      }
      int next = count;
      for (int i = 0; i < numbers; i++) {
        bytes.writeBytes(RequestEncoder.encode("COUNT", "" + ++next));
      }
      if (transaction) {
        bytes.writeBytes(RequestEncoder.encode("EXEC"));
      }
      if (file == null) {
        count = next;
        return;
      }
      written = Math.max(written, next);
      AppendBuffer buffer = new AppendBuffer();
      try {
        buffer.append(MemorySegment.ofArray(bytes.toByteArray()), 0, bytes.size());
        file.write(buffer);
      } finally {
        buffer.close();
      }
      count = next;
    }

    private void commit() throws IOException {
      if (file != null) {
        file.commit();
        safe = count;
      }
    }

    private static void write(DiskFile file, byte[] bytes) throws IOException {
      file.write(MemorySegment.ofArray(bytes), 0, bytes.length);
    }

    private void sync() throws IOException {
      if (file != null) {
        file.sync();
        safe = count;
      }
    }

    private void stopOrStart() throws IOException {
      if (file != null) {
        sync();
        file.close();
        file = null;
        return;
      }
      DiskFile next = directory.startTemporaryIncremental();
      int state = count;
      ByteArrayOutputStream after = new ByteArrayOutputStream();
      for (int i = random.nextInt(3); i > 0; i--) {
        after.writeBytes(RequestEncoder.encode("COUNT", "" + ++count));
      }
      write(next, after.toByteArray());
      written = Math.max(written, count);
      replace(state, Following.TEMPORARY);
      next.sync();
      file = target(next);
      safe = count;
    }

    private void rewrite() throws IOException {
      if (file == null) {
        int state = count;
        written = Math.max(written, state);
        replace(state, Following.NONE);
        safe = state;
        return;
      }
      sync();
      DiskFile next = directory.createIncremental();
      try {
        directory.enterIncremental();
      } catch (FaultDisk.PowerCut e) {
        throw e;
      } catch (IOException e) {
        next.close();
        directory.dropIncremental();
        throw e;
      }
      file.close();
      file = target(next);
      int state = count;
      count(1 + random.nextInt(3));
      if (random.nextBoolean()) {
        sync();
      }
      replace(state, Following.LAST);
    }

    private void replace(int state, Following following) throws IOException {
      boolean rdb = random.nextBoolean();
      Path temporary = directory.temporaryBase(4711);
      try (DiskFile base = disk.create(temporary)) {
        write(base, rdb ? RdbStrings.write(Map.of("count", "" + state)) : numbers(state));
        base.sync();
      }
      directory.replaceBase(temporary, rdb, following);
      if (random.nextInt(3) != 0) {
        directory.removeHistory();
      }
    }

    private static byte[] numbers(int last) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (int i = 1; i <= last; i++) {
        bytes.writeBytes(RequestEncoder.encode("COUNT", "" + i));
      }
      return bytes.toByteArray();
    }

    /** Acts until the end. A disk error aborts an action, and the next one starts. */
    void run(int actions) throws FaultDisk.PowerCut {
      for (int i = 0; i < actions; i++) {
        try {
          act();
        } catch (FaultDisk.PowerCut e) {
          throw e;
        } catch (IOException e) {
          assertThat(e).hasMessageContaining("Input/output error");
        }
      }
    }
  }

  /** Runs a scenario with a fault at a step; returns true if the step was reached. */
  private static boolean survives(long seed, long powerCutAt, long failureAt) throws Exception {
    Server server = new Server(Seed.from(seed), Seed.from(seed + powerCutAt));
    server.disk.cutPowerAt(powerCutAt);
    server.disk.setFailAt(failureAt);
    boolean reached = false;
    try {
      server.start();
      server.run(ACTIONS);
      reached = server.disk.steps() > failureAt;
    } catch (FaultDisk.PowerCut e) {
      reached = true;
    } catch (IOException e) {
      reached = true; // during the start: the server exits
      assertThat(e).hasMessageContaining("Input/output error");
    }
    server.restart(true);
    server.start();
    server.run(ACTIONS / 2);
    server.restart(server.random.nextBoolean());
    server.start();
    server.run(ACTIONS / 2);
    server.restart(true);
    server.start();
    return reached;
  }

  @Test
  void survivesAPowerCutAtEveryStep() throws Exception {
    Random seeds = Seed.random("AofCrashTest.survivesAPowerCutAtEveryStep");
    for (int i = 0; i < SCENARIOS; i++) {
      long seed = seeds.nextLong();
      long step = 0;
      while (survives(seed, step, Long.MAX_VALUE)) {
        step++;
      }
      assertThat(step).isGreaterThan(ACTIONS);
    }
  }

  @Test
  void survivesAFailureOfEveryStep() throws Exception {
    Random seeds = Seed.random("AofCrashTest.survivesAFailureOfEveryStep");
    for (int i = 0; i < SCENARIOS; i++) {
      long seed = seeds.nextLong();
      long step = 0;
      while (survives(seed, Long.MAX_VALUE, step)) {
        step++;
      }
      assertThat(step).isGreaterThan(ACTIONS);
    }
  }

  @Test
  void makesTheContentDurableBeforeItAppends() throws Exception {
    Random random = Seed.random("AofCrashTest.makesTheContentDurableBeforeItAppends");
    for (int i = 0; i < SCENARIOS; i++) {
      Server server = new Server(random, random);
      server.start();
      server.count(2);
      server.restart(false); // the process dies: its bytes are only in the system's cache
      server.start();
      assertThat(server.count).isEqualTo(2);
      server.commit(); // clients have seen these bytes' effects by now
      server.restart(true);
      server.start();
      assertThat(server.count).isEqualTo(2);
    }
  }
}
