package io.redoubt.server.execution.monitoring;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The slow log: the last commands that took at least {@code slowlog-log-slower-than}. An entry is
 * one block of the region, and entries form a list from the newest to the oldest, so that the log
 * uses no Java heap and is part of the used memory. Confined to the loop.
 */
public final class SlowLog {
  /**
   * The number of arguments kept of a command; the last one contains the number of omitted ones.
   */
  private static final int MAX_ARGUMENTS = 32;

  /** The maximum number of bytes kept of an argument. */
  private static final int MAX_ARGUMENT_BYTES = 128;

  /** The threshold above which commands of a series are too short to matter one by one. */
  private static final long SERIES_NANOS = 1_000_000;

  private static final byte[] NOTHING = {};
  private static final byte[] REDACTED = "(redacted)".getBytes(UTF_8);
  private static final long NEVER = Long.MAX_VALUE;

  // The layout of an entry. Texts follow: arguments, address and name, each after its length.
  private static final int OLDER = 0;
  private static final int NEWER = 8;
  private static final int SIZE = 16;
  private static final int ID = 24;
  private static final int SECONDS = 32;
  private static final int MICROS = 40;
  private static final int ARGUMENTS = 48;
  private static final int TEXTS = 52;

  private static final long NONE = 0;

  private final Slabs slabs;
  private final Clock clock;
  private long thresholdNanos = NEVER;
  private long maxEntries;
  private long newest = NONE;
  private long oldest = NONE;
  private long count;
  private long nextId;

  /** Creates an empty log that records nothing until {@link #setLimits} are set. */
  public SlowLog(Slabs slabs, Clock clock) {
    this.slabs = slabs;
    this.clock = clock;
  }

  /**
   * Sets the threshold and the length of the log.
   *
   * @param slowerThanMicros the minimum duration of a recorded command; negative for none
   * @param length the maximum number of entries
   */
  public void setLimits(long slowerThanMicros, long length) {
    thresholdNanos =
        slowerThanMicros < 0 || slowerThanMicros > NEVER / 1000 ? NEVER : slowerThanMicros * 1000;
    maxEntries = length;
    trim();
  }

  /** Returns the minimum duration of a recorded command, in nanoseconds. */
  public long thresholdNanos() {
    return thresholdNanos;
  }

  /** Returns true if every command must be measured, however short. */
  boolean measuresEach() {
    return thresholdNanos < SERIES_NANOS;
  }

  /** Records a command of a client, unless it is exempt. */
  public void record(Command<?> command, Request request, ServerClient client, long durationNanos) {
    byte[] name = client.names().name().toByteArray();
    record(command, request, client.address(), name, durationNanos);
  }

  /** Records a command of a script, which has neither an address nor a name, as in Redis. */
  void recordOfScript(Command<?> command, Request request, long durationNanos) {
    record(command, request, "", NOTHING, durationNanos);
  }

  /** Records a command, unless memory is short, since the log must not use up the reserve. */
  private void record(
      Command<?> command, Request request, String address, byte[] name, long durationNanos) {
    if (command.has(Flag.SKIP_SLOWLOG) || slabs.isShort() || maxEntries <= 0) {
      return;
    }
    byte[] addressBytes = address.getBytes(UTF_8);
    int kept = Math.min(request.count(), MAX_ARGUMENTS);
    long bytes = TEXTS + 2L * Integer.BYTES + addressBytes.length + name.length;
    byte[][] suffixes = new byte[kept][];
    for (int i = 0; i < kept; i++) {
      suffixes[i] = suffix(command, request, i);
      bytes += Integer.BYTES + keptBytes(command, request, i) + suffixes[i].length;
    }
    long entry;
    try {
      entry = slabs.allocateFar(bytes);
    } catch (OutOfMemoryError full) {
      return; // the command itself has succeeded
    }
    Region.putLong(entry + SIZE, bytes);
    Region.putLong(entry + ID, nextId++);
    Region.putLong(entry + SECONDS, clock.wallMillis() / 1000);
    Region.putLong(entry + MICROS, durationNanos / 1000);
    Region.putInt(entry + ARGUMENTS, kept);
    long at = entry + TEXTS;
    for (int i = 0; i < kept; i++) {
      int start = keptBytes(command, request, i);
      byte[] suffix = suffixes[i];
      Region.putInt(at, start + suffix.length);
      at += Integer.BYTES;
      MemorySegment.copy(request.memory(), request.offset(i), Region.MEMORY, at, start);
      Region.put(at + start, suffix);
      at += start + suffix.length;
    }
    at = putText(at, addressBytes);
    putText(at, name);
    push(entry);
    trim();
  }

