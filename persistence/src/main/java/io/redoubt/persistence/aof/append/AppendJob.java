package io.redoubt.persistence.aof.append;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A job for the appender's thread. */
final class AppendJob {
  final AppendTarget target;

  /** The end offset of the job in all bytes ever appended. */
  long end;

  /** The bytes to write first, or null. */
  @Nullable AppendBuffer bytes;

  boolean forces;
  boolean closes;

  /** True if a sync must make bytes durable in the file itself rather than in a journal. */
  boolean settles;

  /** The action to run after the sync, or null. */
  @Nullable Preparation preparation;

  AppendJob(AppendTarget target, long end) {
    this.target = target;
    this.end = end;
  }

  void force() throws IOException {
    if (settles || closes || preparation != null) {
      target.sync();
    } else {
      target.commit();
    }
  }

  /** Runs the preparation at the end of the job, if there is one. */
  void prepare() {
    Preparation last = preparation;
    if (last == null) {
      return;
    }
    preparation = null;
    try {
      last.run();
      last.onOver(null);
    } catch (IOException e) {
      last.onOver(e);
    }
  }

  /** Cancels the preparation because of a failure. */
  void giveUpPreparation(@Nullable IOException problem) {
    Preparation last = preparation;
    if (last != null) {
      preparation = null;
      last.onOver(problem == null ? new IOException("The file is closed") : problem);
    }
  }
}
