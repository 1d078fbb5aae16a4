package io.redoubt.server.keyspace;

import io.redoubt.protocol.Seed;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * The CPU time of SET and GET of 16-byte keys and 64-byte values in the keyspace alone, with and
 * without look-ahead, and the resident memory of a key. Arguments: numbers of keys (by default
 * 1000000 6000000), after the word slots for one table per hash slot.
 */
public final class KeyspaceBenchmark {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int KEY_BYTES = 16;
  private static final int VALUE_BYTES = 64;
  private static final int BATCH = 64;
  private static final int OPERATIONS = 6_000_000;

  private static boolean bySlot;

  private final Slabs slabs = Slabs.create(shortage -> {});
  private final Random random = Seed.from(1);
  private final Keyspace keyspace = new Keyspace(slabs, 16, random, bySlot, KeyspaceListener.NONE);
  private final Database database = keyspace.database(0);
  private final Prefetch prefetch = new Prefetch(keyspace);
  private final long keys = slabs.allocateFar((long) BATCH * KEY_BYTES);
  private final long value = slabs.allocateFar(VALUE_BYTES);
  private final long[] addresses = new long[BATCH];
  private final int[] lengths = new int[BATCH];
  private long found;

  private KeyspaceBenchmark() {
    for (int i = 0; i < BATCH; i++) {
      addresses[i] = keys + (long) i * KEY_BYTES;
      lengths[i] = KEY_BYTES;
      Region.put(addresses[i], "key:000000000000".getBytes(StandardCharsets.UTF_8));
    }
    Region.fill(value, VALUE_BYTES, 'x');
  }

  /** Runs the benchmark. */
  public static void main(String[] arguments) throws IOException {
    List<String> counts = new ArrayList<>(List.of(arguments));
    bySlot = counts.remove("slots");
    new KeyspaceBenchmark().fill(300_000, 0);
    if (counts.isEmpty()) {
      run(1_000_000);
      run(6_000_000);
    }
    for (String count : counts) {
      run(Integer.parseInt(count));
    }
  }

  private static void run(int count) throws IOException {
    long before = residentBytes();
    KeyspaceBenchmark benchmark = new KeyspaceBenchmark();
    System.out.printf(Locale.ROOT, "%,d keys%n", count);
    long start = cpuNanos();
    long longest = benchmark.fill(count, start);
    report("first set", start, count);
    System.out.printf(
        Locale.ROOT,
        "  longest of 64 sets %,d µs; a key takes %.1f bytes resident, %.1f used, %.1f reserved%n",
        longest / 1000,
        (double) (residentBytes() - before) / count,
        (double) benchmark.slabs.usedBytes() / count,
        (double) benchmark.slabs.reservedBytes() / count);
    for (int round = 0; round < 2; round++) {
      for (boolean ahead : new boolean[] {false, true}) {
        start = cpuNanos();
        benchmark.gets(count, ahead);
        report(ahead ? "get, look-ahead" : "get", start, OPERATIONS);
        start = cpuNanos();
        benchmark.sets(count, ahead);
        report(ahead ? "set, look-ahead" : "set", start, OPERATIONS);
      }
    }
    if (benchmark.found == 0) {
      throw new IllegalStateException("nothing found");
    }
    benchmark.keyspace.close();
    benchmark.slabs.close();
  }

  private static void report(String what, long start, int operations) {
    System.out.printf(Locale.ROOT, "  %-16s %5d ns%n", what, (cpuNanos() - start) / operations);
  }

  /** Returns the longest time of a batch, in nanoseconds. */
  private long fill(int count, long start) {
    long longest = 0;
    long last = start;
    for (int i = 0; i < count; i++) {
      writeKey(i % BATCH, i);
      set(i % BATCH);
      if (i % BATCH == 0 && start != 0) {
        long now = cpuNanos();
        longest = Math.max(longest, now - last);
        last = now;
      }
    }
    return longest;
  }

  private void gets(int count, boolean ahead) {
    for (int done = 0; done < OPERATIONS; done += BATCH) {
      nextBatch(count, ahead);
      for (int i = 0; i < BATCH; i++) {
        long entry = database.findLive(addresses[i], lengths[i]);
        if (entry != 0) {
          database.touch(entry);
          found += Region.getLong(Entry.payloadAddress(entry) + 1);
        }
      }
    }
  }

  private void sets(int count, boolean ahead) {
    for (int done = 0; done < OPERATIONS; done += BATCH) {
      nextBatch(count, ahead);
      for (int i = 0; i < BATCH; i++) {
        set(i);
      }
    }
  }

  private void set(int i) {
    database.putString(addresses[i], lengths[i], value, VALUE_BYTES, Entry.NO_EXPIRY);
  }

  private void nextBatch(int count, boolean ahead) {
    for (int i = 0; i < BATCH; i++) {
      writeKey(i, random.nextInt(count));
    }
    if (ahead) {
      prefetch.keys(database, addresses, lengths, BATCH);
    }
  }

  private void writeKey(int i, int number) {
    int rest = number;
    for (int at = KEY_BYTES - 1; at >= 4; at--) {
      Region.putByte(addresses[i] + at, '0' + rest % 10);
      rest /= 10;
    }
  }

  /**
   * Returns CPU time rather than wall time, because the machine may be busy with other processes.
   */
  private static long cpuNanos() {
    return THREADS.getCurrentThreadCpuTime();
  }

  private static long residentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    return 0;
  }
}