  private static long putText(long at, byte[] text) {
    Region.putInt(at, text.length);
    Region.put(at + Integer.BYTES, text);
    return at + Integer.BYTES + text.length;
  }

  /** Returns true if an argument is replaced by the number of omitted ones. */
  private static boolean isRest(Request request, int i) {
    return i == MAX_ARGUMENTS - 1 && request.count() > MAX_ARGUMENTS;
  }

  /** Returns the number of bytes kept of an argument itself. */
  private static int keptBytes(Command<?> command, Request request, int i) {
    return isRest(request, i) || command.isSecret(request, i)
        ? 0
        : Math.min(request.length(i), MAX_ARGUMENT_BYTES);
  }

  /** Returns the text that replaces the omitted bytes of an argument. */
  private static byte[] suffix(Command<?> command, Request request, int i) {
    if (isRest(request, i)) {
      int more = request.count() - MAX_ARGUMENTS + 1;
      return ("... (" + more + " more arguments)").getBytes(UTF_8);
    }
    if (command.isSecret(request, i)) {
      return REDACTED;
    }
    int more = request.length(i) - MAX_ARGUMENT_BYTES;
    return more <= 0 ? NOTHING : ("... (" + more + " more bytes)").getBytes(UTF_8);
  }

  private void push(long entry) {
    Region.putLong(entry + OLDER, newest);
    Region.putLong(entry + NEWER, NONE);
    if (newest == NONE) {
      oldest = entry;
    } else {
      Region.putLong(newest + NEWER, entry);
    }
    newest = entry;
    count++;
  }

  private void trim() {
    while (count > maxEntries) {
      removeOldest();
    }
  }

  private void removeOldest() {
    long entry = oldest;
    oldest = Region.getLong(entry + NEWER);
    if (oldest == NONE) {
      newest = NONE;
    } else {
      Region.putLong(oldest + OLDER, NONE);
    }
    count--;
    slabs.free(entry, Region.getLong(entry + SIZE));
  }

  /** Removes all entries; ids continue. */
  public void reset() {
    while (count > 0) {
      removeOldest();
    }
  }

  public long count() {
    return count;
  }

  /**
   * An entry for the page.
   *
   * @param seconds the Unix time of its end
   * @param words the command and its arguments
   */
  public record Entry(long id, long seconds, long micros, List<String> words) {
    /** Copies the words. */
    public Entry {
      words = List.copyOf(words);
    }
  }

  /** Returns the id of the newest entry, 0 for none. */
  public long lastId() {
    return newest == NONE ? 0 : Region.getLong(newest + ID);
  }

  /** Returns the duration of the newest entry in microseconds, 0 for none. */
  public long lastMicros() {
    return newest == NONE ? 0 : Region.getLong(newest + MICROS);
  }

  /** Returns the newest entries, at most {@code most} of them. */
  public List<Entry> newest(int most) {
    List<Entry> entries = new ArrayList<>();
    long entry = newest;
    for (int i = 0; i < Math.min(most, count); i++) {
      int arguments = Region.getInt(entry + ARGUMENTS);
      List<String> words = new ArrayList<>(arguments);
      long at = entry + TEXTS;
      for (int text = 0; text < arguments; text++) {
        int length = Region.getInt(at);
        words.add(text(at + Integer.BYTES, length));
        at += Integer.BYTES + length;
      }
      entries.add(
          new Entry(
              Region.getLong(entry + ID),
              Region.getLong(entry + SECONDS),
              Region.getLong(entry + MICROS),
              words));
      entry = Region.getLong(entry + OLDER);
    }
    return entries;
  }

  private static String text(long at, int length) {
    byte[] bytes = new byte[length];
    MemorySegment.copy(Region.MEMORY, ValueLayout.JAVA_BYTE, at, bytes, 0, length);
    return new String(bytes, UTF_8);
  }

  /** Replies with the newest entries, at most {@code most} of them. */
  public void reply(ReplyWriter reply, long most) {
    int shown = (int) Math.min(Math.min(most, count), Integer.MAX_VALUE);
    reply.array(shown);
    long entry = newest;
    for (int i = 0; i < shown; i++) {
      reply.array(6);
      reply.integer(Region.getLong(entry + ID));
      reply.integer(Region.getLong(entry + SECONDS));
      reply.integer(Region.getLong(entry + MICROS));
      int arguments = Region.getInt(entry + ARGUMENTS);
      reply.array(arguments);
      long at = entry + TEXTS;
      for (int text = 0; text < arguments + 2; text++) {
        int length = Region.getInt(at);
        reply.bulk(Region.MEMORY, at + Integer.BYTES, length);
        at += Integer.BYTES + length;
      }
      entry = Region.getLong(entry + OLDER);
    }
  }
}
