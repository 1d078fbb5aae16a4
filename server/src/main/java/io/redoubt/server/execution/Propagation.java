package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestEncoder;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects the effects of one unit of execution (a command, a transaction, a script, a slice of the
 * cron) and hands them, encoded once, to the sinks: the replication stream and the append-only
 * file.
 *
 * <p>An effect is either the bytes of the request that caused it, where they lie, or a command
 * written here in its place (absolute expiry times, deletions of expired keys). A unit with several
 * effects reaches the sinks between MULTI and EXEC, so that nobody sees half of it.
 *
 * <p>Without sinks nothing is collected. Used on the command thread only.
 */
public final class Propagation implements AutoCloseable {
  /** Target of effects, as scripts write it too: the append-only file. */
  public static final int TO_APPEND_ONLY_FILE = 1;

  /** Target of effects, as scripts write it too: the replication stream. */
  public static final int TO_REPLICAS = 2;

  private static final int TO_ALL = TO_APPEND_ONLY_FILE | TO_REPLICAS;

  /** Marks an effect, beside its targets, that a Redis 7.2 does not know. */
  private static final int NEWER = 4;

  /** Takes encoded commands for one database. The bytes are valid during the call only. */
  public interface Sink {
    /** {@link #TO_APPEND_ONLY_FILE} or {@link #TO_REPLICAS}. */
    int target();

    /** Takes the commands in {@code [start, end)} of {@code memory}, meant for {@code database}. */
    void propagate(int database, MemorySegment memory, long start, long end);

    /**
     * Takes the one command in {@code [start, end)} of {@code memory}, meant for {@code database},
     * which a Redis 7.2 does not know.
     */
    default void propagateNewer(int database, MemorySegment memory, long start, long end) {
      propagate(database, memory, start, end);
    }

    /**
     * Hears that the effects of a unit are missing here, wholly or in part, for want of memory:
     * what was propagated does not lead to the keyspace any more.
     */
    void lost();
  }

  private static final byte[] MULTI = RequestEncoder.encode("MULTI");
  private static final byte[] EXEC = RequestEncoder.encode("EXEC");
  private static final int KEEP_BYTES = 64 * 1024;

  private final List<Sink> sinks = new ArrayList<>();
  private final ReplyCollector scratch;
  private final ReplyWriter writer;
  private final MemorySegment multi = MemorySegment.ofArray(MULTI);
  private final MemorySegment exec = MemorySegment.ofArray(EXEC);

  private int count;
  private int[] databases = new int[16];
  private long[] starts = new long[16];
  private long[] ends = new long[16];
  private @Nullable MemorySegment[] memories = new MemorySegment[16];
  private byte[] targets = new byte[16];
  private boolean writing;
  private boolean muted;

  /** True if a write of the unit failed half-way, so that its effects are not known. */
  private boolean lost;

  /** Where the effects that are added now go. */
  private int current = TO_ALL;

  /** Where there are sinks. */
  private int listening;

  /** A propagation without sinks that takes its buffer from {@code memory}. */
  public Propagation(BufferMemory memory) {
    this.scratch = new ReplyCollector(memory);
    this.writer = new ReplyWriter(scratch);
  }

  /** Gives the buffer back; nothing is collected any more. */
  @Override
  public void close() {
    scratch.close();
  }

  /** Adds a sink, which gets what is propagated from now on. */
  public void add(Sink sink) {
    sinks.add(sink);
    findListening();
  }

  /** Removes a sink. */
  public void remove(Sink sink) {
    sinks.remove(sink);
    findListening();
  }

  private void findListening() {
    listening = 0;
    for (Sink sink : sinks) {
      listening |= sink.target();
    }
  }

  /** Whether anybody listens; if not, effects need not be described at all. */
  public boolean isActive() {
    return !muted && (current & listening) != 0;
  }

  /** Whether effects are dropped for a while: what a file brings back is in it already. */
  public void muted(boolean on) {
    muted = on;
  }

  /** Has the effects that follow go to some targets only, a sum of the constants, or to none. */
  public void only(int chosen) {
    current = chosen;
  }

  /** The effects that follow go everywhere again. Returns the targets that there were. */
  public int everywhere() {
    int before = current;
    current = TO_ALL;
    return before;
  }

