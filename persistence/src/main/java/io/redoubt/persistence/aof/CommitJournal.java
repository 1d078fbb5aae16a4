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
 * A journal that makes groups of commands durable faster than the incremental file does, under
 * {@code appendfsync always}. A sync of a growing file also commits its new length through the file
 * system's own journal; this file has a fixed length and is overwritten in place. A group is
 * written to the incremental file without a sync, and to the journal with one. When the journal is
 * full, the incremental file is synced, and the next generation of entries starts at the front.
 *
 * <p>Only a system crash can leave bytes here that the incremental file lacks. {@link
 * JournalRecovery} restores them before the file is read.
 *
 * <p>An optimization; correctness does not depend on it: the incremental file is synced for any
 * group that the journal can't take. Not thread-safe.
 */
public final class CommitJournal implements Closeable {

  /** The default size, after which the incremental file is synced at the latest. */
  static final long USUAL_BYTES = 2 << 20;

  /** The largest entry; writing a larger group twice takes longer than syncing a growing file. */
  private static final long LARGEST_ENTRY_BYTES = 1 << 16;

  private final Disk disk;
  private final Path path;
  private final DiskFile file;
  private final long size;
  private final UUID bootId;
  private final Arena arena = Arena.ofShared();

  /** The header of an entry and the bytes of a group. */
  private final MemorySegment entry = arena.allocate(LARGEST_ENTRY_BYTES, Long.BYTES);

  private long sequence;
  private long offset;
  private long length;

  /** The end of the bytes written to the incremental file. */
  private long end;

  /** True if the group's bytes are durable, here or in the incremental file. */
  private boolean committed = true;

  /** True if the group exceeds an entry. */
  private boolean tooLarge;

  /** True if the incremental file is durable up to the start of the current generation. */
  private boolean begun;

  private long generation;
  private Before before = Before.NOTHING;
  private long position;
  private boolean broken;

  /** True while the content must stay because the incremental file could not be synced. */
  private volatile boolean kept;

  private CommitJournal(Disk disk, Path path, DiskFile file, long size, UUID bootId) {
    this.disk = disk;
    this.path = path;
    this.file = file;
    this.size = size;
    this.bootId = bootId;
  }

  /**
   * Creates a journal, durable except for its name.
   *
   * @param bootId the id of the system's current boot
   */
  public static CommitJournal create(Disk disk, Path path, long bytes, UUID bootId)
      throws IOException {
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
   * Adds bytes that were written to the incremental file, behind those of the last call.
   *
   * @param at the offset of the bytes in the file
   */
  public void add(long fileSequence, long at, MemorySegment memory, long from, long bytes) {
    boolean another = fileSequence != sequence;
    begun &= at == (another ? 0 : end); // otherwise the journal lacks bytes in between
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
    if (tooLarge) { // the group makes no entry, but its end identifies the file
      length = Math.min(bytes, JournalEntry.LONGEST_BEFORE_BYTES);
      MemorySegment.copy(memory, from + bytes - length, entry, JournalEntry.HEAD_BYTES, length);
    } else {
      MemorySegment.copy(memory, from, entry, JournalEntry.HEAD_BYTES + length, bytes);
      length += bytes;
    }
  }

  /**
   * Makes the added bytes durable.
   *
   * @return false if the incremental file must be synced instead
   */
  public boolean commit() {
    if (committed) {
      return true;
    }
    long space = JournalEntry.space(length);
    if (!begun || kept || broken || tooLarge || position + space > size) {
      return false;
    }
    new JournalEntry(generation, sequence, offset, bootId, before).write(entry, length);
    try {
      file.seek(position);
      file.write(entry, 0, space);
      file.sync();
    } catch (IOException e) {
      broken = true; // later commits sync the incremental file
      return false;
    }
    position += space;
    committed = true;
    return true;
  }

  /** Returns true if the journal has bytes that are not durable in the incremental file. */
  public boolean isAhead() {
    return position > 0;
  }

  public long heldBytes() {
    return entry.byteSize();
  }

  /** Starts a new generation after a sync of the incremental file has made the content obsolete. */
  public void restart() {
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

  /** Keeps the content until {@link #release}, because the incremental file could not be synced. */
  public void keep() {
    kept = true;
    begun = false;
  }

  /** Allows the content to be overwritten after a rewrite made it obsolete. Thread-safe. */
  public void release() {
    kept = false;
  }

  /** Closes the file, and deletes it unless it has bytes that are not durable elsewhere. */
  @Override
  public void close() throws IOException {
    arena.close();
    file.close();
    if (!isAhead()) {
      disk.delete(path);
    }
  }
}
