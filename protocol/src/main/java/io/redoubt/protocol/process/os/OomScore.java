package io.redoubt.protocol.process.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * This process' adjustment of the kernel's OOM score, from -1000 to 1000. The value from before the
 * first change is kept, as the base of relative values and to be restored. Not thread-safe.
 */
public final class OomScore {
  private static final int MOST = 1000;

  private final Path file;
  private boolean adjusted;
  private int base;

  public static OomScore ofThisProcess() {
    return new OomScore(Path.of("/proc/self/oom_score_adj"));
  }

  /** Creates a score that is written to the given file. */
  public OomScore(Path file) {
    this.file = file;
  }

  /**
   * Sets the adjustment; values beyond the bounds become the bounds.
   *
   * @param relative true to add {@code value} to the adjustment from before
   * @throws IOException if the kernel refuses, as it does with lower values for unprivileged users
   */
  public void adjust(int value, boolean relative) throws IOException {
    if (!adjusted) {
      base = Integer.parseInt(Files.readString(file).strip());
      adjusted = true;
    }
    write(relative ? base + value : value);
  }

  /** Sets the adjustment from before the first change; does nothing if there was none. */
  public void restore() throws IOException {
    if (adjusted) {
      adjusted = false;
      write(base);
    }
  }

  private void write(int value) throws IOException {
    Files.writeString(file, Integer.toString(Math.clamp(value, -MOST, MOST)));
  }
}
