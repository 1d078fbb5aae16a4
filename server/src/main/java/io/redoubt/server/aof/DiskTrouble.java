package io.redoubt.server.aof;

import io.redoubt.persistence.aof.append.AofAppender;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Shields clients from a disk that fails or lags: refuses writes with MISCONF while it fails and,
 * with {@code appendfsync always}, pauses writes while too many bytes are pending.
 *
 * <p>With {@code appendfsync always}, connections whose held replies depend on failed writes are
 * closed: the fate of these writes is unknown, and none has been acknowledged. Redis exits instead,
 * which looks the same to those clients but disconnects all others, too.
 */
final class DiskTrouble {

  /** The pending bytes at which writes are paused. */
  private static final long MAX_WAITING_BYTES = 64L << 20;

  private final WriteGate gate;
  private final Log log;
  private final AofAppender appender;
  private final DurableOutput output;
  private @Nullable IOException failure;
  private boolean writesHeld;

  DiskTrouble(WriteGate gate, Log log, AofAppender appender, DurableOutput output) {
    this.gate = gate;
    this.log = log;
    this.appender = appender;
    this.output = output;
  }

  /** Returns true if writes are refused because the disk fails. */
  boolean isFailing() {
    return failure != null;
  }

  /** Returns true if the given failure differs from the last reported one. */
  boolean isNew(@Nullable IOException now) {
    return !Objects.equals(now, failure);
  }

  /** Pauses writes if too many bytes are pending. Called after appends. */
  void onAppended() {
    if (output.isStrict() && waitingBytes() > MAX_WAITING_BYTES && !writesHeld && failure == null) {
      writesHeld = true;
      gate.hold();
    }
  }

  /**
   * Updates the state after progress or a failure of the appender.
   *
   * @param now the current failure of appending, or null
   */
  void onProgress(@Nullable IOException now) {
    if (isNew(now)) {
      onFailureChange(now);
    }
    if (writesHeld && (now != null || waitingBytes() < MAX_WAITING_BYTES / 2)) {
      writesHeld = false;
      gate.release();
    }
  }

  private long waitingBytes() {
    return appender.appended() - appender.passed();
  }

  private void onFailureChange(@Nullable IOException now) {
    boolean wasFailing = failure != null;
    failure = now;
    if (now == null) {
      log.warning("AOF write error looks solved, Redis can write again.");
      output.setFailing(false);
      gate.accept();
      return;
    }
    if (wasFailing) {
      return;
    }
    String reason = SystemErrors.text(now);
    log.warning("Error writing to the AOF file: %s", reason);
    gate.refuse("MISCONF Errors writing to the AOF file: " + reason);
    if (output.isStrict()) {
      int closed = gate.closeHeld();
      log.warning("Closed %d connections whose replies depended on failed writes.", closed);
    }
    output.setFailing(true);
  }
}
