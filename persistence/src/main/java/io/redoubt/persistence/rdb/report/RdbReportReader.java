package io.redoubt.persistence.rdb.report;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.Hash;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Reads a file for a report, in one pass. Memory is bounded by the longest key and the longest
 * packed value: other strings and elements are read in parts.
 */
public final class RdbReportReader {

  private static final int READ_BYTES = 1 << 18;
  private static final int LONGEST_ELEMENT_BYTES = 1 << 16;

  /** Receives the progress after each part of the file. */
  @FunctionalInterface
  public interface Progress {
    void onRead(long readBytes, long sizeBytes);
  }

  private final Disk disk;
  private final ReportSettings settings;
  private final Progress progress;
  private final Hash hash;
  private final long nowMillis;

  /**
   * Creates a reader.
   *
   * @param hash has a random key, so that no file can slow its own report down
   * @param nowMillis the time before which keys count as expired
   */
  public RdbReportReader(
      Disk disk, ReportSettings settings, Progress progress, Hash hash, long nowMillis) {
    this.disk = disk;
    this.settings = settings;
    this.progress = progress;
    this.hash = hash;
    this.nowMillis = nowMillis;
  }

  /**
   * Reads a file, or the RDB preamble that it starts with. Damage ends the report, which then names
   * the error.
   *
   * @throws IOException if the file can't be read
   */
  public ReportedFile read(Path path) throws IOException {
    RdbReport report = new RdbReport(settings, hash, nowMillis);
    ReportVisitor visitor = new ReportVisitor(report);
    try (DiskFile file = disk.read(path);
        RdbReader reader = new RdbReader(BufferMemory.offHeap(), visitor)) {
      long size = file.size();
      reader.totalBytes(size).skippingElements(LONGEST_ELEMENT_BYTES);
      visitor.setReader(reader);
      String error = null;
      long errorOffset = 0;
      try {
        read(file, reader, size);
      } catch (RdbException e) {
        error = e.getMessage();
        errorOffset = e.offset();
      }
      return new ReportedFile(
          size,
          reader.version(),
          reader.offset(),
          reader.isChecksumStored() && error == null,
          report,
          error,
          errorOffset);
    }
  }

  private void read(DiskFile file, RdbReader reader, long size) throws IOException, RdbException {
    while (!reader.complete()) {
      int room = Math.min(reader.room(), READ_BYTES);
      int bytes = file.read(reader.memory(), reader.limit(), room);
      if (bytes < 0) {
        reader.finish();
      }
      reader.onFilled(bytes);
      progress.onRead(reader.arrivedBytes(), size);
    }
  }
}
