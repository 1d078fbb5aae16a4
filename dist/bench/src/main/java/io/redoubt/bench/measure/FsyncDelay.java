package io.redoubt.bench.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A library for {@code LD_PRELOAD} that makes each fsync and fdatasync of a server take longer, as
 * on a slower disk. It is compiled with {@code gcc} and needs Linux.
 */
public final class FsyncDelay {
  private static final String SOURCE =
      """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <stdlib.h>
      #include <time.h>

      static int delayed(const char *function, int file) {
        long micros = atol(getenv("REDOUBT_FSYNC_DELAY_MICROS"));
        struct timespec delay = {micros / 1000000, micros % 1000000 * 1000};
        nanosleep(&delay, 0);
        return ((int (*)(int)) dlsym(RTLD_NEXT, function))(file);
      }

      int fsync(int file) { return delayed("fsync", file); }
      int fdatasync(int file) { return delayed("fdatasync", file); }
      """;

  private FsyncDelay() {}

  /**
   * Compiles the library and returns the environment variables of a server that uses it.
   *
   * @param folder a folder for the library
   * @param micros the delay of each call in microseconds
   */
  public static Map<String, String> environment(Path folder, int micros)
      throws IOException, InterruptedException {
    Path source = Files.writeString(folder.resolve("fsync-delay.c"), SOURCE);
    Path library = folder.resolve("fsync-delay.so");
    int status =
        new ProcessBuilder(
                "gcc", "-shared", "-fPIC", "-O2", "-o", library.toString(), source.toString())
            .inheritIO()
            .start()
            .waitFor();
    if (status != 0) {
      throw new IOException("gcc cannot compile " + source);
    }
    return Map.of(
        "LD_PRELOAD", library.toString(), "REDOUBT_FSYNC_DELAY_MICROS", Integer.toString(micros));
  }
}
