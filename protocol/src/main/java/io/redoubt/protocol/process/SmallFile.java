package io.redoubt.protocol.process;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Files that are read as a whole onto the Java heap: configuration, users, states. A file that is
 * larger than a share of the heap, or has no end, is refused before it fills the heap, which would
 * terminate the process without naming the file.
 */
public final class SmallFile {
  /** The objects that are parsed from a file take several times its size. */
  private static final int HEAP_SHARE = 16;

  private static final int MAX_USED_PERCENT = 85;
  private static final int LEAST_LIMIT_BYTES = 4 << 20;

  private SmallFile() {}

  /** Returns the maximum size of a file, in bytes. */
  public static int limitBytes() {
    long share = Runtime.getRuntime().maxMemory() / HEAP_SHARE;
    return Math.clamp(share, LEAST_LIMIT_BYTES, 1 << 30);
  }

  /**
   * Returns the content of a file.
   *
   * @throws IOException if it can't be read or is too large
   */
  public static byte[] bytes(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return bytes(in);
    }
  }

  /** Returns the text of a file, with replacement characters for malformed bytes. */
  public static String text(Path file, Charset charset) throws IOException {
    return new String(bytes(file), charset);
  }

  /**
   * Returns the rest of a stream.
   *
   * @throws IOException if it can't be read or is too long
   */
  public static byte[] bytes(InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(limitBytes() + 1);
    check(bytes.length);
    return bytes;
  }

  /** Checks the size of the file before it is read. */
  private static void check(long sizeBytes) throws IOException {
    check("it", sizeBytes);
  }

  /**
   * Checks a size before it is read.
   *
   * @param name the name in the message
   * @throws IOException if it is too large
   */
  public static void check(Object name, long sizeBytes) throws IOException {
    if (sizeBytes > limitBytes()) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "%s is larger than %d MB, which the Java heap has no room for; raise -Xmx in"
                  + " REDOUBT_JAVA_OPTS",
              name,
              limitBytes() >> 20));
    }
  }

  /**
   * Checks that the objects made from a file so far leave room on the heap. A line of a few bytes
   * may become an object of hundreds.
   *
   * @throws IOException if it does not
   */
  public static void requireRoom() throws IOException {
    if (usedPercent() > MAX_USED_PERCENT) {
      System.gc();
      if (usedPercent() > MAX_USED_PERCENT) {
        throw new IOException(
            "its content does not fit in the Java heap; raise -Xmx in REDOUBT_JAVA_OPTS");
      }
    }
  }

  private static long usedPercent() {
    Runtime heap = Runtime.getRuntime();
    return (heap.totalMemory() - heap.freeMemory()) * 100 / heap.maxMemory();
  }
}
