package io.redoubt.persistence.aof;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What the thread of an appender does before the next file is begun; all on that thread. */
public interface Preparation {
  /** Does it. */
  void run() throws IOException;

  /** It has been done, or, because of a problem, won't be. */
  void over(@Nullable IOException problem);
}
