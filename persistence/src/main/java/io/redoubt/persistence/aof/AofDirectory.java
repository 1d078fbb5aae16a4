package io.redoubt.persistence.aof;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.WholeFile;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The directory of an append-only file: its files and the manifest that says which of them count.
 * Every change of the manifest is atomic and durable, and the files that it names are there before
 * it names them: at every moment a crash leaves a set of files that can be loaded and is complete.
 *
 * <p>The manifest in memory is the one that a process started now would read. Where writing it
 * fails after it took its name, it counts, and nothing that the one before needs is removed until
 * it is known to be durable.
 *
 * <p>May be used from any thread, by one at a time.
 */
public final class AofDirectory {

  static final String MANIFEST_SUFFIX = ".manifest";
  private static final String TEMPORARY_PREFIX = "temp-";

  private final Disk disk;
  private final Path workingDirectory;
  private final Path directory;
  private final String fileName;
  private final AofLog log;

  private Manifest manifest = Manifest.EMPTY;
  private boolean durable = true;

  /** The manifest with the incremental file that was created last. */
  private Manifest entering = Manifest.EMPTY;

  /**
   * A directory, on which nothing is read or written yet.
   *
   * @param workingDirectory the server's
   * @param directoryName the directive {@code appenddirname}
   * @param fileName the directive {@code appendfilename}, which the names of all files begin with
   */
  public AofDirectory(
      Disk disk, Path workingDirectory, String directoryName, String fileName, AofLog log) {
    this.disk = disk;
    this.workingDirectory = workingDirectory;
    this.directory = workingDirectory.resolve(directoryName);
    this.fileName = fileName;
    this.log = log;
  }

  /** The directory itself. */
  public Path directory() {
    return directory;
  }

  /** Which files there are. */
  public Manifest manifest() {
    return manifest;
  }

  /** Where a file of the manifest lies. */
  public Path path(AofFile file) {
    return directory.resolve(file.name());
  }

  /** The name of the manifest's file. */
  public String manifestName() {
    return fileName + MANIFEST_SUFFIX;
  }

  /**
   * Reads the manifest, if there is one. What a server has left that died is dealt with: files with
   * temporary names are removed, and what only the journal has is put where it belongs.
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
    LeftJournal journal = LeftJournal.read(disk, directory, fileName, manifest);
    if (journal != null) {
      journal.settle(log);
    }
  }

  /** Creates a journal for commits to the incremental files; null if there can't be one. */
  public @Nullable CommitJournal createJournal() {
    return createJournal(CommitJournal.USUAL_BYTES);
  }

  @Nullable CommitJournal createJournal(long bytes) {
    Optional<UUID> bootId = disk.bootId();
    if (bootId.isEmpty() || disk.exists(journal())) {
      return null; // one that is there may still be needed, until the next start
    }
    try {
      CommitJournal created = CommitJournal.create(disk, journal(), bytes, bootId.get());
      disk.syncDirectory(directory);
      return created;
    } catch (IOException e) {
      log.warning("Can't create a journal for commits to the AOF: " + SystemErrors.text(e));
      return null;
    }
  }

  private Path journal() {
    return LeftJournal.path(directory, fileName);
  }

