package io.redoubt.persistence.aof;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.WholeFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Restores the bytes of a {@link CommitJournal} at the end of an incremental file that lost them in
 * a system crash, before the file is read.
 *
 * <p>Without a restart of the system the file has all bytes written to it. If it lacks some, or if
 * other bytes precede the journal's, another program has changed the file, and it is left alone.
 */
public final class JournalRecovery {
  private static final int SECTOR_BYTES = 512;

  private final Disk disk;
  private final MemorySegment journal;
  private final JournalEntry first;

  /** The bytes of all entries of the first entry's generation. */
  private final byte[] bytes;

  private int count;
  private boolean torn;

  private JournalRecovery(Disk disk, MemorySegment journal, JournalEntry first) {
    this.disk = disk;
    this.journal = journal;
    this.first = first;
    this.bytes = bytes();
  }

  /** Reads a journal; returns null if it has no entries. */
  public static @Nullable JournalRecovery read(Disk disk, Path path) throws IOException {
    MemorySegment journal = MemorySegment.ofArray(WholeFile.read(disk, path));
    JournalEntry first = JournalEntry.read(journal, 0);
    return first == null ? null : new JournalRecovery(disk, journal, first);
  }

  /** Returns the sequence number of the journal's incremental file. */
  public long sequence() {
    return first.sequence();
  }

  /** Returns the number of entries of the first entry's generation. */
  public int count() {
    return count;
  }

  public long generation() {
    return first.generation();
  }

  /** Returns the offset of the bytes in the file. */
  public long offset() {
    return first.offset();
  }

  public long lengthBytes() {
    return bytes.length;
  }

  /** Returns true if an entry with a wrong checksum follows: the crash interrupted its write. */
  public boolean isTorn() {
    return torn;
  }

  /** Returns true if the system has not rebooted since the entries were written. */
  public boolean isOfThisSystem() {
    return disk.bootId().equals(Optional.of(first.bootId()));
  }

  /**
   * Returns true if a file is the one that the entries were written for. Without a reboot it has
   * all their bytes; after one it has at least the bytes that precede them.
   */
  public boolean belongsTo(Path file) throws IOException {
    long size = disk.size(file);
    long offset = first.offset();
    if (offset < 0 || size < offset) {
      return false;
    }
    return isOfThisSystem() ? size - offset >= bytes.length : isBeforeAsItWas(file, size);
  }

  /** Returns the number of the journal's bytes that its file lacks. */
  public long lackingBytes(Path file) throws IOException {
    if (isOfThisSystem()) {
      return 0;
    }
    int same = Arrays.mismatch(read(file, first.offset(), bytes.length), bytes);
    return same < 0 ? 0 : bytes.length - same;
  }

  /** Restores the missing bytes of the journal's file and makes them durable. */
  public void run(Path file, AofLog log) throws IOException {
    boolean whole = lackingBytes(file) == 0;
    try (DiskFile output = disk.append(file)) {
      if (!whole) {
        write(output);
        log.notice(
            String.format(
                Locale.ROOT,
                "Restored the end of the AOF file %s from its journal: %d bytes from offset %d",
                file.getFileName(),
                bytes.length,
                first.offset()));
      }
      output.sync();
    }
  }

  /** Makes a file durable. */
  public void sync(Path file) throws IOException {
    try (DiskFile output = disk.append(file)) {
      output.sync();
    }
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
      count++;
      entry = JournalEntry.read(journal, at);
      torn = entry == null && JournalEntry.isBegun(journal, at);
    }
    return Arrays.copyOf(all, (int) length);
  }

  private boolean continues(JournalEntry entry, long length) {
    return entry.generation() == first.generation()
        && entry.sequence() == first.sequence()
        && entry.offset() == first.offset() + length;
  }

  private boolean isBeforeAsItWas(Path file, long size) throws IOException {
    int length = first.before().bytes();
    if (length < 0 || length > JournalEntry.LONGEST_BEFORE_BYTES || length > first.offset()) {
      return false;
    }
    byte[] before = read(file, first.offset() - length, length);
    return JournalEntry.Before.of(MemorySegment.ofArray(before), 0, before.length)
            .equals(first.before())
        && (length > 0 || mayBeTorn(file, size));
  }

  /**
   * Returns true if a file without known preceding bytes has only a part of the entries in the
   * sector where they start. A crash leaves zeros for the rest.
   */
  private boolean mayBeTorn(Path file, long size) throws IOException {
    long most = Math.min(Math.min(bytes.length, size - first.offset()), SECTOR_BYTES);
    byte[] there = read(file, first.offset(), (int) most);
    for (int i = 0; i < there.length; i++) {
      if (there[i] != bytes[i] && there[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private byte[] read(Path file, long from, int length) throws IOException {
    byte[] read = new byte[length];
    try (DiskFile input = disk.read(file);
        Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(Math.max(length, 1));
      input.seek(from);
      int at = 0;
      while (at < length) {
        int more = input.read(memory, at, length - at);
        if (more < 0) {
          break;
        }
        at += more;
      }
      MemorySegment.copy(memory, 0, MemorySegment.ofArray(read), 0, at);
      return at == length ? read : Arrays.copyOf(read, at);
    }
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
