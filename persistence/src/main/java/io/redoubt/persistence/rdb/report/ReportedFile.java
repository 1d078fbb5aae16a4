package io.redoubt.persistence.rdb.report;

import org.jspecify.annotations.Nullable;

/**
 * A file that has been read for a report, as far as it could be.
 *
 * @param sizeBytes of the whole file
 * @param version in the header, 0 if it could not be read
 * @param readBytes the length of the RDB, or of the part of it that was read
 * @param checksum true if the file has a checksum, and it was correct
 * @param report the figures of all keys that were read whole
 * @param error the reason why the file could not be read to its end, or null
 * @param errorOffset the offset of the error in the file
 */
public record ReportedFile(
    long sizeBytes,
    int version,
    long readBytes,
    boolean checksum,
    RdbReport report,
    @Nullable String error,
    long errorOffset) {

  /** Returns the bytes behind the RDB: in an append-only file, its commands. */
  public long bytesBehind() {
    return error == null ? sizeBytes - readBytes : 0;
  }
}
