package io.redoubt.server.aof;

import io.redoubt.persistence.aof.append.AofAppender;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The INFO fields of the append-only file, in Redis' order. */
public final class AofInfo {
  private static final long NANOS_PER_MICRO = 1000;

  private final AppendOnlyFile file;
  private final Rewrites rewrites;
  private final AofAppender appender;

  AofInfo(AppendOnlyFile file, Rewrites rewrites, AofAppender appender) {
    this.file = file;
    this.rewrites = rewrites;
    this.appender = appender;
  }

  /**
   * Declares the fields that always exist.
   *
   * @param number receives the name and the value of a numeric field
   * @param text receives the name and the value of a text field
   */
  public void declare(
      BiConsumer<String, LongSupplier> number, BiConsumer<String, Supplier<String>> text) {
    number.accept("aof_enabled", () -> file.isEnabled() ? 1 : 0);
    number.accept("aof_rewrite_in_progress", () -> rewrites.isRunning() ? 1 : 0);
    number.accept("aof_rewrite_scheduled", () -> rewrites.isScheduled() ? 1 : 0);
    number.accept("aof_last_rewrite_time_sec", rewrites::lastSeconds);
    number.accept("aof_current_rewrite_time_sec", rewrites::currentSeconds);
    text.accept("aof_last_bgrewrite_status", () -> rewrites.isLastOk() ? "ok" : "err");
    number.accept("aof_rewrites", rewrites::count);
    number.accept("aof_rewrites_consecutive_failures", rewrites::consecutiveFailures);
    text.accept("aof_last_write_status", () -> file.isWriting() ? "ok" : "err");
    number.accept("aof_last_cow_size", () -> 0);
    number.accept("module_fork_in_progress", () -> 0);
    number.accept("module_fork_last_cow_size", () -> 0);
  }

  /**
   * Declares the fields that exist only while the append-only file is enabled.
   *
   * @param number receives the name and the value of a field
   * @param counter the same for values that only grow
   */
  public void declareFiles(
      BiConsumer<String, LongSupplier> number, BiConsumer<String, LongSupplier> counter) {
    number.accept("aof_current_size", rewrites::sizeBytes);
    number.accept("aof_base_size", rewrites::baseSizeBytes);
    number.accept("aof_pending_rewrite", () -> rewrites.isScheduled() ? 1 : 0);
    number.accept("aof_buffer_length", appender::bufferedBytes);
    number.accept("aof_pending_bio_fsync", () -> appender.isBusy() ? 1 : 0);
    number.accept("aof_delayed_fsync", appender::delayed);
    counter.accept("aof_fsyncs", appender::forces);
    counter.accept("aof_fsync_usec", () -> appender.forceNanos() / NANOS_PER_MICRO);
    number.accept("aof_fsync_usec_max", () -> appender.maxForceNanos() / NANOS_PER_MICRO);
  }
}
