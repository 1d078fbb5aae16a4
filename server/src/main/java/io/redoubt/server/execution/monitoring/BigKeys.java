package io.redoubt.server.execution.monitoring;

import io.redoubt.protocol.process.Clock;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockConsumer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The keys that take the most memory, found by passes over the keyspace in small steps. Each pass
 * replaces the result of the previous one, so that removed keys disappear. Confined to the event
 * loop.
 */
public final class BigKeys {
  /** The number of keys that are remembered. */
  static final int MOST = 10;

  static final int MAX_NAME_BYTES = 128;

  /** The duration of one step: about a thousand keys. */
  private static final long STEP_NANOS = 250_000;

  /** The number of buckets examined between two readings of the clock. */
  private static final int BUCKETS = 16;

  /** The minimum number of elements at which the size of a value is estimated. */
  private static final int SAMPLES = 5;

  /**
   * A key and its size.
   *
   * @param name at most {@value #MAX_NAME_BYTES} bytes of it
   * @param length the length of the whole name
   * @param bytes the memory of name and value, estimated for a large value
   */
  public record Big(int database, byte[] name, int length, Type type, long bytes) {}

  private static final Comparator<Big> BY_SIZE = Comparator.comparingLong(Big::bytes).reversed();

  private final Keyspace keyspace;
  private final Clock clock;
  private final BlockConsumer consumer = this::examine;
  private final List<Big> found = new ArrayList<>(MOST + 1);
  private List<Big> before = List.of();
  private int database;
  private long cursor;
  private long seen;

  /** Creates a search without results. */
  public BigKeys(Keyspace keyspace, Clock clock) {
    this.keyspace = keyspace;
    this.clock = clock;
  }

  /** Examines further keys for a fraction of a millisecond. Called once a second. */
  public void step() {
    long end = clock.monotonicNanos() + STEP_NANOS;
    do {
      for (int i = 0; i < BUCKETS; i++) {
        cursor = keyspace.database(database).scan(cursor, consumer);
        if (cursor == 0 && ++database == keyspace.count()) {
          finishPass();
          return;
        }
      }
    } while (clock.monotonicNanos() < end);
  }

  private void finishPass() {
    before = List.copyOf(found);
    found.clear();
    database = 0;
    seen = 0;
  }

  private void examine(long entry) {
    seen++;
    Database in = keyspace.database(database);
    long bytes = in.memoryUsage(entry, SAMPLES);
    if (found.size() == MOST && bytes <= found.getLast().bytes()) {
      return;
    }
    int length = Entry.keyLength(entry);
    byte[] name = Region.toByteArray(Entry.keyAddress(entry), Math.min(length, MAX_NAME_BYTES));
    found.add(new Big(database, name, length, Entry.type(entry), bytes));
    found.sort(BY_SIZE);
    if (found.size() > MOST) {
      found.removeLast();
    }
  }

  /** Returns the number of keys examined by the current pass. */
  public long seen() {
    return seen;
  }

  /** Returns the largest keys of the current pass and the previous one, in descending order. */
  public List<Big> biggest() {
    List<Big> all = new ArrayList<>(found);
    Set<List<Object>> known = new HashSet<>();
    found.forEach(big -> known.add(nameOf(big)));
    before.stream().filter(big -> known.add(nameOf(big))).forEach(all::add);
    all.sort(BY_SIZE);
    return List.copyOf(all.subList(0, Math.min(MOST, all.size())));
  }

  private static List<Object> nameOf(Big big) {
    return List.of(big.database(), big.length(), Arrays.hashCode(big.name()));
  }
}
