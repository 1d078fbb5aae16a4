package io.redoubt.persistence.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The operations that the server needs of a file system. Production code uses {@link OsDisk}; tests
 * put faults in between. Every method may be called from any thread; a {@link DiskFile} belongs to
 * one thread at a time.
 */
public interface Disk {

  /** Creates an empty file for writing, or empties the one that is there. */
  DiskFile create(Path path) throws IOException;

  /** Opens a file for writing at its end and creates it when there is none. */
  DiskFile append(Path path) throws IOException;

  /** Opens a file for reading from its start. */
  DiskFile read(Path path) throws IOException;

  /** Gives a file a new name in the same file system, atomically replacing what had that name. */
  void rename(Path from, Path to) throws IOException;

  /**
   * Removes a file.
   *
   * @return whether there was one
   */
  boolean delete(Path path) throws IOException;

  /**
   * Makes a directory; those above it are there.
   *
   * @return false when there was one
   */
  boolean createDirectory(Path path) throws IOException;

  /** Whether a directory of that name exists. */
  boolean isDirectory(Path path);

  /** Whether a file of that name exists. */
  boolean exists(Path path);

  /** The names of the files in a directory, sorted; directories in it are left out. */
  List<Path> list(Path directory) throws IOException;

  /** The size of a file in bytes. */
  long size(Path path) throws IOException;

  /** Makes creations, renames and removals in a directory durable. */
  void syncDirectory(Path directory) throws IOException;

  /**
   * What is another one after each start of the operating system, and with it what it had not yet
   * put on the disk may be gone; empty where the system tells none.
   */
  Optional<UUID> systemStart();
}
