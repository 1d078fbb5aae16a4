package io.redoubt.protocol.session.heap;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.LogInterval;
import io.redoubt.protocol.resp.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Prevents clients from exhausting the Java heap, which would terminate the process. When live
 * objects take more than {@link #ADMIT_PERCENT} of the heap, commands that retain objects are
 * refused; data is stored off the heap, and commands on it continue. Beyond {@link #CLOSE_PERCENT}
 * new connections are refused, too, and the client with the largest share of the heap is closed.
 *
 * <p>Only a full collection shows which part of the heap is live, and it stops the process. In
 * between, live bytes are estimated: those after the last collection, plus the growth that the
 * holders report, plus what was admitted without a holder. Garbage therefore neither refuses a
 * command nor causes a collection; the JVM collects it as it does without this gate. The estimate
 * matters only while the bytes in use, garbage included, exceed a limit. Confined to the loop.
 */
public final class HeapGate {
  /** A heap and its collector. */
  public interface Heap {
    /** Returns the bytes in use, garbage included. */
    long usedBytes();

    /** Returns the maximum number of bytes in use. */
    long maxBytes();

    /** Runs a garbage collection. */
    void collect();
  }

  /** The heap of this process. */
  public static final Heap OF_PROCESS =
      new Heap() {
        @Override
        public long usedBytes() {
          return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        }

        @Override
        public long maxBytes() {
          return Runtime.getRuntime().maxMemory();
        }

        @Override
        public void collect() {
          System.gc();
        }
      };

  /** The error of a refused command. */
  public static final CommandError FULL =
      new CommandError(
          "OOM command not allowed: the Java heap is exhausted. Raise it by -Xmx in"
              + " REDOUBT_JAVA_OPTS.");

  /**
   * Leaves a sixth of the old generation, which the JVM options make 90 % of the heap, to garbage:
   * the JVM stops for a full collection whenever that part is filled.
   */
  private static final long ADMIT_PERCENT = 75;

  private static final long CLOSE_PERCENT = 85;

  /** The minimum interval of collections if live objects hardly grow. */
  private static final long COLLECTION_NANOS = 1_000_000_000L;

  /** The age at which an estimate expires, since not every object has a holder. */
  private static final long ESTIMATE_NANOS = 10 * COLLECTION_NANOS;

  /** The minimum interval in which holders are asked, which walks over all clients. */
  private static final long HOLDERS_NANOS = 10_000_000L;

  /**
   * The estimated change since the last collection, as a divisor of the heap, after which another
   * one may find more room.
   */
  private static final long GROWTH_SHARE = 16;

  /** The largest part of the heap, as a divisor, that is estimated. */
  private static final long ESTIMATED_SHARE = 4;

  /** The admitted bytes, as a divisor of the heap, after which holders are asked at once. */
  private static final long UNREPORTED_SHARE = 64;

  /**
   * A generous estimate of the objects of a channel, watch or wait in addition to the bytes of its
   * name.
   */
  private static final long WORD_BYTES = 800;

  /** The number of copies of a name or text while it is decoded, stored and displayed. */
  private static final long COPIES = 3;

  /**
   * The bytes that commands may be admitted, as a divisor of the heap, before the heap is asked
   * again: three native calls, a tenth of the time of WATCH.
   */
  private static final long UNCHECKED_SHARE = 128;

  private static final long CLIENT_BYTES = 16 << 10;
  private static final long LARGE_REQUEST_BYTES = 64 << 10;

  /** Commands that retain objects of which holders report the bytes. */
  private static final Set<String> HELD =
      Set.of(
          "blmove",
          "blmpop",
          "blpop",
          "brpop",
          "brpoplpush",
          "bzmpop",
          "bzpopmax",
          "bzpopmin",
          "client|tracking",
          "psubscribe",
          "script|load",
          "ssubscribe",
          "subscribe",
          "wait",
          "waitaof",
          "watch");

  /** Commands that retain objects without a holder. */
  private static final Set<String> KEPT =
      Set.of(
          "acl|setuser", "function|load", "function|restore", "sentinel|monitor", "sentinel|set");

  /** Commands whose words become temporary objects; refused only for large requests. */
  private static final Set<String> DECODING =
      Set.of(
          "acl",
          "auth",
          "client",
          "cluster",
          "command",
          "config",
          "eval",
          "eval_ro",
          "evalsha",
          "evalsha_ro",
          "failover",
          "fcall",
          "fcall_ro",
          "function",
          "hello",
          "info",
          "latency",
          "lolwut",
          "memory",
          "migrate",
          "module",
          "object",
          "pubsub",
          "punsubscribe",
          "replconf",
          "replicaof",
          "script",
          "sentinel",
          "slaveof",
          "sunsubscribe",
          "unsubscribe",
          "xread",
          "xreadgroup");

  /** Commands that open all of their sources at once. */
  private static final Set<String> OPENING =
      Set.of(
          "sdiff",
          "sdiffstore",
          "sinter",
          "sintercard",
          "sinterstore",
          "sunion",
          "sunionstore",
          "zdiff",
          "zdiffstore",
          "zinter",
          "zintercard",
          "zinterstore",
          "zunion",
          "zunionstore");

  /** An estimate of the objects of one source. */
  private static final long SOURCE_BYTES = 64;

  private final Heap heap;
  private final Clock clock;
  private final Log log;
  private final LogInterval lines = new LogInterval();
  private final List<LongSupplier> holders = new ArrayList<>();

  /** The minimum request length in bytes, by command, at which the heap is checked. */
  private long[] fromBytes = {};

  private boolean[] opens = {};

  private boolean[] isHeld = {};

  private boolean[] isKept = {};

  /** The bytes that commands may be admitted before the heap is asked again. */
  private long uncheckedBytes;

  private boolean wasCollected;
  private long collectedNanos;
  private long liveAfterCollection;

  /** The bytes that holders reported then, or the lowest number since. */
  private long heldAfterCollection;

  /** The bytes by which that number has fallen. */
  private long releasedBytes;

  /** The bytes admitted since the last collection of which no holder reports. */
  private long keptBytes;

  /** The bytes that holders reported when they were last asked. */
  private long heldBytes;

  private long askedNanos;

  /** The bytes admitted since holders were last asked, which they will report. */
  private long unreportedBytes;

  public HeapGate(Heap heap, Clock clock, Log log) {
    this.heap = heap;
    this.clock = clock;
    this.log = log;
  }

  /** Adds a source of the bytes that a kind of state takes on the heap. */
  public void addHolder(LongSupplier bytes) {
    holders.add(bytes);
  }

  /** Derives the tables by command from the complete command table. */
  public void onCommandsDeclared(CommandTable<?> table) {
    fromBytes = new long[table.numbered().size()];
    opens = new boolean[fromBytes.length];
    isHeld = new boolean[fromBytes.length];
    isKept = new boolean[fromBytes.length];
    for (Command<?> command : table.numbered()) {
      String name = command.name();
      int bar = name.indexOf('|');
      String container = bar < 0 ? name : name.substring(0, bar);
      int id = command.id();
      opens[id] = OPENING.contains(name);
      isHeld[id] = HELD.contains(name);
      isKept[id] = KEPT.contains(name);
      boolean decodes = opens[id] || DECODING.contains(container);
      fromBytes[id] = isHeld[id] || isKept[id] ? 0 : decodes ? LARGE_REQUEST_BYTES : Long.MAX_VALUE;
    }
  }

  /** Returns false if the heap has no room for the objects that a command may retain. */
  public boolean admits(Command<?> command, Request request) {
    int id = command.id();
    long length = request.end() - request.start();
    if (length < fromBytes[id]) {
      return true;
    }
    long bytes =
        opens[id] ? request.count() * SOURCE_BYTES : request.count() * WORD_BYTES + length * COPIES;
    if (bytes <= uncheckedBytes) {
      uncheckedBytes -= bytes;
    } else if (admits(bytes, ADMIT_PERCENT)) {
      long room = heap.maxBytes() / 100 * ADMIT_PERCENT - heap.usedBytes() - bytes;
      uncheckedBytes = Math.clamp(room, 0, heap.maxBytes() / UNCHECKED_SHARE);
    } else {
      return false;
    }
    unreportedBytes += isHeld[id] ? bytes : 0;
    keptBytes += isKept[id] ? bytes : 0;
    return true;
  }

  /** Returns false if the heap has no room for one more connection. */
  public boolean admitsClient() {
    boolean admitted = admits(CLIENT_BYTES, CLOSE_PERCENT);
    unreportedBytes += admitted ? CLIENT_BYTES : 0;
    return admitted;
  }

  /**
   * Returns false if the heap has no room for this many bytes, which are temporary or will be
   * reported by a holder.
   */
  public boolean admits(long bytes) {
    boolean admitted = admits(bytes, ADMIT_PERCENT);
    unreportedBytes += admitted ? bytes : 0;
    return admitted;
  }

  private boolean admits(long bytes, long percent) {
    if (fits(bytes, percent)) {
      return true;
    }
    if (lines.isDue(clock.monotonicNanos())) {
      log.warning(
          "The Java heap is exhausted: %d of %d MB are in use. Commands that need more of it are"
              + " refused. Raise it by -Xmx in REDOUBT_JAVA_OPTS.",
          heap.usedBytes() >> 20, heap.maxBytes() >> 20);
    }
    return false;
  }

  /** Closes a client if the heap is nearly full; called by the cron. */
  public void relieve(Runnable closeLargest) {
    uncheckedBytes = 0;
    if (!fits(0, CLOSE_PERCENT)) {
      closeLargest.run();
    }
  }

  private boolean fits(long bytes, long percent) {
    long limit = heap.maxBytes() / 100 * percent;
    if (heap.usedBytes() + bytes <= limit) {
      return true;
    }
    if (bytes > limit) {
      return false;
    }
    long now = clock.monotonicNanos();
    if (!wasCollected
        || now - collectedNanos >= ESTIMATE_NANOS
        || keptBytes >= heap.maxBytes() / GROWTH_SHARE
        || liveBytes() - liveAfterCollection >= heap.maxBytes() / ESTIMATED_SHARE) {
      collect(); // state may have become larger than estimated
    } else if (areHoldersDue(now, liveBytes() + bytes > limit)) {
      askHolders(now);
    }
    if (liveBytes() + bytes > limit && isCollectionDue(now)) {
      collect();
    }
    return liveBytes() + bytes <= limit;
  }

  private long liveBytes() {
    return liveAfterCollection + heldBytes - heldAfterCollection + unreportedBytes + keptBytes;
  }

  private boolean areHoldersDue(long now, boolean refuses) {
    return unreportedBytes >= heap.maxBytes() / UNREPORTED_SHARE
        || (refuses && now - askedNanos >= HOLDERS_NANOS);
  }

  private void askHolders(long now) {
    long bytes = 0;
    for (LongSupplier holder : holders) {
      bytes += holder.getAsLong();
    }
    heldBytes = bytes;
    unreportedBytes = 0;
    askedNanos = now;
    if (heldBytes < heldAfterCollection) {
      // State that was live then may have been smaller than reported: only a collection shows it.
      releasedBytes += heldAfterCollection - heldBytes;
      heldAfterCollection = heldBytes;
    }
  }

  private boolean isCollectionDue(long now) {
    return now - collectedNanos >= COLLECTION_NANOS
        || releasedBytes >= heap.maxBytes() / GROWTH_SHARE
        || liveBytes() - liveAfterCollection >= heap.maxBytes() / GROWTH_SHARE;
  }

  private void collect() {
    heap.collect();
    wasCollected = true;
    collectedNanos = clock.monotonicNanos();
    liveAfterCollection = heap.usedBytes();
    askHolders(collectedNanos);
    heldAfterCollection = heldBytes;
    releasedBytes = 0;
    keptBytes = 0;
  }
}
