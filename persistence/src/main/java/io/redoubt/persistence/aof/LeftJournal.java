package io.redoubt.persistence.aof;

import io.redoubt.persistence.io.Disk;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The journal of commits that a directory was left with, and its relation to the files of the
 * manifest. Used by the start of a server and by {@code redis-check-aof} alike.
 *
 * <p>Nothing is changed before {@link #settle} or {@link #setAside}. Both may be interrupted at any
 * time and be run again.
 */
final class LeftJournal {

  /** The relation of a journal to the files. */
  enum State {
    /** It has no whole entry: nothing was committed to it, or its first entry is torn. */
    EMPTY,
    /** Its entries are for a file that the manifest doesn't name and that is gone. */
    STALE,
    /** Its entries are for a file that is there, but that the manifest doesn't name. */
    UNLISTED,
    /** Its entries are for a file that the manifest names, but that is not there. */
    MISSING,
    /** The file has all of its bytes. */
    COMPLETE,
    /** The file lacks some of its bytes, which a crash of the system took. */
    LACKING,
    /** The file has been changed since: what the journal has doesn't belong to it. */
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

  private LeftJournal(Disk disk, Path directory, String fileName, Manifest manifest)
      throws IOException {
    this.disk = disk;
    this.directory = directory;
    this.fileName = fileName;
    this.recovery = JournalRecovery.read(disk, path(directory, fileName));
    this.file = recovery == null ? null : file(manifest, recovery.sequence());
    this.state = state(recovery, manifest);
  }

  /** Returns the path of the journal that belongs to files whose names begin with the given one. */
  static Path path(Path directory, String fileName) {
    return directory.resolve(fileName + SUFFIX);
  }

  /** Reads the journal of a directory; returns null when there is none. */
  static @Nullable LeftJournal read(Disk disk, Path directory, String fileName, Manifest manifest)
      throws IOException {
    return disk.exists(path(directory, fileName))
        ? new LeftJournal(disk, directory, fileName, manifest)
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

  State state() {
    return state;
  }

  /** The entries; null when it has none. */
  @Nullable JournalRecovery entries() {
    return recovery;
  }

  /** Returns true until it has been removed or set aside. */
  boolean isThere() {
    return disk.exists(path(directory, fileName));
  }

  /** The bytes that the file lacked when the journal was read. */
  long lackingBytes() {
    return lackingBytes;
  }

  /** The incremental file that the entries are for; null when it is not there. */
  @Nullable AofFile file() {
    return file;
  }

  /** The name of the manifest that the journal belongs to. */
  String manifestName() {
    return fileName + AofDirectory.MANIFEST_SUFFIX;
  }

  /** The name of the journal. */
  String name() {
    return fileName + SUFFIX;
  }

  /**
   * Puts what only the journal has where it belongs, makes that durable and removes the journal.
   * One that doesn't belong to the file keeps its bytes under another name, as does one whose file
   * the manifest doesn't name: the manifest may be damaged. One whose file is missing stays, since
   * the file may be put back before the next start.
   */
  void settle(AofLog log) throws IOException {
    if (state == State.MISSING) {
      return;
    }
    if (state == State.UNLISTED) {
      log.warning(
          "The AOF manifest doesn't name the file that the journal %s is for. The journal is not"
                  .formatted(name())
              + " used.");
      rename();
      return;
    }
    if (recovery != null && file != null) {
      if (state == State.CHANGED) {
        log.warning(
            "The AOF file %s is not as it was written. The end that its journal has is not used."
                .formatted(file.name()));
        rename();
        return;
      }
      recovery.run(directory.resolve(file.name()), log);
    }
    disk.delete(path(directory, fileName));
    disk.syncDirectory(directory);
  }

  /**
   * Gives the journal a name under which no start finds it. The bytes that the file has are made
   * durable first, since they may be only in the journal and in the system's cache.
   */
  void setAside() throws IOException {
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
