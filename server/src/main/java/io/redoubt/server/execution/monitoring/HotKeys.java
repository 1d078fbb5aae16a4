package io.redoubt.server.execution.monitoring;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.command.KeyVisitor;
import io.redoubt.protocol.resp.Request;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * The keys named most often by commands, estimated from a sample of the commands. Confined to the
 * event loop; uses a fixed amount of memory, and costs one comparison per command while it is off.
 *
 * <p>A fixed number of keys is counted (Space-Saving: Metwally, Agrawal, El Abbadi, 2005): a new
 * key replaces the one with the lowest count and inherits that count as its possible error. Counts
 * decay, so that they reflect the last seconds.
 */
public final class HotKeys {
  /** The number of bytes by which names are compared, in addition to their length. */
  static final int MAX_NAME_BYTES = 128;

  private static final int SLOTS = 128;

  /** The mean number of commands between two samples. */
  private static final int MEAN_GAP = 16;

  /**
   * The share of a count that remains after a second, so that half of a count stems from the last
   * three seconds.
   */
  private static final double FADE = 0.8;

  /** A smaller share, or one from fewer samples, may be random. */
  private static final double LEAST_SHARE = 0.01;

  private static final double LEAST_COUNT = 3;

  private static final Request NONE = new Request();

  /**
   * A key and its share of the sampled keys.
   *
   * @param name at most {@link #MAX_NAME_BYTES} bytes of it
   * @param share a lower bound, from 0 to 1
   * @param command the command that was seen last
   */
  public record Hot(int database, byte[] name, double share, String command) {}

  /** A counted key. */
  private static final class Slot {
    private final byte[] name = new byte[MAX_NAME_BYTES];
    private int length;
    private int database;
    private double count;
    private double error;
    private String command = "";

    private boolean is(int index, MemorySegment memory, long offset, int bytes) {
      if (database != index || length != bytes) {
        return false;
      }
      for (int i = Math.min(bytes, MAX_NAME_BYTES) - 1; i >= 0; i--) {
        if (name[i] != memory.get(ValueLayout.JAVA_BYTE, offset + i)) {
          return false;
        }
      }
      return true;
    }

    private void become(int index, MemorySegment memory, long offset, int bytes) {
      database = index;
      length = bytes;
      error = count;
      int kept = Math.min(bytes, MAX_NAME_BYTES);
      MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, name, 0, kept);
    }

    private double sure() {
      return count - error;
    }

    private Hot asShareOf(double all) {
      byte[] kept = Arrays.copyOf(name, Math.min(length, MAX_NAME_BYTES));
      return new Hot(database, kept, sure() / all, command);
    }
  }

  private final RandomGenerator random;
  private final Slot[] slots = new Slot[SLOTS];
  private final KeyVisitor counter = (argument, flags) -> count(argument);
  private boolean on;
  private int gap;
  private double counted;
  private Request request = NONE;
  private int database;
  private String command = "";

  /** Creates a sampler that is off. */
  public HotKeys(RandomGenerator random) {
    this.random = random;
    Arrays.setAll(slots, i -> new Slot());
  }

  /** Turns sampling on or off and forgets earlier counts. */
  public void turn(boolean toOn) {
    if (on != toOn) {
      on = toOn;
      counted = 0;
      for (Slot slot : slots) {
        slot.count = 0;
        slot.error = 0;
        slot.length = 0;
      }
    }
  }

  /** Returns true if commands must be passed to {@link #runs}. */
  boolean isOn() {
    return on;
  }

  /** Counts the keys of a running command if the command is sampled. */
  void runs(int databaseIndex, Command<?> running, Request words) {
    if (--gap > 0) {
      return;
    }
    gap = 1 + random.nextInt(2 * MEAN_GAP - 1); // a fixed gap would favour one place of a pipeline
    if (running.has(Flag.SKIP_MONITOR)) {
      return; // EVAL and the like, whose inner commands are sampled
    }
    request = words;
    database = databaseIndex;
    command = running.name();
    running.keySpecs().forEach(words, counter);
    request = NONE;
  }

  private void count(int argument) {
    MemorySegment memory = request.memory();
    long offset = request.offset(argument);
    int bytes = request.length(argument);
    Slot least = slots[0];
    for (Slot slot : slots) {
      if (slot.is(database, memory, offset, bytes)) {
        add(slot);
        return;
      }
      if (slot.count < least.count) {
        least = slot;
      }
    }
    least.become(database, memory, offset, bytes);
    add(least);
  }

  private void add(Slot slot) {
    counted++;
    slot.count++;
    slot.command = command;
  }

  /** Decays the counts; must be called once a second. */
  public void fade() {
    counted *= FADE;
    for (Slot slot : slots) {
      slot.count *= FADE;
      slot.error *= FADE;
    }
  }

  /** Returns the keys with the highest shares, in descending order. */
  public List<Hot> hottest(int most) {
    double all = counted;
    return Stream.of(slots)
        .filter(slot -> slot.sure() >= LEAST_COUNT && slot.sure() >= LEAST_SHARE * all)
        .sorted(Comparator.comparingDouble(Slot::sure).reversed())
        .limit(most)
        .map(slot -> slot.asShareOf(all))
        .toList();
  }
}
