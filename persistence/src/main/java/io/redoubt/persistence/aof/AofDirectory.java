package io.redoubt.persistence.aof;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.WholeFile;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The directory of an append only file: its files and the manifest that lists the valid ones. Every
 * change of the manifest is atomic and durable, and files exist before the manifest lists them. A
 * crash at any point therefore leaves a loadable and complete set of files.
 *
 * <p>The manifest in memory always equals the one that a restarted process would read. If a write
 * fails after the rename, the new manifest is in effect, but no file of the previous one is removed
 * until the new one is known to be durable.
 *
 * <p>Not thread-safe, but not bound to a thread.
 */
public final class AofDirectory {

  public static final String MANIFEST_SUFFIX = ".manifest";
  private static final String TEMPORARY_PREFIX = "temp-";

  private final Disk disk;
  private final Path workingDirectory;
  private final Path directory;
  private final String fileName;
  private final AofLog log;

  private Manifest manifest = Manifest.EMPTY;
  private boolean durable = true;

  /** The manifest that lists the last created incremental file; see {@link #enterIncremental}. */
  private Manifest entering = Manifest.EMPTY;

  /**
   * Creates a directory object without any I/O.
   *
   * @param workingDirectory the server's working directory
   * @param directoryName the directive {@code appenddirname}
   * @param fileName the directive {@code appendfilename}, the prefix of all file names
   */
  public AofDirectory(
      Disk disk, Path workingDirectory, String directoryName, String fileName, AofLog log) {
    this.disk = disk;
    this.workingDirectory = workingDirectory;
    this.directory = workingDirectory.resolve(directoryName);
    this.fileName = fileName;
    this.log = log;
  }

  public Path directory() {
    return directory;
  }

  public Manifest manifest() {
    return manifest;
  }

  public Path path(AofFile file) {
    return directory.resolve(file.name());
  }

  public String manifestName() {
    return fileName + MANIFEST_SUFFIX;
  }

  /**
   * Reads the manifest, if there is one, and recovers from a crash: deletes temporary files, and
   * restores commands that only the journal has.
   */
  public void open() throws IOException, ManifestException {
    manifest = Manifest.EMPTY;
    durable = true;
    if (!disk.isDirectory(directory)) {
      return;
    }
    disk.delete(temporaryManifest());
    disk.delete(temporaryIncremental());
    Path path = directory.resolve(manifestName());
    if (disk.exists(path)) {
      manifest = Manifest.parse(WholeFile.read(disk, path));
    }
    LeftoverJournal journal = LeftoverJournal.read(disk, directory, fileName, manifest);
    if (journal != null) {
      journal.settle(log);
    }
  }

  /** Creates a commit journal for the incremental files; returns null if that is not possible. */
  public @Nullable CommitJournal createJournal() {
    return createJournal(CommitJournal.USUAL_BYTES);
  }

  public @Nullable CommitJournal createJournal(long bytes) {
    Optional<UUID> bootId = disk.bootId();
    if (bootId.isEmpty() || disk.exists(journal())) {
      return null; // the next start may need the existing journal
    }
    try {
      CommitJournal created = CommitJournal.create(disk, journal(), bytes, bootId.get());
      disk.syncDirectory(directory);
      return created;
    } catch (IOException e) {
      log.warning("Can't create the commit journal of the AOF: " + SystemErrors.text(e));
      return null;
    }
  }

  private Path journal() {
    return LeftoverJournal.path(directory, fileName);
  }

