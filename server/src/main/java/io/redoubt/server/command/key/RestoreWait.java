package io.redoubt.server.command.key;

import io.redoubt.persistence.rdb.DumpPayload;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.RepeatedWait;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.loading.RestoredValue;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.Values;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client blocked in the RESTORE of a large value, which is executed in slices. Other clients
 * can't see the value before the request is executed again, when it may still be refused.
 */
final class RestoreWait extends RepeatedWait {
  /** The length of a payload at which it is restored in slices. */
  static final int LARGE_BYTES = 1 << 18;

  private static final int SUM_BYTES = 1 << 19;
  private static final int STEPS = 32;
  private static final long PROGRESS_NANOS = 100_000_000;
  private static final MemorySegment NEWLINE = MemorySegment.ofArray(new byte[] {'\n'});
  private static final CommandError UNBLOCKED =
      new CommandError("UNBLOCKED client unblocked via CLIENT UNBLOCK");

  private final Call call;
  private final Values values;
  private final Database database;
  private final Consumer<String> onRepair;
  private final RestoredValue.Payload payload;
  private final long expireAt;
  private final boolean compares;
  private int summed;
  private long sum;
  private long toldNanos;
  private @Nullable RestoredValue value;
  private @Nullable RdbException bad;
  private @Nullable OutOfMemoryError full;
  private boolean wrongSum;

  /**
   * Creates the wait of the running RESTORE.
   *
   * @param compares true if the checksum is verified first
   */
  RestoreWait(Call call, long expireAt, boolean compares, Consumer<String> onRepair) {
    super(call);
    this.call = call;
    values = call.values();
    database = call.database();
    this.expireAt = expireAt;
    this.compares = compares;
    this.onRepair = onRepair;
    payload = new RestoredValue.Payload(request().offset(3), request().length(3));
    toldNanos = nanos();
  }

  /** Returns true if a payload is to be restored in slices: a large collection. */
  static boolean isFor(Call call) {
    return call.argLength(3) >= LARGE_BYTES
        && Region.MEMORY.get(ValueLayout.JAVA_BYTE, call.argAddress(3)) != 0
        && call.mayWait();
  }

  /** Blocks the client and starts to work. */
  void begin() {
    call.waitFor(this);
    proceed();
  }

  /** Returns the expiry time of the key, which counts from the arrival of the request. */
  long expireAt() {
    return expireAt;
  }

  boolean isSumWrong() {
    return wrongSum;
  }

  /**
   * Moves the complete value to its key; returns the entry.
   *
   * @throws RdbException if the payload was corrupt
   */
  long publish() throws RdbException {
    if (full != null) {
      throw full;
    }
    if (bad != null) {
      throw bad;
    }
    if (value == null) {
      throw new IllegalStateException();
    }
    return value.publish(expireAt);
  }

  @Override
  protected boolean work(long untilNanos) {
    try {
      while (nanos() < untilNanos) {
        if (!step()) {
          repeat();
          return false;
        }
      }
    } catch (RdbException corrupt) {
      bad = corrupt;
      repeat();
      return false;
    } catch (OutOfMemoryError noMemory) {
      full = noMemory;
      repeat();
      return false;
    }
    sendProgress();
    return true;
  }

  private boolean step() throws RdbException {
    long toSum = compares ? DumpPayload.summedBytes(payload.length()) : 0;
    if (summed < toSum) {
      int length = (int) Math.min(SUM_BYTES, toSum - summed);
      sum = DumpPayload.sum(sum, Region.MEMORY, payload.address() + summed, length);
      summed += length;
      wrongSum =
          summed == toSum
              && sum != DumpPayload.checksum(Region.MEMORY, payload.address(), payload.length());
      return !wrongSum;
    }
    RestoredValue restored = value;
    if (restored == null) {
      restored = new RestoredValue(values);
      value = restored;
      restored.start(database, request().offset(1), request().length(1), payload, true, onRepair);
    }
    for (int i = 0; i < STEPS; i++) {
      if (!restored.step()) {
        return false;
      }
    }
    return true;
  }

  /** Sends the source of a MIGRATE a sign of life, which its timeout would otherwise miss. */
  private void sendProgress() {
    if (client().wantsRestoreProgress() && nanos() - toldNanos >= PROGRESS_NANOS) {
      toldNanos = nanos();
      client().feed(NEWLINE, 0, 1);
    }
  }

  @Override
  public void onTimeout() {
    client().reply().error(UNBLOCKED.text());
    client().flushSoon();
  }

  @Override
  protected void release() {
    if (value != null) {
      value.close();
      value = null;
    }
    freeRequest();
  }
}
