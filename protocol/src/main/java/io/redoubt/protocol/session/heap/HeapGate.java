package io.redoubt.protocol.session.heap;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.LogInterval;
import io.redoubt.protocol.resp.Request;
import java.util.Set;

/**
 * Prevents clients from exhausting the Java heap, which would terminate the process. When the heap
 * is more than {@link #ADMIT_PERCENT} full, commands that retain objects are refused; data is
 * stored off the heap, and commands on it continue. Beyond {@link #CLOSE_PERCENT} new connections
 * are refused, too, and the client with the largest share of the heap is closed.
 *
 * <p>The heap in use includes garbage. Before a refusal it is collected, unless the last collection
 * was recent and little has been allocated since. Confined to the loop.
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

  private static final long ADMIT_PERCENT = 80;
  private static final long CLOSE_PERCENT = 92;
  private static final long COLLECTION_NANOS = 1_000_000_000L;

  /**
   * The fraction of the heap, as a divisor, that must have been allocated for a collection to pay
   * off.
   */
  private static final long GROWTH_SHARE = 16;

  /**
   * A generous estimate of the objects of a channel, watch or wait in addition to the bytes of its
   * name.
   */
  private static final long WORD_BYTES = 800;

  /** The number of copies of a name or text while it is decoded, stored and displayed. */
  private static final long COPIES = 3;

  private static final long CLIENT_BYTES = 16 << 10;
  private static final long LARGE_REQUEST_BYTES = 64 << 10;

  private static final Set<String> KEEPING =
      Set.of(
          "acl|setuser",
          "blmove",
          "blmpop",
          "blpop",
          "brpop",
          "brpoplpush",
          "bzmpop",
          "bzpopmax",
          "bzpopmin",
          "client|tracking",
          "eval",
          "eval_ro",
          "function|load",
          "function|restore",
          "psubscribe",
          "script|load",
          "sentinel|monitor",
          "sentinel|set",
          "ssubscribe",
          "subscribe",
          "wait",
          "waitaof",
          "watch");

  /** Commands whose words become temporary objects; refused only for large requests. */
  private static final Set<String> DECODING =
      Set.of(
          "acl",
          "auth",
          "client",
          "cluster",
          "command",
          "config",
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

  /** The minimum request length in bytes, by command, at which the heap is checked. */
  private long[] fromBytes = {};

  /** True for commands of {@link #OPENING}. */
  private boolean[] opens = {};

  private long collectedNanos;
  private long usedAfterCollection;
  private boolean wasCollected;

  /** Creates the gate of a heap. */
  public HeapGate(Heap heap, Clock clock, Log log) {
    this.heap = heap;
    this.clock = clock;
    this.log = log;
  }

  /** Derives the tables by command from the complete command table. */
  public void commandsAreDeclared(CommandTable<?> table) {
    fromBytes = new long[table.numbered().size()];
    opens = new boolean[fromBytes.length];
    for (Command<?> command : table.numbered()) {
      String name = command.name();
      int bar = name.indexOf('|');
      String container = bar < 0 ? name : name.substring(0, bar);
      opens[command.id()] = OPENING.contains(name);
      boolean decodes = opens[command.id()] || DECODING.contains(container);
      fromBytes[command.id()] =
          KEEPING.contains(name) ? 0 : decodes ? LARGE_REQUEST_BYTES : Long.MAX_VALUE;
    }
  }

  /** Returns false if the heap has no room for the objects that a command may retain. */
  public boolean admits(Command<?> command, Request request) {
    long bytes = request.end() - request.start();
    if (bytes < fromBytes[command.id()]) {
      return true;
    }
    return admits(
        opens[command.id()]
            ? request.count() * SOURCE_BYTES
            : request.count() * WORD_BYTES + bytes * COPIES);
  }

  /** Returns false if the heap has no room for one more connection. */
  public boolean admitsClient() {
    return admits(CLIENT_BYTES, CLOSE_PERCENT);
  }

  /** Returns false if the heap has no room for this many bytes of retained objects. */
  public boolean admits(long bytes) {
    return admits(bytes, ADMIT_PERCENT);
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
    if (!fits(0, CLOSE_PERCENT)) {
      closeLargest.run();
    }
  }

  private boolean fits(long bytes, long percent) {
    long limit = heap.maxBytes() / 100 * percent;
    if (heap.usedBytes() + bytes <= limit) {
      return true;
    }
    return bytes <= limit && collect() && heap.usedBytes() + bytes <= limit;
  }

  private boolean collect() {
    long now = clock.monotonicNanos();
    boolean grown = heap.usedBytes() - usedAfterCollection >= heap.maxBytes() / GROWTH_SHARE;
    if (wasCollected && !grown && now - collectedNanos < COLLECTION_NANOS) {
      return false;
    }
    heap.collect();
    wasCollected = true;
    collectedNanos = clock.monotonicNanos();
    usedAfterCollection = heap.usedBytes();
    return true;
  }
}
