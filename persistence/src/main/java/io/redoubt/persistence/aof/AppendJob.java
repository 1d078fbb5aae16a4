package io.redoubt.persistence.aof;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Something for the thread of an appender to do. */
final class AppendJob {
  final AppendTarget target;

  /** The offset of everything appended, at its end. */
  long end;

  /** What is to be written first, or null. */
  @Nullable AppendBuffer bytes;

  boolean forces;
  boolean closes;

  /** Whether what it forces is to be durable in the file itself, and not in a journal. */
  boolean settles;

  /** What is done when it has been forced, or null. */
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

  /** Does what is to be done at its end. */
  void prepare() {
    Preparation last = preparation;
    if (last == null) {
      return;
    }
    preparation = null;
    try {
      last.run();
      last.over(null);
    } catch (IOException e) {
      last.over(e);
    }
  }

  /** It does not come to that. */
  void giveUpPreparation(@Nullable IOException problem) {
    Preparation last = preparation;
    if (last != null) {
      preparation = null;
      last.over(problem == null ? new IOException("The file is closed") : problem);
    }
  }
}