  /**
   * Migrates the single append-only file of Redis 6 or older from the working directory: it becomes
   * the base, unless there are files to load already.
   *
   * @return true if a file was migrated
   */
  public boolean migrateOldFile() throws IOException {
    Path old = workingDirectory.resolve(fileName);
    if (!disk.exists(old) || !(manifest.isEmpty() || isTakingOver())) {
      return false;
    }
    createDirectory();
    write(Manifest.takingOver(fileName));
    try {
      disk.rename(old, directory.resolve(fileName));
    } catch (IOException e) {
      log.warning(
          String.format(
              Locale.ROOT,
              "Error trying to move the old AOF file %s into dir %s: %s",
              fileName,
              directory.getFileName(),
              SystemErrors.text(e)));
      throw e;
    }
    disk.syncDirectory(directory);
    disk.syncDirectory(workingDirectory);
    log.notice(
        String.format(
            Locale.ROOT,
            "Successfully migrated an old-style AOF file (%s) into the AOF directory (%s).",
            fileName,
            directory.getFileName()));
    return true;
  }

  /**
   * Returns true if an earlier migration was interrupted between writing the manifest and moving
   * the file.
   */
  private boolean isTakingOver() {
    AofFile base = manifest.base();
    return base != null
        && manifest.incrementals().isEmpty()
        && base.name().equals(fileName)
        && !disk.exists(path(base));
  }

  /** Returns the size of all loaded files in bytes. */
  public long sizeBytes() throws IOException {
    long bytes = 0;
    for (AofFile file : manifest.loaded()) {
      bytes += disk.size(path(file));
    }
    return bytes;
  }

  /** Returns the size of the base in bytes, 0 if there is none. */
  public long baseBytes() throws IOException {
    AofFile base = manifest.base();
    return base == null ? 0 : disk.size(path(base));
  }

  /** Creates the directory if it does not exist. */
  public void createDirectory() throws IOException {
    try {
      if (disk.createDirectory(directory)) {
        disk.syncDirectory(workingDirectory);
      }
    } catch (IOException e) {
      log.warning(
          String.format(
              Locale.ROOT,
              "Can't open or create append-only dir %s: %s",
              directory.getFileName(),
              SystemErrors.text(e)));
      throw e;
    }
  }

  /**
   * Opens the last incremental file for appending, at startup, or creates the first one. Syncs its
   * content, because a killed process may have left bytes that are only in the page cache, and a
   * journal of later commits must not start behind a gap.
   */
  public DiskFile openLast() throws IOException {
    AofFile last = manifest.last();
    if (last == null) {
      return startIncremental("server start");
    }
    log.notice(String.format(Locale.ROOT, "Opening AOF incr file %s on server start", last.name()));
    DiskFile file = disk.append(path(last));
    try {
      file.sync();
    } catch (IOException e) {
      file.close();
      throw e;
    }
    return file;
  }

  private DiskFile startIncremental(String occasion) throws IOException {
    DiskFile file = createIncremental(occasion);
    try {
      enterIncremental();
      return file;
    } catch (IOException e) {
      file.close();
      dropIncremental();
      throw e;
    }
  }

  /**
   * Creates the next incremental file, which is not used before {@link #enterIncremental()} has
   * succeeded.
   */
  public DiskFile createIncremental() throws IOException {
    return createIncremental("background rewrite");
  }

  private DiskFile createIncremental(String occasion) throws IOException {
    createDirectory();
    Manifest next = manifest.withNextIncremental(fileName);
    String name = next.incrementals().getLast().name();
    log.notice(String.format(Locale.ROOT, "Creating AOF incr file %s on %s", name, occasion));
    DiskFile file = createAnew(directory.resolve(name));
    entering = next;
    return file;
  }

  /**
   * Adds the last created file to the manifest. The caller must have made the previous file
   * durable, since only the last file may be torn after a crash.
   */
  public void enterIncremental() throws IOException {
    disk.syncDirectory(directory);
    write(entering);
  }

  /** Deletes the last created file unless the manifest lists it. */
  public void dropIncremental() throws IOException {
    if (!manifest.equals(entering)) {
      disk.delete(path(entering.incrementals().getLast()));
    }
  }

  /**
   * Creates an empty file. A leftover file of that name is deleted rather than truncated, so that
   * its content can't reappear after a crash once the directory is synced.
   */
  private DiskFile createAnew(Path path) throws IOException {
    disk.delete(path);
    return disk.create(path);
  }

