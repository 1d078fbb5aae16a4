package io.redoubt.persistence.aof.append;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The progress of appending, as offsets in all bytes ever appended. Updated by the event loop and
 * the appender's thread, read by any thread.
 *
 * <p>After a failed sync, neither bytes in that file nor later ones count as durable until {@link
 * #supersede}.
 */
final class AppendProgress {
  private volatile long passed;
  private volatile long durable;
  private volatile @Nullable IOException failure;
  private volatile boolean distrusted;

  // Guarded by this.

  /** The end of the synced bytes, trusted or not. */
  private long forcedEnd;

  /** The start of the untrusted file. */
  private long distrustedStart;

  /** Returns the offset up to which replies may be sent. */
  long passed() {
    return passed;
  }

  /** Returns the offset up to which bytes are durable. */
  long durable() {
    return durable;
  }

  /** Returns the failure that currently prevents appending, or null. */
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

  synchronized void onForced(long end) {
    forcedEnd = Math.max(forcedEnd, end);
    if (!distrusted) {
      failure = null;
      durable = Math.max(durable, end);
      passed = Math.max(passed, end);
    }
  }

  /** Records a failure after which a retry is possible. */
  void onFailure(IOException why) {
    failure = why;
  }

  /** Records that the durable content of a file is unknown. */
  synchronized void distrust(AppendTarget file, IOException why) {
    distrustedStart = file.streamStart();
    distrusted = true;
    failure = why;
    file.keepJournal();
  }

  /** Records a completed rewrite, which makes all bytes before the open file durable. */
  synchronized void supersede(AppendTarget open) {
    if (distrusted && distrustedStart < open.streamStart()) {
      distrusted = false;
      failure = null;
      open.releaseJournal();
    }
    if (!distrusted) {
      durable = Math.max(durable, Math.max(open.streamStart(), forcedEnd));
      passed = Math.max(passed, durable);
    }
  }

  /** Records that the file was closed, after which nothing waits for its bytes any more. */
  synchronized void onClosed(long end) {
    failure = null;
    distrusted = false;
    passed = end;
    durable = end;
  }
}
