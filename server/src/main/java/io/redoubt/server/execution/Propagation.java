package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects the effects of one unit of execution (a command, a transaction, a script, a slice of the
 * cron) and passes them, encoded once, to the sinks: the replication stream and the append-only
 * file.
 *
 * <p>An effect is either the unchanged request that caused it, or a command that replaces it
 * (absolute expiry times, deletions of expired keys). The sinks receive a unit with several effects
 * as a transaction, so that it is applied atomically.
 *
 * <p>Without sinks nothing is collected. Confined to the command thread.
 */
public final class Propagation implements AutoCloseable {
  /** The target of effects for the append-only file, as in redis.set_repl. */
  public static final int TO_APPEND_ONLY_FILE = 1;

  /** The target of effects for the replication stream, as in redis.set_repl. */
  public static final int TO_REPLICAS = 2;

  private static final int TO_ALL = TO_APPEND_ONLY_FILE | TO_REPLICAS;

  /** A flag, in addition to the targets, of an effect unknown to Redis 7.2. */
  private static final int NEWER = 4;

  /** A flag, in addition to {@link #NEWER}, of an effect that readers may skip. */
  private static final int OPTIONAL = 8;

  /** Receives encoded commands for one database. The bytes are valid during the call only. */
  public interface Sink {
    /** Returns {@link #TO_APPEND_ONLY_FILE} or {@link #TO_REPLICAS}. */
    int target();

    /** Starts a transaction: the commands up to {@link #endTransaction} take effect together. */
    void beginTransaction();

    void endTransaction();

    /**
     * Receives the command in {@code [start, end)} of {@code memory}, meant for {@code database}.
     */
    void propagate(int database, MemorySegment memory, long start, long end);

    /**
     * Receives the one command in {@code [start, end)} of {@code memory} for {@code database},
     * which is unknown to Redis 7.2.
     */
    default void propagateNewer(int database, MemorySegment memory, long start, long end) {
      propagate(database, memory, start, end);
    }

    /** Like {@link #propagateNewer}, for a command that an older reader may skip. */
    default void propagateOptional(int database, MemorySegment memory, long start, long end) {
      propagateNewer(database, memory, start, end);
    }

    /**
     * Reports that effects of a unit could not be propagated because memory ran out: the commands
     * received so far no longer lead to the state of the keyspace. A started transaction is not
     * finished.
     */
    void onLost();

    /** Returns the offset after everything received so far, as counted by the sink. */
    long offset();
  }

  private static final int KEEP_BYTES = 64 * 1024;

  private final List<Sink> sinks = new ArrayList<>();
  private final ReplyCollector scratch;
  private final ReplyWriter writer;

  private int count;
  private int[] databases = new int[16];
  private long[] starts = new long[16];
  private long[] ends = new long[16];
  private @Nullable MemorySegment[] memories = new MemorySegment[16];
  private byte[] targets = new byte[16];
  private boolean writing;
  private boolean muted;

  /** True if a write of the unit failed half-way, so that its effects are unknown. */
  private boolean lost;

  /** The targets of effects added from now on. */
  private int current = TO_ALL;

  /** The targets of all sinks. */
  private int listening;

  /** Delays replies until replicas have acknowledged the effects; null sends them at once. */
  private @Nullable ReplyAcks acks;

  /** Creates a propagation without sinks; its buffer is allocated from {@code memory}. */
  public Propagation(BufferMemory memory) {
    this.scratch = new ReplyCollector(memory);
    this.writer = new ReplyWriter(scratch);
  }

  /** Frees the buffer; nothing is collected afterwards. */
  @Override
  public void close() {
    scratch.close();
  }

  /** Returns the delay of replies until replicas have acknowledged the effects; null for none. */
  @Nullable ReplyAcks acks() {
    return acks;
  }

  /** Delays replies until replicas have acknowledged the effects; null sends them at once. */
  public void setAcks(@Nullable ReplyAcks newAcks) {
    acks = newAcks;
  }

  /** Adds a sink for all following effects. */
  public void add(Sink sink) {
    sinks.add(sink);
    findListening();
  }

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

  /** Returns true if there are sinks; otherwise effects need not be written. */
  public boolean isActive() {
    return !muted && (current & listening) != 0;
  }

  /** Drops effects while a file is being loaded, which already contains them. */
  public void setMuted(boolean on) {
    muted = on;
  }

  /** Restricts the following effects to a sum of target constants, or to 0 for none. */
  public void only(int chosen) {
    current = chosen;
  }

  /** Sends the following effects to all targets again; returns the previous targets. */
  public int everywhere() {
    int before = current;
    current = TO_ALL;
    return before;
  }

  /** Adds a request unchanged; its bytes must not move until the unit ends. */
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
   * Adds a command of {@code words} words; the caller writes them as bulk strings to the returned
   * writer.
   */
  public ReplyWriter effect(int database, int words) {
    finishWriting();
    add(database, null, scratch.length(), -1);
    writing = true;
    writer.array(words);
    return writer;
  }

  /** Like {@link #effect}, for a command unknown to Redis 7.2. */
  public ReplyWriter newerEffect(int database, int words) {
    ReplyWriter effect = effect(database, words);
    targets[count - 1] |= NEWER;
    return effect;
  }

  /** Like {@link #newerEffect}, for a command that an older reader may skip. */
  public ReplyWriter optionalEffect(int database, int words) {
    ReplyWriter effect = newerEffect(database, words);
    targets[count - 1] |= OPTIONAL;
    return effect;
  }

  ReplyWriter writer() {
    return writer;
  }

  /** Returns the offset of the sink of a target, or -1 if there is none. */
  long offset(int target) {
    for (int s = 0; s < sinks.size(); s++) {
      if (sinks.get(s).target() == target) {
        return sinks.get(s).offset();
      }
    }
    return -1;
  }

  /** Returns true if the unit has effects or lost some. */
  boolean isPending() {
    return count > 0 || lost;
  }

  /** Marks the unit as having changed the keyspace in an unknown way. */
  void markLost() {
    lost |= !muted;
  }

  /**
   * Ends the unit and propagates its effects, as a transaction if there are several. Returns false
   * if they could not be propagated.
   */
  public boolean endUnit() {
    return send(count > 1);
  }

  /** Propagates independent effects, each as a unit of its own. Returns false if that failed. */
  public boolean endSeparately() {
    return send(false);
  }

  private boolean send(boolean grouped) {
    if (!isPending()) {
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
        sinks.get(s).onLost();
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

  /** Sends the effects for a sink's target. */
  private void send(Sink sink, boolean grouped) {
    int first = next(0, sink.target());
    boolean together = grouped && next(first + 1, sink.target()) < count;
    if (together) {
      sink.beginTransaction();
    }
    for (int i = first; i < count; i = next(i + 1, sink.target())) {
      MemorySegment memory = memories[i];
      if (memory == null) {
        long start = scratch.start() + starts[i];
        long end = scratch.start() + ends[i];
        if ((targets[i] & OPTIONAL) != 0) {
          sink.propagateOptional(databases[i], scratch.memory(), start, end);
        } else if ((targets[i] & NEWER) != 0) {
          sink.propagateNewer(databases[i], scratch.memory(), start, end);
        } else {
          sink.propagate(databases[i], scratch.memory(), start, end);
        }
      } else {
        sink.propagate(databases[i], memory, starts[i], ends[i]);
      }
    }
    if (together) {
      sink.endTransaction();
    }
  }

  /**
   * Returns the first effect for a target from {@code i} on; the number of effects if there is
   * none.
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
