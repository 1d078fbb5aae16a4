package io.redoubt.persistence.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/** A disk that forwards to another one, for tests that override some operations. */
public class ForwardingDisk implements Disk {
  private final Disk disk;

  /** Creates a disk that forwards to an {@link OsDisk}. */
  public ForwardingDisk() {
    this(new OsDisk());
  }

  /** Creates a disk that forwards to {@code disk}. */
  public ForwardingDisk(Disk disk) {
    this.disk = disk;
  }

  @Override
  public DiskFile create(Path path) throws IOException {
    return disk.create(path);
  }

  @Override
  public DiskFile append(Path path) throws IOException {
    return disk.append(path);
  }

  @Override
  public DiskFile read(Path path) throws IOException {
    return disk.read(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    disk.rename(from, to);
  }

  @Override
  public boolean delete(Path path) throws IOException {
    return disk.delete(path);
  }

  @Override
  public boolean createDirectory(Path path) throws IOException {
    return disk.createDirectory(path);
  }

  @Override
  public boolean isDirectory(Path path) {
    return disk.isDirectory(path);
  }

  @Override
  public boolean exists(Path path) {
    return disk.exists(path);
  }

  @Override
  public long size(Path path) throws IOException {
    return disk.size(path);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    disk.syncDirectory(directory);
  }

  @Override
  public Optional<UUID> bootId() {
    return disk.bootId();
  }
}
