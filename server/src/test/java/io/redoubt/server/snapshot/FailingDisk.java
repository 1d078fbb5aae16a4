package io.redoubt.server.snapshot;

import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.ForwardingDisk;
import io.redoubt.persistence.io.ForwardingFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** The disk of the machine with faults that a test switches on. */
final class FailingDisk extends ForwardingDisk {
  /** Bytes that may still be written; then the disk is full. */
  volatile long roomBytes = Long.MAX_VALUE;

  volatile boolean failSync;
  volatile boolean failRename;
  volatile boolean failCreate;

  private static IOException fault(String text) {
    return new IOException(text);
  }

  @Override
  public DiskFile create(Path path) throws IOException {
    if (failCreate) {
      throw fault("Permission denied");
    }
    return new FaultFile(super.create(path));
  }

  @Override
  public DiskFile append(Path path) throws IOException {
    return new FaultFile(super.append(path));
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    if (failRename) {
      throw fault("Input/output error");
    }
    super.rename(from, to);
  }

  private final class FaultFile extends ForwardingFile {
    FaultFile(DiskFile file) {
      super(file);
    }

    @Override
    public void write(MemorySegment memory, long offset, long length) throws IOException {
      long fits = Math.min(roomBytes, length);
      super.write(memory, offset, fits);
      roomBytes -= fits;
      if (fits < length) {
        throw fault("No space left on device");
      }
    }

    @Override
    public void sync() throws IOException {
      if (failSync) {
        throw fault("Input/output error");
      }
      super.sync();
    }
  }
}
