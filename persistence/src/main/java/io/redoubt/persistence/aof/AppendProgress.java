package io.redoubt.persistence.aof;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How far appending has come, as offsets of everything that was ever appended. Told by the loop and
 * the appender's thread, asked by any.
 *
 * <p>After a failure to force, nothing counts as durable that is in that file or comes behind it,
 * until {@link #supersede}.
 */
final class AppendProgress {
  private volatile long passed;
  private volatile long durable;
  private volatile @Nullable IOException failure;
  private volatile boolean distrusted;

  // Guarded by this.

  /** Up to where was forced, also when that is not trusted. */
  private long forcedEnd;

  /** Where the file begins that is not trusted. */
  private long distrustedStart;

  /** Up to where replies may leave. */
  long passed() {
    return passed;
  }

  /** Up to where everything is on the disk. */
  long durable() {
    return durable;
  }

  /** Why appending does not work at this time, or null when it does. */
  @Nullable IOException failure() {
    return failure;
  }

  boolean isDistrusted() {
    return distrusted;
  }

  synchronized void wrote(long end) {
    if (!distrusted) {
      failure = null;
      passed = Math.max(passed, end);
    }
  }

  synchronized void forced(long end) {
    forcedEnd = Math.max(forcedEnd, end);
    if (!distrusted) {
      failure = null;
      durable = Math.max(durable, end);
      passed = Math.max(passed, end);
    }
  }

  /** It did not work; it is worth trying again. */
  void failed(IOException why) {
    failure = why;
  }

  /** Nobody knows what the disk has of a file. */
  synchronized void distrust(AppendTarget file, IOException why) {
    distrustedStart = file.streamStart();
    distrusted = true;
    failure = why;
    file.distrusted();
  }

  /** A rewrite is in place: what was appended before the open file was opened is durable by it. */
  synchronized void supersede(AppendTarget open) {
    if (distrusted && distrustedStart < open.streamStart()) {
      distrusted = false;
      failure = null;
      open.trusted();
    }
    if (!distrusted) {
      durable = Math.max(durable, Math.max(open.streamStart(), forcedEnd));
      passed = Math.max(passed, durable);
    }
  }

  /** There is no file any more; what was appended to it is as durable as it gets. */
  synchronized void closed(long end) {
    failure = null;
    distrusted = false;
    passed = end;
    durable = end;
  }
}
