package io.redoubt.persistence.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/**
 * The file system operations that the server needs. Production code uses {@link OsDisk}; tests use
 * implementations that inject faults. Thread-safe; a {@link DiskFile} belongs to one thread at a
 * time.
 */
public interface Disk {

  /** Creates an empty file for writing, or truncates an existing one. */
  DiskFile create(Path path) throws IOException;

  /** Opens a file for appending, creating it if it does not exist. */
  DiskFile append(Path path) throws IOException;

  /** Opens a file for reading from its start. */
  DiskFile read(Path path) throws IOException;

  /** Renames a file within its file system, atomically replacing an existing one. */
  void rename(Path from, Path to) throws IOException;

  /**
   * Deletes a file.
   *
   * @return true if the file existed
   */
  boolean delete(Path path) throws IOException;

  /**
   * Creates a directory in an existing one.
   *
   * @return false if the directory existed
   */
  boolean createDirectory(Path path) throws IOException;

  boolean isDirectory(Path path);

  boolean exists(Path path);

  /** Returns the size of a file in bytes. */
  long size(Path path) throws IOException;

  /**
   * Locks a file by flock(2), creating it if it does not exist; returns nothing if it is locked
   * already. A test's disk need not support locks.
   */
  default Optional<Closeable> lock(Path path) throws IOException {
    return Optional.of(() -> {});
  }

  /** Makes creations, renames and removals in a directory durable. */
  void syncDirectory(Path directory) throws IOException;

  /**
   * Returns the id of the operating system's current boot; empty if it is unknown. Unsynced writes
   * of an earlier boot may be lost.
   */
  Optional<UUID> bootId();
}