  /**
   * Creates the file that collects writes during the first rewrite. They are useless without the
   * base being written, so the manifest does not list the file, and a crash discards it.
   */
  public DiskFile startTemporaryIncremental() throws IOException {
    createDirectory();
    Path path = temporaryIncremental();
    log.notice(
        String.format(
            Locale.ROOT, "Creating AOF incr file %s on background rewrite", path.getFileName()));
    return createAnew(path);
  }

  /** Deletes the file created by {@link #startTemporaryIncremental()}. */
  public void dropTemporaryIncremental() throws IOException {
    if (disk.delete(temporaryIncremental())) {
      log.notice(
          String.format(
              Locale.ROOT,
              "Removing the temp incr aof file %s in the background",
              temporaryIncremental().getFileName()));
    }
  }

  /** The incremental files to be loaded after a new base. */
  public enum Following {
    /** The last one, started together with the rewrite. */
    LAST,
    /** The file created by {@link #startTemporaryIncremental()}, which gets its permanent name. */
    TEMPORARY,
    /** None, because appending is off. */
    NONE
  }

  /**
   * Makes a rewritten file the base, and all previous files history.
   *
   * @param rewritten the complete and durable file under a temporary name on the same file system
   * @param rdb true for an RDB file, false for one of commands
   */
  public void replaceBase(Path rewritten, boolean rdb, Following following) throws IOException {
    createDirectory();
    Manifest next = manifest.withNextBase(fileName, rdb);
    AofFile base = next.base();
    if (base == null) {
      throw new IllegalStateException("no base");
    }
    rename(rewritten, path(base), "base");
    if (following == Following.TEMPORARY) {
      next = next.withNextIncremental(fileName);
      rename(temporaryIncremental(), path(next.incrementals().getLast()), "incr");
    }
    disk.syncDirectory(directory);
    write(next.withHistory(following == Following.NONE ? 0 : 1));
  }

  private void rename(Path from, Path to, String type) throws IOException {
    try {
      disk.rename(from, to);
    } catch (IOException e) {
      log.warning(
          String.format(
              Locale.ROOT,
              "Error trying to rename the temporary AOF %s file %s into %s: %s",
              type,
              from.getFileName(),
              to.getFileName(),
              SystemErrors.text(e)));
      throw e;
    }
    log.notice(
        String.format(
            Locale.ROOT,
            "Successfully renamed the temporary AOF %s file %s into %s",
            type,
            from.getFileName(),
            to.getFileName()));
  }

  /** Deletes the history files and removes them from the manifest. */
  public void removeHistory() throws IOException {
    if (manifest.history().isEmpty()) {
      return;
    }
    if (!durable) {
      disk.syncDirectory(directory);
      durable = true;
    }
    for (AofFile file : manifest.history()) {
      log.notice(
          String.format(
              Locale.ROOT, "Removing the history file %s in the background", file.name()));
      disk.delete(path(file));
    }
    write(manifest.withoutHistory());
  }

  /** Returns the temporary path for a rewrite's base. */
  public Path temporaryBase(long pid) {
    return workingDirectory.resolve("temp-rewriteaof-bg-" + pid + ".aof");
  }

  private Path temporaryManifest() {
    return directory.resolve(TEMPORARY_PREFIX + manifestName());
  }

  private Path temporaryIncremental() {
    return directory.resolve(TEMPORARY_PREFIX + fileName + ".incr");
  }

  /** Writes a manifest. After a failure, {@link #manifest} is the one readable on disk. */
  private void write(Manifest next) throws IOException {
    Path temporary = temporaryManifest();
    WholeFile.write(disk, temporary, next.format());
    disk.rename(temporary, directory.resolve(manifestName()));
    manifest = next;
    durable = false;
    disk.syncDirectory(directory);
    durable = true;
  }
}
