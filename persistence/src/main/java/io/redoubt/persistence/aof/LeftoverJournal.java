package io.redoubt.persistence.aof;

import io.redoubt.persistence.io.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A commit journal left in a directory, and its relation to the files of the manifest. Used at a
 * server's start and by {@code redis-check-aof}.
 *
 * <p>Only {@link #settle} and {@link #setAside} change files. Both may be interrupted at any point
 * and repeated.
 */
public final class LeftoverJournal {

  /** The relation of a journal to the files. */
  public enum State {
    /** No complete entry: nothing was committed, or the first entry is torn. */
    EMPTY,
    /** Its file does not exist and is not in the manifest. */
    STALE,
    /** Its file exists but is not in the manifest. */
    UNLISTED,
    /** Its file is in the manifest but does not exist. */
    MISSING,
    /** Its file has all its bytes. */
    COMPLETE,
    /** Its file lacks bytes that were lost in a system crash. */
    LACKING,
    /** Its file has been changed since, so its bytes no longer belong there. */
    CHANGED
  }

  private static final String SUFFIX = ".journal";
  private static final String UNUSED_SUFFIX = ".journal.unused";

  private final Disk disk;
  private final Path directory;
  private final String fileName;
  private final @Nullable JournalRecovery recovery;
  private final @Nullable AofFile file;
  private final State state;
  private long lackingBytes;

  private LeftoverJournal(Disk disk, Path directory, String fileName, Manifest manifest)
      throws IOException {
    this.disk = disk;
    this.directory = directory;
    this.fileName = fileName;
    this.recovery = JournalRecovery.read(disk, path(directory, fileName));
    this.file = recovery == null ? null : file(manifest, recovery.sequence());
    this.state = state(recovery, manifest);
  }

  /** Returns the path of the journal for files with the given name prefix. */
  public static Path path(Path directory, String fileName) {
    return directory.resolve(fileName + SUFFIX);
  }

  /** Reads the journal of a directory; returns null if there is none. */
  public static @Nullable LeftoverJournal read(
      Disk disk, Path directory, String fileName, Manifest manifest) throws IOException {
    return disk.exists(path(directory, fileName))
        ? new LeftoverJournal(disk, directory, fileName, manifest)
        : null;
  }

  private @Nullable AofFile file(Manifest manifest, long sequence) {
    for (AofFile candidate : manifest.incrementals()) {
      if (candidate.sequence() == sequence && disk.exists(directory.resolve(candidate.name()))) {
        return candidate;
      }
    }
    return null;
  }

  private State state(@Nullable JournalRecovery entries, Manifest manifest) throws IOException {
    if (entries == null) {
      return State.EMPTY;
    }
    if (file == null) {
      long sequence = entries.sequence();
      if (manifest.incrementals().stream().anyMatch(named -> named.sequence() == sequence)) {
        return State.MISSING;
      }
      String name = Manifest.incrementalName(fileName, sequence);
      return disk.exists(directory.resolve(name)) ? State.UNLISTED : State.STALE;
    }
    Path path = directory.resolve(file.name());
    if (!entries.belongsTo(path)) {
      return State.CHANGED;
    }
    lackingBytes = entries.lackingBytes(path);
    return lackingBytes == 0 ? State.COMPLETE : State.LACKING;
  }

  public State state() {
    return state;
  }

  /** Returns the entries; null if there are none. */
  public @Nullable JournalRecovery entries() {
    return recovery;
  }

  /** Returns true until the journal has been removed or set aside. */
  public boolean exists() {
    return disk.exists(path(directory, fileName));
  }

  /** Returns the number of bytes that the file lacked when the journal was read. */
  public long lackingBytes() {
    return lackingBytes;
  }

  /** Returns the incremental file of the entries; null if it does not exist. */
  public @Nullable AofFile file() {
    return file;
  }

  /** Returns the name of the manifest that the journal belongs to. */
  public String manifestName() {
    return fileName + AofDirectory.MANIFEST_SUFFIX;
  }

  public String name() {
    return fileName + SUFFIX;
  }

  /**
   * Restores the bytes that only the journal has, makes them durable and deletes the journal. A
   * journal that does not match its file, or whose file is not in the manifest, is kept under
   * another name, because the manifest may be damaged. A journal whose file is missing stays,
   * because the file may be restored before the next start.
   */
  public void settle(AofLog log) throws IOException {
    if (state == State.MISSING) {
      return;
    }
    if (state == State.UNLISTED) {
      log.warning(
          String.format(
              Locale.ROOT,
              "The AOF manifest does not list the file of the journal %s. The journal is ignored.",
              name()));
      rename();
      return;
    }
    if (recovery != null && file != null) {
      if (state == State.CHANGED) {
        log.warning(
            String.format(
                Locale.ROOT,
                "The AOF file %s has been changed by another program. Its journal is ignored.",
                file.name()));
        rename();
        return;
      }
      recovery.run(directory.resolve(file.name()), log);
    }
    disk.delete(path(directory, fileName));
    disk.syncDirectory(directory);
  }

  /**
   * Renames the journal so that no start finds it. Syncs the file first, since its bytes may be
   * durable in the journal only.
   */
  public void setAside() throws IOException {
    if (recovery != null && file != null && state == State.COMPLETE) {
      recovery.sync(directory.resolve(file.name()));
    }
    rename();
  }

  private void rename() throws IOException {
    disk.rename(path(directory, fileName), directory.resolve(fileName + UNUSED_SUFFIX));
    disk.syncDirectory(directory);
  }
}
