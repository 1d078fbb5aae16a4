package io.redoubt.server.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.redoubt.protocol.Seed;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checks that frequent operations of the keyspace allocate nothing on the Java heap. */
@Tag("optimized")
final class KeyspaceAllocationTest {
  private static final int OPERATIONS = 100_000;
  private static final int KEYS = 10_000;

  /**
   * The limit per operation: the heap holds the records of runs and pages, each for many entries.
   */
  private static final double ALLOWED_BYTES = 0.5;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final Slabs slabs = Slabs.create(shortage -> {});
  private final Keyspace keyspace = new Keyspace(slabs, 1, Seed.random("KeyspaceAllocationTest"));
  private final Database database = keyspace.database(0);

  @FunctionalInterface
  private interface Operation {
    void run(long keyAddress, int keyLength);
  }

  @Test
  void operationsAllocateNothing() {
    try (RegionArgument value = RegionArgument.of(slabs, "v".repeat(64));
        RegionArgument other = RegionArgument.of(slabs, "v".repeat(90))) {
      assertAllocatesNothing(
          "set new", (key, length) -> putString(key, length, value, Entry.NO_EXPIRY));
      assertAllocatesNothing("get", (key, length) -> database.touch(database.find(key, length)));
      assertAllocatesNothing(
          "set other size", (key, length) -> putString(key, length, other, Entry.NO_EXPIRY));
      assertAllocatesNothing(
          "set with expiry", (key, length) -> putString(key, length, value, 1_000_000 + key % 97));
      assertAllocatesNothing(
          "persist", (key, length) -> database.persist(database.find(key, length)));
      assertAllocatesNothing(
          "expire", (key, length) -> database.setExpiry(database.find(key, length), key % 1000));
      assertAllocatesNothing(
          "integer", (key, length) -> database.putInteger(key, length, 5, Database.KEEP_EXPIRY));
      assertAllocatesNothing(
          "set and delete",
          (key, length) -> {
            database.delete(key, length);
            putString(key, length, value, Entry.NO_EXPIRY);
          });
      keyspace.setNowMicros(2_000_000_000L);
      assertAllocatesNothing(
          "expire due",
          (key, length) -> {
            putString(key, length, value, 1);
            keyspace.expireDue(1);
          });
    }
    keyspace.close();
  }

  private void putString(long key, int length, RegionArgument value, long expireAt) {
    database.putString(key, length, value.address(), value.length(), expireAt);
  }

  private void assertAllocatesNothing(String what, Operation operation) {
    try (RegionArgument key = RegionArgument.of(slabs, "key:0000000")) {
      run(operation, key, KEYS);
      long thread = Thread.currentThread().threadId();
      long before = threads.getThreadAllocatedBytes(thread);
      run(operation, key, OPERATIONS);
      double allocated = threads.getThreadAllocatedBytes(thread) - before;
      assertThat(allocated / OPERATIONS).as("bytes a %s", what).isLessThan(ALLOWED_BYTES);
    }
  }

  private static void run(Operation operation, RegionArgument key, int operations) {
    for (int i = 0; i < operations; i++) {
      int number = i % KEYS;
      for (int digit = 0; digit < 5; digit++) {
        Region.putByte(key.address() + key.length() - 1 - digit, '0' + number % 10);
        number /= 10;
      }
      operation.run(key.address(), key.length());
    }
  }
}
