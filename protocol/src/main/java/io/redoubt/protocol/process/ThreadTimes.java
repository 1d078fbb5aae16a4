package io.redoubt.protocol.process;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a thread has had of the processors and how long it waited for one, by the kernel's {@code
 * schedstat} of it. To look is a matter of microseconds.
 */
public final class ThreadTimes implements AutoCloseable {
  private static final int MOST_BYTES = 64;

  private final FileChannel file;
  private final ByteBuffer bytes = ByteBuffer.allocateDirect(MOST_BYTES);
  private long ranNanos;
  private long waitedNanos;
  private boolean ended;

  private ThreadTimes(Path folder) throws IOException {
    file = FileChannel.open(folder.resolve("schedstat"));
  }

  /**
   * Those of the calling thread.
   *
   * @throws IOException where the kernel does not tell
   */
  public static ThreadTimes own() throws IOException {
    return new ThreadTimes(Path.of("/proc/thread-self").toRealPath());
  }

  /**
   * Those of all threads that a process has now.
   *
   * @throws IOException where the kernel does not tell
   */
  public static List<ThreadTimes> of(long pid) throws IOException {
    List<ThreadTimes> all = new ArrayList<>();
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path thread : threads) {
        try {
          all.add(new ThreadTimes(thread));
        } catch (NoSuchFileException gone) {
          continue;
        }
      }
    }
    return all;
  }

  /** Looks anew; a thread that has ended keeps what it had. */
  public void look() {
    if (ended) {
      return;
    }
    try {
      bytes.clear();
      file.read(bytes, 0);
      bytes.flip();
      ranNanos = number();
      waitedNanos = number();
    } catch (IOException e) {
      ended = true;
    }
  }

  private long number() {
    long number = 0;
    while (bytes.hasRemaining()) {
      int digit = bytes.get() - '0';
      if (digit < 0) {
        break; // a blank
      }
      number = 10 * number + digit;
    }
    return number;
  }

  /** How long it has run, in nanoseconds. */
  public long ranNanos() {
    return ranNanos;
  }

  /** How long it could have run and had no processor, in nanoseconds. */
  public long waitedNanos() {
    return waitedNanos;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
