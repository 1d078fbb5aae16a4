package io.redoubt.persistence.aof;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads all files of an append-only directory in order and in steps. Truncates a torn end of the
 * last file if {@code aof-load-truncated} allows it; any other error ends the load with an
 * exception.
 */
public final class AofLoad implements AutoCloseable {

  private final Disk disk;
  private final AofDirectory directory;
  private final BufferMemory buffers;
  private final AofVisitor visitor;
  private final boolean truncates;
  private final AofLog log;
  private final List<AofFile> files;
  private final long[] sizes;
  private final int last; // the last file that has content

  private int index;
  private long bytesBefore;
  private @Nullable DiskFile file;
  private @Nullable AofReader reader;

  /**
   * Creates a load that starts with the first file.
   *
   * @param buffers the source of buffers for the commands passed to the visitor
   * @param truncates true to truncate a torn end: {@code aof-load-truncated}
   * @throws IOException also if a file of the manifest does not exist
   */
  public AofLoad(
      Disk disk,
      AofDirectory directory,
      BufferMemory buffers,
      AofVisitor visitor,
      boolean truncates,
      AofLog log)
      throws IOException {
    this.disk = disk;
    this.directory = directory;
    this.buffers = buffers;
    this.visitor = visitor;
    this.truncates = truncates;
    this.log = log;
    this.files = directory.manifest().loaded();
    this.sizes = new long[files.size()];
    int lastWithContent = 0;
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = disk.size(directory.path(files.get(i)));
      if (sizes[i] > 0) {
        lastWithContent = i;
      }
    }
    this.last = lastWithContent;
  }

  /**
   * Reads about 64 KiB.
   *
   * @return false if all files have been read
   */
  public boolean step() throws IOException, AofException, RdbException {
    if (index == files.size()) {
      return false;
    }
    AofReader current = reader;
    if (current == null) {
      AofFile next = files.get(index);
      DiskFile opened = disk.read(directory.path(next));
      file = opened;
      current = new AofReader(buffers, opened, next.name(), visitor);
      reader = current;
    }
    if (!current.step()) {
      close();
      if (current.isTruncated()) {
        cut(current);
      }
      visitor.endFile(files.get(index));
      bytesBefore += sizes[index];
      index++;
    }
    return index < files.size();
  }

  /** Returns the number of bytes read so far in all files. */
  public long loadedBytes() {
    return reader == null ? bytesBefore : bytesBefore + reader.offset();
  }

  /** Returns the size of all files in bytes. */
  public long totalBytes() {
    long bytes = 0;
    for (long size : sizes) {
      bytes += size;
    }
    return bytes;
  }

  /** Returns the current file (after an exception, the invalid one), or null at the end. */
  public @Nullable AofFile current() {
    return index < files.size() ? files.get(index) : null;
  }

  @Override
  public void close() throws IOException {
    if (reader != null) {
      reader.close();
      reader = null;
    }
    if (file != null) {
      file.close();
      file = null;
    }
  }

  private void cut(AofReader ended) throws IOException, AofException {
    String name = files.get(index).name();
    long valid = ended.validBytes();
    if (ended.isInsideTransaction()) {
      log.warning("Revert incomplete MULTI/EXEC transaction in AOF file " + name);
    }
    if (!truncates) {
      throw AofException.unexpectedEnd(name, valid);
    }
    log.warning("!!! Warning: short read while loading the AOF file " + name + "!!!");
    log.warning("!!! Truncating the AOF " + name + " at offset " + valid + " !!!");
    if (index < last) {
      throw new AofException("Fatal error: the truncated file is not the last file", valid);
    }
    try (DiskFile torn = disk.append(directory.path(files.get(index)))) {
      torn.truncate(valid);
      torn.sync();
    } catch (IOException e) {
      log.warning(
          String.format(
              Locale.ROOT, "Error truncating the AOF file %s: %s", name, SystemErrors.text(e)));
      throw e;
    }
    visitor.cut();
    log.warning("AOF " + name + " loaded anyway because aof-load-truncated is enabled");
  }
}
