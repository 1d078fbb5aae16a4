package io.redoubt.persistence.aof.check;

import io.redoubt.persistence.aof.AofDirectory;
import io.redoubt.persistence.aof.AofFile;
import io.redoubt.persistence.aof.AofFileType;
import io.redoubt.persistence.aof.AofLog;
import io.redoubt.persistence.aof.JournalRecovery;
import io.redoubt.persistence.aof.LeftoverJournal;
import io.redoubt.persistence.aof.LeftoverJournal.State;
import io.redoubt.persistence.aof.Manifest;
import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.rdb.check.CheckTerminal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The check of the commit journal, an extension of {@code redis-check-aof}: reports the journal
 * that {@code appendfsync always} keeps next to the files, and restores bytes that only the journal
 * has. Prints nothing without a journal.
 *
 * <p>A journal written since the system booted is left to the next start: a server may still be
 * writing to it, and the files have all its bytes.
 */
final class JournalCheck implements AofLog {

  private static final Pattern INCREMENTAL = Pattern.compile("(.+)\\.(\\d{1,18})\\.incr\\.aof");

  private final CheckTerminal terminal;
  private final @Nullable LeftoverJournal journal;

  private JournalCheck(CheckTerminal terminal, @Nullable LeftoverJournal journal) {
    this.terminal = terminal;
    this.journal = journal;
  }

  /** Returns a check without a journal. */
  static JournalCheck none(CheckTerminal terminal) {
    return new JournalCheck(terminal, null);
  }

  /**
   * Reads the journal next to a manifest.
   *
   * @param name the path of the manifest
   */
  static JournalCheck beside(Disk disk, CheckTerminal terminal, String name, Manifest manifest)
      throws CheckAborted {
    Path path = Path.of(name).toAbsolutePath();
    Path directory = path.getParent();
    String base = String.valueOf(path.getFileName());
    if (directory == null || !base.endsWith(AofDirectory.MANIFEST_SUFFIX)) {
      return none(terminal);
    }
    String fileName = base.substring(0, base.length() - AofDirectory.MANIFEST_SUFFIX.length());
    return read(disk, terminal, directory, fileName, manifest);
  }

  /**
   * Reads the journal next to a single file whose name is that of an incremental file.
   *
   * @param name the path of the file
   */
  static JournalCheck besideFile(Disk disk, CheckTerminal terminal, String name)
      throws CheckAborted {
    Path path = Path.of(name).toAbsolutePath();
    Path directory = path.getParent();
    String base = String.valueOf(path.getFileName());
    Matcher names = INCREMENTAL.matcher(base);
    if (directory == null || !names.matches()) {
      return none(terminal);
    }
    long sequence = Long.parseLong(names.group(2));
    AofFile file = new AofFile(base, sequence, AofFileType.INCREMENTAL);
    Manifest alone = new Manifest(null, List.of(file), List.of(), 0, sequence);
    return read(disk, terminal, directory, names.group(1), alone);
  }

  private static JournalCheck read(
      Disk disk, CheckTerminal terminal, Path directory, String fileName, Manifest manifest)
      throws CheckAborted {
    try {
      return new JournalCheck(terminal, LeftoverJournal.read(disk, directory, fileName, manifest));
    } catch (IOException e) {
      throw new CheckAborted(
          String.format(
              Locale.ROOT,
              "Cannot read journal %s: %s\n",
              LeftoverJournal.path(directory, fileName),
              terminal.reason(e)));
    }
  }

