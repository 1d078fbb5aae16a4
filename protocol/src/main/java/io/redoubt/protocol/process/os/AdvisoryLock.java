package io.redoubt.protocol.process.os;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * A lock of a file by flock(2): it ends with its holder and excludes other holders, even within
 * this process. Java's file locks are of another kind, which does not exclude this one.
 */
public final class AdvisoryLock implements Closeable {
  private final int descriptor;

  private AdvisoryLock(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Locks an existing file; returns nothing if it is locked already. The path names the locked file
   * even if another one replaces it meanwhile; this is not checked where {@code /proc} is missing.
   *
   * @throws IOException if it can't be opened or does not support locks
   */
  public static Optional<AdvisoryLock> tryLock(Path path) throws IOException {
    while (true) {
      Optional<AdvisoryLock> lock = tryLockOnce(path);
      if (lock.isEmpty() || lock.get().isOf(path)) {
        return lock;
      }
      lock.get().close();
    }
  }

  /**
   * Returns true if the path names the locked file. The open file is asked, since the number of a
   * file that was replaced and closed may already be that of a newer one.
   */
  private boolean isOf(Path path) throws IOException {
    Path open = Path.of("/proc/self/fd/" + descriptor);
    try {
      return !Files.exists(open) || identity(open).equals(identity(path));
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private static Object identity(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  private static Optional<AdvisoryLock> tryLockOnce(Path path) throws IOException {
    int descriptor = Posix.open(path.toString());
    boolean locked = false;
    try {
      locked = Posix.tryLock(descriptor);
      return locked ? Optional.of(new AdvisoryLock(descriptor)) : Optional.empty();
    } finally {
      if (!locked) {
        Posix.close(descriptor);
      }
    }
  }

  /** Ends the lock; must be called once. */
  @Override
  public void close() throws IOException {
    Posix.close(descriptor);
  }
}
