package io.redoubt.persistence.aof;

import io.redoubt.persistence.aof.JournalEntry.Before;
import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Makes groups of commands durable sooner than the incremental file can be, with {@code appendfsync
 * always}. Each time a file grows its new length is to be made durable too, in the file system's
 * own journal. This file has its length from the beginning and is overwritten from its start: a
 * group is written to the incremental file as ever, to the cache of the operating system, and here;
 * only this one is forced. When there is no room left here the incremental file is, and the next
 * generation of entries begins at the start.
 *
 * <p>Only the crash of a system leaves something here that the incremental file does not have. What
 * it was, {@link JournalRecovery} puts there before that is read.
 *
 * <p>It is a help and nothing depends on it: what it can't take, the incremental file is forced
 * for. Used by one thread at a time.
 */
public final class CommitJournal implements Closeable {

  /** The usual size: with so many bytes the incremental file is forced at the latest. */
  static final long USUAL_BYTES = 2 << 20;

  /** A larger group takes longer to be written twice than it takes to force a file that grows. */
  private static final long LARGEST_ENTRY_BYTES = 1 << 16;

  private final Disk disk;
  private final Path path;
  private final DiskFile file;
  private final long size;
  private final UUID bootId;
  private final Arena arena = Arena.ofShared();

  /** The head of an entry and the bytes of a group. */
  private final MemorySegment entry = arena.allocate(LARGEST_ENTRY_BYTES, Long.BYTES);

  private long sequence;
  private long offset;
  private long length;

  /** Up to where the incremental file has been written. */
  private long end;

  /** Whether the bytes of the group are durable, here or in the incremental file. */
  private boolean committed = true;

  /** Whether the group has bytes that did not fit in. */
  private boolean tooLarge;

  /** Whether the incremental file is known to be durable up to where a generation begins. */
  private boolean begun;

  private long generation;
  private Before before = Before.NOTHING;
  private long position;
  private boolean broken;

  /** Whether what is here has to stay: the incremental file could not be forced. */
  private volatile boolean kept;

  private CommitJournal(Disk disk, Path path, DiskFile file, long size, UUID bootId) {
    this.disk = disk;
    this.path = path;
    this.file = file;
    this.size = size;
    this.bootId = bootId;
  }

  /**
   * Creates one, durable but for its name.
   *
   * @param bootId what is another one after each start of the system
   */
  static CommitJournal create(Disk disk, Path path, long bytes, UUID bootId) throws IOException {
    DiskFile file = disk.create(path);
    try (Arena zeros = Arena.ofConfined()) {
      file.write(zeros.allocate(bytes), 0, bytes);
      file.sync();
    } catch (IOException e) {
      file.close();
      disk.delete(path);
      throw e;
    }
    return new CommitJournal(disk, path, file, bytes, bootId);
  }

  /**
   * Bytes have been written to the incremental file, behind those of the last call.
   *
   * @param fileSequence the number of the file
   * @param at where in it they stand
   */
  void add(long fileSequence, long at, MemorySegment memory, long from, long bytes) {
    boolean another = fileSequence != sequence;
    begun &= at == (another ? 0 : end); // otherwise there are bytes that are not here
    if (another) {
      before = Before.NOTHING;
      committed = true;
    }
    if (committed) {
      committed = false;
      tooLarge = false;
      sequence = fileSequence;
      offset = at;
      length = 0;
    }
    end = at + bytes;
    tooLarge |= bytes > LARGEST_ENTRY_BYTES - JournalEntry.HEAD_BYTES - length;
    if (tooLarge) { // no entry is made of the group, but its end identifies the file
      length = Math.min(bytes, JournalEntry.LONGEST_BEFORE_BYTES);
      MemorySegment.copy(memory, from + bytes - length, entry, JournalEntry.HEAD_BYTES, length);
    } else {
      MemorySegment.copy(memory, from, entry, JournalEntry.HEAD_BYTES + length, bytes);
      length += bytes;
    }
  }

  /**
   * Makes what was added durable.
   *
   * @return false when the incremental file is to be forced instead
   */
  boolean commit() {
    if (committed) {
      return true;
    }
    long space = JournalEntry.space(length);
    if (!begun || kept || broken || tooLarge || position + space > size) {
      return false;
    }
    new JournalEntry(generation, sequence, offset, bootId, before).write(entry, length);
    try {
      file.position(position);
      file.write(entry, 0, space);
      file.sync();
    } catch (IOException e) {
      broken = true; // the incremental file is forced, now and from now on
      return false;
    }
    position += space;
    committed = true;
    return true;
  }

  /** Whether there is something here that the incremental file is not known to have for good. */
  boolean isAhead() {
    return position > 0;
  }

  /** The memory that it takes. */
  long heldBytes() {
    return entry.byteSize();
  }

  /** The incremental file has been forced: what is here is needed no more. */
  void restart() {
    if (kept) {
      return;
    }
    begun = true;
    generation++;
    position = 0;
    committed = true;
    long known = Math.min(length, JournalEntry.LONGEST_BEFORE_BYTES);
    before = Before.of(entry, JournalEntry.HEAD_BYTES + length - known, known);
  }

  /** The incremental file could not be forced: what is here stays until {@link #giveBack}. */
  void keep() {
    kept = true;
    begun = false;
  }

  /** A rewrite has made what is here needless; on any thread. */
  void giveBack() {
    kept = false;
  }

  /** Closes the file and removes it, unless something is there that is not elsewhere for good. */
  @Override
  public void close() throws IOException {
    arena.close();
    file.close();
    if (!isAhead()) {
      disk.delete(path);
    }
  }
}
