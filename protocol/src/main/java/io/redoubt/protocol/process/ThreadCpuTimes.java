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
 * The processor time and run-queue delay of a thread, from the kernel's {@code schedstat}. Reading
 * them takes microseconds.
 */
public final class ThreadCpuTimes implements AutoCloseable {
  private static final int MAX_BYTES = 64;

  private final FileChannel file;
  private final ByteBuffer bytes = ByteBuffer.allocateDirect(MAX_BYTES);
  private long ranNanos;
  private long waitedNanos;
  private boolean hasExited;

  private ThreadCpuTimes(Path folder) throws IOException {
    file = FileChannel.open(folder.resolve("schedstat"));
  }

  /**
   * Returns the times of the calling thread.
   *
   * @throws IOException if the kernel does not provide them
   */
  public static ThreadCpuTimes ofCallingThread() throws IOException {
    return new ThreadCpuTimes(Path.of("/proc/thread-self").toRealPath());
  }

  /**
   * Returns the times of all current threads of a process.
   *
   * @throws IOException if the kernel does not provide them
   */
  public static List<ThreadCpuTimes> of(long pid) throws IOException {
    List<ThreadCpuTimes> all = new ArrayList<>();
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path thread : threads) {
        try {
          all.add(new ThreadCpuTimes(thread));
        } catch (NoSuchFileException exited) {
          continue;
        }
      }
    }
    return all;
  }

  /** Reads the times; a thread that has exited keeps its last ones. */
  public void update() {
    if (hasExited) {
      return;
    }
    try {
      bytes.clear();
      file.read(bytes, 0);
      bytes.flip();
      ranNanos = number();
      waitedNanos = number();
    } catch (IOException e) {
      hasExited = true;
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

  /** Returns the time spent running, in nanoseconds. */
  public long ranNanos() {
    return ranNanos;
  }

  /** Returns the time spent runnable but not running, in nanoseconds. */
  public long waitedNanos() {
    return waitedNanos;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