  /** Prints the journal's content and its relation to its file. */
  void report() {
    if (journal == null) {
      return;
    }
    terminal.print("Start to check the commit journal.\n");
    String name = journal.name();
    JournalRecovery entries = journal.entries();
    if (entries == null) {
      print("Journal %s is empty or its first entry is torn: it is ignored\n", name);
      return;
    }
    print(
        "Journal analyzed: filename=%s, entries=%d, size=%d, generation=%d, seq=%d, offset=%d,"
            + " system=%s\n",
        name,
        entries.count(),
        entries.lengthBytes(),
        entries.generation(),
        entries.sequence(),
        entries.offset(),
        entries.isOfThisSystem() ? "running" : "earlier");
    if (entries.isTorn()) {
      print("Journal %s ends with a torn entry, which is ignored\n", name);
    }
    AofFile file = journal.file();
    String fileName = file == null ? "" : file.name();
    switch (journal.state()) {
      case COMPLETE ->
          print("Journal %s contains nothing that INCR AOF %s lacks\n", name, fileName);
      case LACKING ->
          print(
              "Journal %s contains %d bytes that INCR AOF %s lacks\n",
              name, journal.lackingBytes(), fileName);
      case CHANGED ->
          print(
              "Journal %s does not match INCR AOF %s, which another program has changed: it is"
                  + " ignored\n",
              name, fileName);
      case MISSING ->
          print(
              "Journal %s belongs to an INCR AOF with seq %d, which does not exist: it is kept\n",
              name, entries.sequence());
      default ->
          print(
              "Journal %s belongs to an INCR AOF with seq %d, which the manifest does not list: it"
                  + " is ignored\n",
              name, entries.sequence());
    }
  }

  /**
   * Prints that a journal exists next to a single file, and that only a check of the manifest
   * includes it.
   *
   * @param changes true if the file may be truncated. This is refused if the file lacks bytes of
   *     the journal, because the next start would append them after the truncated end
   */
  void referToManifest(boolean changes) throws CheckAborted {
    if (journal == null) {
      return;
    }
    String manifest = journal.manifestName();
    print(
        "Journal %s exists beside this file: check the manifest %s to include it\n",
        journal.name(), manifest);
    if (state() == State.LACKING) {
      print(
          "Journal %s contains %d bytes that this file lacks\n",
          journal.name(), journal.lackingBytes());
      if (changes) {
        throw new CheckAborted(
            String.format(
                Locale.ROOT,
                "The file is not changed before journal %s is applied. Use the --fix option on"
                    + " %s.\n",
                journal.name(),
                manifest));
      }
    }
  }

  /**
   * Restores the bytes that only the journal has, and removes the journal or sets it aside, as a
   * start does.
   */
  void fix() throws CheckAborted {
    if (journal == null) {
      return;
    }
    JournalRecovery entries = journal.entries();
    if (entries == null || entries.isOfThisSystem() || journal.state() == State.MISSING) {
      return;
    }
    try {
      journal.settle(this);
    } catch (IOException e) {
      throw new CheckAborted(
          String.format(
              Locale.ROOT,
              "Failed to apply journal %s: %s. It is kept, run --fix again\n",
              journal.name(),
              terminal.reason(e)));
    }
    print("Successfully %s journal %s\n", outcome(), journal.name());
  }

  private String outcome() {
    return switch (state()) {
      case LACKING -> "applied";
      case CHANGED, UNLISTED -> "set aside";
      default -> "removed";
    };
  }

  /**
   * Refuses to continue if a file lacks bytes of the journal.
   *
   * @throws CheckAborted with advice
   */
  void requireApplied() throws CheckAborted {
    if (journal != null && state() == State.LACKING) {
      throw new CheckAborted(
          String.format(
              Locale.ROOT,
              "Journal %s is not applied. Use the --fix option to apply it.\n",
              journal.name()));
    }
  }

  /**
   * Sets the journal of a file aside before the file is truncated, since the next start would
   * restore the truncated bytes.
   */
  void beforeCut(String path) throws IOException {
    if (journal != null
        && journal.exists()
        && journal.file() != null
        && path.substring(path.lastIndexOf('/') + 1).equals(journal.file().name())) {
      journal.setAside();
      print("Set aside journal %s\n", journal.name());
    }
  }

  private State state() {
    return journal == null ? State.EMPTY : journal.state();
  }

  private void print(String format, Object... values) {
    terminal.print(String.format(Locale.ROOT, format, values));
  }

  @Override
  public void notice(String text) {
    terminal.print(text + "\n");
  }

  @Override
  public void warning(String text) {
    terminal.print(text + "\n");
  }
}