  /** Adds a request as it came; its bytes stay where they are until the unit ends. */
  public void verbatim(int database, Request request) {
    if (request.isInline()) {
      ReplyWriter effect = effect(database, request.count());
      for (int i = 0; i < request.count(); i++) {
        effect.bulk(request.memory(), request.offset(i), request.length(i));
      }
    } else {
      add(database, request.memory(), request.start(), request.end());
    }
  }

  /**
   * Adds a command of {@code words} words, which the caller then writes as so many bulk strings to
   * the writer that is returned.
   */
  public ReplyWriter effect(int database, int words) {
    finishWriting();
    add(database, null, scratch.length(), -1);
    writing = true;
    writer.array(words);
    return writer;
  }

  /** Like {@link #effect}, of a command that a Redis 7.2 does not know. */
  public ReplyWriter newerEffect(int database, int words) {
    ReplyWriter effect = effect(database, words);
    targets[count - 1] |= NEWER;
    return effect;
  }

  /** The writer that {@link #effect} returns. */
  ReplyWriter writer() {
    return writer;
  }

  /** Number of effects of the unit so far. */
  public int count() {
    return count;
  }

  /** Returns true if the unit has anything to tell the sinks. */
  boolean isPending() {
    return count > 0 || lost;
  }

  /** Marks the unit as one that changed the keyspace in an unknown way. */
  void lose() {
    lost |= !muted;
  }

  /**
   * Ends the unit: its effects go to the sinks, together if there are several. Returns false if the
   * sinks lack them.
   */
  public boolean endUnit() {
    return send(count > 1);
  }

  /**
   * Sends effects that have nothing to do with each other: each is a unit of its own. Returns false
   * if the sinks lack them.
   */
  public boolean endSeparately() {
    return send(false);
  }

  private boolean send(boolean grouped) {
    if (count == 0 && !lost) {
      return true;
    }
    if (!lost) {
      sendToAll(grouped);
    }
    boolean sent = !lost;
    forget();
    if (!sent) {
      // Backwards, because a sink may remove itself.
      for (int s = sinks.size() - 1; s >= 0; s--) {
        sinks.get(s).lost();
      }
    }
    return sent;
  }

  private void sendToAll(boolean grouped) {
    finishWriting();
    try {
      for (int s = 0; s < sinks.size(); s++) {
        send(sinks.get(s), grouped);
      }
    } catch (OutOfMemoryError full) {
      lost = true;
    }
  }

  private void forget() {
    writing = false;
    lost = false;
    Arrays.fill(memories, 0, count, null);
    count = 0;
    if (scratch.length() > KEEP_BYTES) {
      scratch.close();
    } else {
      scratch.clear();
    }
  }

  /** Sends a sink those effects that are for it. */
  private void send(Sink sink, boolean grouped) {
    int first = next(0, sink.target());
    boolean together = grouped && next(first + 1, sink.target()) < count;
    int last = first;
    if (together) {
      sink.propagate(databases[first], multi, 0, MULTI.length);
    }
    for (int i = first; i < count; i = next(i + 1, sink.target())) {
      MemorySegment memory = memories[i];
      if (memory == null) {
        long start = scratch.start() + starts[i];
        long end = scratch.start() + ends[i];
        if ((targets[i] & NEWER) != 0) {
          sink.propagateNewer(databases[i], scratch.memory(), start, end);
        } else {
          sink.propagate(databases[i], scratch.memory(), start, end);
        }
      } else {
        sink.propagate(databases[i], memory, starts[i], ends[i]);
      }
      last = i;
    }
    if (together) {
      sink.propagate(databases[last], exec, 0, EXEC.length);
    }
  }

  /**
   * The first effect from {@code i} on that is for a target; beyond the last when there is none.
   */
  private int next(int i, int target) {
    int at = i;
    while (at < count && (targets[at] & target) == 0) {
      at++;
    }
    return at;
  }

  private void finishWriting() {
    if (writing) {
      ends[count - 1] = scratch.length();
      writing = false;
    }
  }

  private void add(int database, @Nullable MemorySegment memory, long start, long end) {
    finishWriting();
    if (count == starts.length) {
      databases = Arrays.copyOf(databases, count * 2);
      starts = Arrays.copyOf(starts, count * 2);
      ends = Arrays.copyOf(ends, count * 2);
      memories = Arrays.copyOf(memories, count * 2);
      targets = Arrays.copyOf(targets, count * 2);
    }
    databases[count] = database;
    memories[count] = memory;
    starts[count] = start;
    ends[count] = end;
    targets[count] = (byte) current;
    count++;
  }
}
