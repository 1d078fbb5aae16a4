package io.redoubt.server.execution.refusal;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.LogInterval;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionFull;
import io.redoubt.server.memory.Shortage;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The memory limit of the process, independent of {@code maxmemory}: writes are refused while only
 * the region's reserve is left, which is needed for freeing memory and for buffers ({@link
 * ShortageRefusal}).
 *
 * <p>A command that may need much memory is refused beforehand if a generous estimate exceeds the
 * free memory; otherwise it could fail half-way.
 */
public final class MemoryRoom {
  /** The minimum size of a request or block that may exceed its share of the reserve. */
  public static final long LARGE_BYTES = 64 << 10;

  private static final Set<String> COPYING =
      Set.of(
          "copy",
          "georadius",
          "georadiusbymember",
          "geosearchstore",
          "restore",
          "restore-asking",
          "sdiffstore",
          "sinterstore",
          "sort",
          "sunionstore",
          "xautoclaim",
          "xreadgroup",
          "zdiffstore",
          "zinterstore",
          "zrangestore",
          "zunionstore");

  /** The maximum size of an element, without its bytes but with the growth of a table or tree. */
  private static final long ELEMENT_BYTES = 128;

  /** The growth factor of packed values when their elements become members of tables. */
  private static final long PACKED_FACTOR = 32;

  private static final long FACTOR = 2;
  private static final long SAMPLES = 5;

  private final Keyspace keyspace;
  private final Clock clock;
  private final Log log;
  private final LogInterval failureLines = new LogInterval();
  private long failures;

  public MemoryRoom(Keyspace keyspace, Clock clock, Log log) {
    this.keyspace = keyspace;
    this.clock = clock;
    this.log = log;
  }

  /** Returns the minimum request size at which the needed memory is estimated. */
  public static long estimatedFromBytes(Command<?> command) {
    if (copiesKeys(command)) {
      return 0;
    }
    return command.has(Flag.DENYOOM) ? LARGE_BYTES : Long.MAX_VALUE;
  }

  /** Returns true if a command needs memory in proportion to keys rather than its request. */
  private static boolean copiesKeys(Command<?> command) {
    return COPYING.contains(command.name());
  }

  /** Checks again; returns true if memory is still short. */
  public boolean isShort() {
    return keyspace.slabs().checkShortage() != Shortage.NONE;
  }

  /** Returns the error of a command that may need more memory than is free, or null. */
  public @Nullable CommandError refusal(Command<?> command, Request request, Database database) {
    long room = Region.roomBytes();
    long wanted = request.count() * ELEMENT_BYTES + (request.end() - request.start()) * FACTOR;
    // If all keys could be copied, no key has to be examined.
    if (copiesKeys(command)
        && wanted <= room
        && keyspace.slabs().usedBytes() > (room - wanted) / PACKED_FACTOR) {
      long[] copied = {0};
      command
          .keySpecs()
          .forEach(request, (i, flags) -> copied[0] += copyBytes(database, request, i));
      wanted += copied[0];
    }
    return wanted <= room ? null : refusal(wanted);
  }

  private static @Nullable CommandError refusal(long wanted) {
    Shortage shortage = Region.shortage(wanted);
    return shortage == Shortage.NONE ? null : ShortageRefusal.error(shortage);
  }

  /** Throws an error if fewer bytes than this are free. */
  public static void require(long bytes) {
    CommandError refused = bytes <= Region.roomBytes() ? null : refusal(bytes);
    if (refused != null) {
      throw refused;
    }
  }

  private static long copyBytes(Database database, Request request, int key) {
    long entry = database.find(request.offset(key), request.length(key));
    if (entry == Entry.NONE) {
      return 0;
    }
    boolean isPacked = !Encoding.isStructure(Entry.encoding(entry)) && !Entry.isString(entry);
    return database.memoryUsage(entry, SAMPLES) * (isPacked ? PACKED_FACTOR : FACTOR);
  }

  /** Logs an operation that failed for lack of memory, at limited frequency. */
  public CommandError failed(String where, OutOfMemoryError failure) {
    failures++;
    if (failureLines.isDue(clock.monotonicNanos())) {
      log.warning("Out of memory %s: %s (%d times so far)", where, failure.getMessage(), failures);
    }
    return failure instanceof RegionFull full
        ? ShortageRefusal.error(full.shortage())
        : new CommandError("OOM command not allowed: the Java heap is exhausted (-Xmx).");
  }
}