  /**
   * Moves an append-only file from before Redis 7, a single one in the working directory, into the
   * directory as its base, when there is one and nothing else to load.
   *
   * @return whether there was one
   */
  public boolean takeOver() throws IOException {
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
          "Error trying to move the old AOF file %s into dir %s: %s"
              .formatted(fileName, directory.getFileName(), SystemErrors.text(e)));
      throw e;
    }
    disk.syncDirectory(directory);
    disk.syncDirectory(workingDirectory);
    log.notice(
        "Successfully migrated an old-style AOF file (%s) into the AOF directory (%s)."
            .formatted(fileName, directory.getFileName()));
    return true;
  }

  /** Whether a server died between writing the manifest and moving the file. */
  private boolean isTakingOver() {
    AofFile base = manifest.base();
    return base != null
        && manifest.incrementals().isEmpty()
        && base.name().equals(fileName)
        && !disk.exists(path(base));
  }

  /** The bytes of all files that are loaded. */
  public long sizeBytes() throws IOException {
    long bytes = 0;
    for (AofFile file : manifest.loaded()) {
      bytes += disk.size(path(file));
    }
    return bytes;
  }

  /** The bytes of the base, 0 when there is none. */
  public long baseBytes() throws IOException {
    AofFile base = manifest.base();
    return base == null ? 0 : disk.size(path(base));
  }

  /** Makes the directory when it isn't there. */
  public void createDirectory() throws IOException {
    try {
      if (disk.createDirectory(directory)) {
        disk.syncDirectory(workingDirectory);
      }
    } catch (IOException e) {
      log.warning(
          "Can't open or create append-only dir %s: %s"
              .formatted(directory.getFileName(), SystemErrors.text(e)));
      throw e;
    }
  }

  /**
   * Opens the last incremental file at its end, and starts the first one when there is none: what a
   * server writes to after its start.
   */
  public DiskFile openLast() throws IOException {
    AofFile last = manifest.last();
    if (last == null) {
      return startIncremental("server start");
    }
    log.notice("Opening AOF incr file %s on server start".formatted(last.name()));
    return disk.append(path(last));
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
   * Creates the next incremental file, which counts for nothing before {@link #enterIncremental()}
   * has ended; until then the server goes on with the one that it has.
   */
  public DiskFile createIncremental() throws IOException {
    return createIncremental("background rewrite");
  }

  private DiskFile createIncremental(String occasion) throws IOException {
    createDirectory();
    Manifest next = manifest.withNextIncremental(fileName);
    String name = next.incrementals().getLast().name();
    log.notice("Creating AOF incr file %s on %s".formatted(name, occasion));
    DiskFile file = createAnew(directory.resolve(name));
    entering = next;
    return file;
  }

  /**
   * Puts the file that was created last into the manifest. The caller has made the one before
   * durable: only the last file may be found torn.
   */
  public void enterIncremental() throws IOException {
    disk.syncDirectory(directory);
    write(entering);
  }

  /** Removes the file that was created last, unless it counts: entering it has failed. */
  public void dropIncremental() throws IOException {
    if (!manifest.equals(entering)) {
      disk.delete(path(entering.incrementals().getLast()));
    }
  }

  /**
   * Creates an empty file. One of that name, which a failure has left, is removed instead of
   * emptied: its content can't come back after a crash then, once the directory is synchronised.
   */
  private DiskFile createAnew(Path path) throws IOException {
    disk.delete(path);
    return disk.create(path);
  }

  /**
   * Starts a file that collects writes until the first rewrite is done, without which they mean
   * nothing: it is not in the manifest, and a crash discards it.
   */
  public DiskFile startTemporaryIncremental() throws IOException {
    createDirectory();
    Path path = temporaryIncremental();
    log.notice("Creating AOF incr file %s on background rewrite".formatted(path.getFileName()));
    return createAnew(path);
  }

  /** Removes the file that {@link #startTemporaryIncremental()} started. */
  public void dropTemporaryIncremental() throws IOException {
    if (disk.delete(temporaryIncremental())) {
      log.notice(
          "Removing the temp incr aof file %s in the background"
              .formatted(temporaryIncremental().getFileName()));
    }
  }

  /** Which incremental files apply to a new base. */
  public enum Following {
    /** The last one, started when the rewrite was. */
    LAST,
    /** The one started by {@link #startTemporaryIncremental()}, which gets its name now. */
    TEMPORARY,
    /** None: nothing is appended at this time. */
    NONE
  }

  /**
   * Makes a rewritten file the base and all that came before it history.
   *
   * @param rewritten the file, complete and durable, under a temporary name on the same file system
   * @param rdb whether it is an RDB file, otherwise one of commands
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
          "Error trying to rename the temporary AOF %s file %s into %s: %s"
              .formatted(type, from.getFileName(), to.getFileName(), SystemErrors.text(e)));
      throw e;
    }
    log.notice(
        "Successfully renamed the temporary AOF %s file %s into %s"
            .formatted(type, from.getFileName(), to.getFileName()));
  }

  /** Removes the history files, and their names from the manifest. */
  public void removeHistory() throws IOException {
    if (manifest.history().isEmpty()) {
      return;
    }
    if (!durable) {
      disk.syncDirectory(directory);
      durable = true;
    }
    for (AofFile file : manifest.history()) {
      log.notice("Removing the history file %s in the background".formatted(file.name()));
      disk.delete(path(file));
    }
    write(manifest.withoutHistory());
  }

  /** Where a rewrite puts the base before it takes its name. */
  public Path temporaryBase(long pid) {
    return workingDirectory.resolve("temp-rewriteaof-bg-" + pid + ".aof");
  }

  private Path temporaryManifest() {
    return directory.resolve(TEMPORARY_PREFIX + manifestName());
  }

  private Path temporaryIncremental() {
    return directory.resolve(TEMPORARY_PREFIX + fileName + ".incr");
  }

  /** Writes a manifest; when this fails, {@link #manifest} is the one that can be read there. */
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
