package io.redoubt.protocol.process;

import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.random.RandomGenerator;

/**
 * Unpredictable random numbers from the kernel's {@code /dev/urandom}. {@link SecureRandom} reads
 * the same file, but first loads Java's cryptography providers, which delays the start.
 * Thread-safe.
 */
public final class KernelRandom implements RandomGenerator {
  private static final String FILE = "/dev/urandom";
  private static final int BUFFER_BYTES = 256;

  private final InputStream file;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).limit(0);

  private KernelRandom(InputStream file) {
    this.file = file;
  }

  /** Opens the generator of this process; a {@link SecureRandom} if the system has no such file. */
  @SuppressWarnings("resource") // open for the life of the process
  public static RandomGenerator open() {
    try {
      return new KernelRandom(new FileInputStream(FILE));
    } catch (IOException e) {
      return new SecureRandom();
    }
  }

  @Override
  public synchronized long nextLong() {
    if (!buffer.hasRemaining()) {
      fill();
    }
    return buffer.getLong();
  }

  private void fill() {
    try {
      if (file.readNBytes(buffer.array(), 0, BUFFER_BYTES) < BUFFER_BYTES) {
        throw new EOFException(FILE);
      }
      buffer.clear();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
