package io.redoubt.persistence.aof.append;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Work that prepares the next file on the appender's thread, after the last sync of the current
 * one.
 */
public interface Preparation {
  void run() throws IOException;

  /** Reports the end of the preparation, or the problem that prevented it. */
  void onOver(@Nullable IOException problem);
}
