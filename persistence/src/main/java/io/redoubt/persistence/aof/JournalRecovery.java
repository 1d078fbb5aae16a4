package io.redoubt.persistence.aof;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.WholeFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts what {@link CommitJournal} has at the end of an incremental file that has lost it in the
 * crash of a system, before the file is read.
 *
 * <p>As long as the system runs, the file has all that was written to it. Where it has not, or
 * where something else stands before what the journal has, someone has changed it: it stays as it
 * is then.
 */
final class JournalRecovery {
  private final Disk disk;
  private final MemorySegment journal;
  private final JournalEntry first;

  /** The bytes of all entries of the first one's generation. */
  private final byte[] bytes;

  private JournalRecovery(Disk disk, MemorySegment journal, JournalEntry first) {
    this.disk = disk;
    this.journal = journal;
    this.first = first;
    this.bytes = bytes();
  }

  /** Reads a journal; null: it has nothing. */
  static @Nullable JournalRecovery read(Disk disk, Path path) throws IOException {
    MemorySegment journal = MemorySegment.ofArray(WholeFile.read(disk, path));
    JournalEntry first = JournalEntry.read(journal, 0);
    return first == null ? null : new JournalRecovery(disk, journal, first);
  }

  /** The number of the incremental file that it is for. */
  long sequence() {
    return first.sequence();
  }

  /**
   * Brings that file up to date and makes it durable.
   *
   * @return false when the file is not as it was written
   */
  boolean run(Path file, AofLog log) throws IOException {
    long size = disk.size(file);
    long end = first.offset() + bytes.length;
    boolean crashed = !disk.systemStart().equals(Optional.of(first.systemStart()));
    if (crashed ? size < first.offset() || !isBeforeAsItWas(file) : size < end) {
      log.warning(
          "The AOF file %s is not as it was written. The end that its journal has is not used."
              .formatted(file.getFileName()));
      return false;
    }
    boolean whole = !crashed || Arrays.equals(read(file, first.offset(), bytes.length), bytes);
    try (DiskFile output = disk.append(file)) {
      if (!whole) {
        write(output);
        log.notice(
            "Restored the end of the AOF file %s from its journal: %d bytes from offset %d"
                .formatted(file.getFileName(), bytes.length, first.offset()));
      }
      output.sync();
    }
    return true;
  }

  private byte[] bytes() {
    long length = 0;
    byte[] all = new byte[(int) journal.byteSize()];
    long at = 0;
    for (JournalEntry entry = first; entry != null && continues(entry, length); ) {
      long more = JournalEntry.length(journal, at);
      MemorySegment.copy(
          journal, at + JournalEntry.HEAD_BYTES, MemorySegment.ofArray(all), length, more);
      length += more;
      at += JournalEntry.space(more);
      entry = JournalEntry.read(journal, at);
    }
    return Arrays.copyOf(all, (int) length);
  }

  private boolean continues(JournalEntry entry, long length) {
    return entry.generation() == first.generation()
        && entry.sequence() == first.sequence()
        && entry.offset() == first.offset() + length;
  }

  private boolean isBeforeAsItWas(Path file) throws IOException {
    int length = first.before().bytes();
    if (length < 0 || length > first.offset()) {
      return false;
    }
    byte[] before = read(file, first.offset() - length, length);
    return JournalEntry.Before.of(MemorySegment.ofArray(before), 0, length).equals(first.before());
  }

  private byte[] read(Path file, long from, int length) throws IOException {
    byte[] read = new byte[length];
    try (DiskFile input = disk.read(file);
        Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(Math.max(length, 1));
      input.position(from);
      int at = 0;
      while (at < length) {
        int more = input.read(memory, at, length - at);
        if (more < 0) {
          break;
        }
        at += more;
      }
      MemorySegment.copy(memory, 0, MemorySegment.ofArray(read), 0, at);
    }
    return read;
  }

  private void write(DiskFile output) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(bytes.length);
      MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory, 0, bytes.length);
      output.truncate(first.offset());
      output.write(memory, 0, bytes.length);
    }
  }
}
