package io.redoubt.persistence.aof.check;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.persistence.aof.AofFile;
import io.redoubt.persistence.aof.Manifest;
import io.redoubt.persistence.aof.ManifestException;
import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.rdb.check.CheckTerminal;
import io.redoubt.persistence.rdb.check.RdbCheck;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The implementation of {@code redis-check-aof}: checks an append only file and truncates an
 * invalid end on request. The output is byte for byte that of Redis' tool, except for {@link
 * JournalCheck}, which prints only if there is a commit journal.
 */
public final class AofCheck {

  private static final String MAGIC = "REDIS";
  private static final String MANIFEST_START = "file";
  private static final int LINE_BYTES = 1025;

  private enum Outcome {
    VALID,
    EMPTY,
    CUT,
    CUT_TO_TIME
  }

  private final Disk disk;
  private final CheckTerminal terminal;
  private final boolean fixes;
  private final long untilSeconds;
  private long lines = 1;
  private JournalCheck journal;

  /**
   * Creates a check of one file or of all files of a manifest.
   *
   * @param fixes true to offer the truncation of invalid ends
   * @param untilSeconds the Unix time in seconds after which commands are cut off; 0 for none
   */
  public AofCheck(Disk disk, CheckTerminal terminal, boolean fixes, long untilSeconds) {
    this.disk = disk;
    this.terminal = terminal;
    this.fixes = fixes;
    this.untilSeconds = untilSeconds;
    this.journal = JournalCheck.none(terminal);
  }

  /**
   * Runs the check.
   *
   * @param name the path of a file with commands or of a manifest
   * @return the exit status: 0 if the files are valid now
   */
  public int run(String name) {
    try {
      if (isManifest(name)) {
        manifest(name);
      } else {
        print("Start checking Old-Style AOF\n");
        journal = JournalCheck.besideFile(disk, terminal, name);
        journal.referToManifest(fixes || untilSeconds != 0);
        conclude("AOF", name, file(name, name, true));
        journal.requireApplied();
      }
      return 0;
    } catch (CheckAborted e) {
      terminal.print(String.valueOf(e.getMessage()));
      return 1;
    }
  }

  private void manifest(String name) throws CheckAborted {
    print("Start checking Multi Part AOF\n");
    int slash = name.lastIndexOf('/');
    String directory = slash < 0 ? "." : slash == 0 ? "/" : name.substring(0, slash);
    Manifest manifest = parse(name);
    List<AofFile> files = manifest.loaded();
    AofFile base = manifest.base();
    journal = JournalCheck.beside(disk, terminal, name, manifest);
    journal.report();
    if (fixes) {
      journal.fix();
    } else if (untilSeconds != 0) {
      journal.requireApplied();
    }
    for (int i = 0; i < files.size(); i++) {
      AofFile file = files.get(i);
      String path = directory + "/" + file.name();
      boolean isBase = file.equals(base);
      if (isBase) {
        String format = isRdb(path, "") ? "RDB" : "RESP";
        print("Start to check BASE AOF (%s format).\n", format);
      } else if (i == (base == null ? 0 : 1)) {
        print("Start to check INCR files.\n");
      }
      Outcome outcome = file(file.name(), path, i == files.size() - 1);
      conclude(isBase ? "BASE AOF" : "INCR AOF", file.name(), outcome);
    }
    if (!fixes) {
      journal.requireApplied();
    }
    print("All AOF files and manifest are valid\n");
  }

  private Manifest parse(String name) throws CheckAborted {
    try (DiskFile file = open(name, "")) {
      CheckInput in = new CheckInput(file);
      ByteArrayOutputStream content = new ByteArrayOutputStream();
      for (int b = in.read(); b >= 0; b = in.read()) {
        content.write(b);
      }
      return Manifest.parse(content.toByteArray());
    } catch (ManifestException e) {
      e.report().forEach(terminal::warn);
      throw new CheckAborted("");
    } catch (IOException e) {
      throw new CheckAborted(String.format(Locale.ROOT, "Cannot read file: %s\n", name));
    }
  }

  private void conclude(String what, String name, Outcome outcome) {
    switch (outcome) {
      case VALID -> print("%s %s is valid\n", what, name);
      case EMPTY -> print("%s %s is empty\n", what, name);
      case CUT -> print("Successfully truncated AOF %s\n", name);
      case CUT_TO_TIME ->
          print("Successfully truncated AOF %s to timestamp %d\n", name, untilSeconds);
    }
  }

  /**
   * Checks one file.
   *
   * @param name the file's name in messages
   * @param last true if the file may be truncated
   */
  private Outcome file(String name, String path, boolean last) throws CheckAborted {
    boolean rdb = isRdb(path, ", aborting...");
    try (DiskFile file = open(path, ", aborting...")) {
      long size = file.size();
      if (size == 0) {
        return Outcome.EMPTY;
      }
      CheckInput in = new CheckInput(file);
      if (rdb) {
        preamble(in, name, path);
      }
      CommandCheck check = new CommandCheck(in, name, path, lines);
      check.run(untilSeconds);
      lines = check.lines();
      if (check.laterOffset() >= 0) {
        cutToTime(name, path, check.laterOffset(), last);
        return Outcome.CUT_TO_TIME;
      }
      print("%s", check.report());
      long excess = size - check.validBytes();
      if (excess == 0 && untilSeconds != 0) {
        print("Truncate nothing in AOF %s to timestamp %d\n", name, untilSeconds);
        return Outcome.VALID;
      }
      print(
          "AOF analyzed: filename=%s, size=%d, ok_up_to=%d, ok_up_to_line=%d, diff=%d\n",
          name, size, check.validBytes(), lines, excess);
      if (excess == 0) {
        return Outcome.VALID;
      }
      cut(name, path, size, check.validBytes(), last);
      return Outcome.CUT;
    } catch (IOException e) {
      throw new CheckAborted(
          String.format(Locale.ROOT, "Failed to read from AOF %s, aborting...\n", name));
    }
  }

  private void preamble(CheckInput in, String name, String path) throws IOException, CheckAborted {
    RdbCheck check = new RdbCheck(disk, terminal);
    if (!check.run(Path.of(path), name)) {
      throw new CheckAborted(
          check.isCorrupt() ? "" : "RDB preamble of AOF file is not sane, aborting.\n");
    }
    print("RDB preamble is OK, proceeding with AOF tail...\n");
    in.skip(check.bytes());
  }

  private void cutToTime(String name, String path, long offset, boolean last) throws CheckAborted {
    if (offset == 0) {
      throw new CheckAborted(
          String.format(
              Locale.ROOT,
              "AOF %s has nothing before timestamp %d, aborting...\n",
              path,
              untilSeconds));
    }
    if (!last) {
      throw new CheckAborted(
          String.format(
              Locale.ROOT,
              "Failed to truncate AOF %s to timestamp %d to offset %d because it is not the last"
                  + " file.\nIf you insist, please delete all files after this file according to"
                  + " the manifest file and delete the corresponding records in manifest file"
                  + " manually. Then re-run redis-check-aof.\n",
              path,
              untilSeconds,
              offset));
    }
    try {
      journal.beforeCut(name);
      truncate(path, offset);
    } catch (IOException e) {
      throw new CheckAborted(
          String.format(
              Locale.ROOT, "Failed to truncate AOF %s to timestamp %d\n", path, untilSeconds));
    }
  }

  private void cut(String name, String path, long size, long valid, boolean last)
      throws CheckAborted {
    if (!fixes) {
      throw new CheckAborted(
          String.format(
              Locale.ROOT, "AOF %s is not valid. Use the --fix option to try fixing it.\n", name));
    }
    if (!last) {
      throw new CheckAborted(
          String.format(
              Locale.ROOT, "Failed to truncate AOF %s because it is not the last file\n", name));
    }
    print(
        "This will shrink the AOF %s from %d bytes, with %d bytes, to %d bytes\n",
        name, size, size - valid, valid);
    print("Continue? [y/N]: ");
    String answer = terminal.answer();
    if (!answer.startsWith("y") && !answer.startsWith("Y")) {
      throw new CheckAborted("Aborting...\n");
    }
    try {
      journal.beforeCut(name);
      truncate(path, valid);
    } catch (IOException e) {
      throw new CheckAborted(String.format(Locale.ROOT, "Failed to truncate AOF %s\n", name));
    }
  }

  private void truncate(String path, long size) throws IOException {
    try (DiskFile file = disk.append(Path.of(path))) {
      file.truncate(size);
      file.sync();
    }
  }

  /** Returns true if the first line that is not a comment starts like a line of a manifest. */
  private boolean isManifest(String name) throws CheckAborted {
    try (DiskFile file = open(name, "")) {
      CheckInput in = new CheckInput(file);
      byte[] line = new byte[LINE_BYTES];
      for (int length = in.line(line); length > 0; length = in.line(line)) {
        String text = new String(line, 0, length, UTF_8);
        if (text.startsWith(MANIFEST_START)) {
          return true;
        }
        if (!text.startsWith("#") && !text.equals("\n")) {
          return false;
        }
      }
      return false;
    } catch (IOException e) {
      throw new CheckAborted(String.format(Locale.ROOT, "Cannot read file: %s\n", name));
    }
  }

  private boolean isRdb(String path, String suffix) throws CheckAborted {
    try (DiskFile file = open(path, suffix)) {
      CheckInput in = new CheckInput(file);
      byte[] magic = new byte[MAGIC.length()];
      for (int i = 0; i < magic.length; i++) {
        magic[i] = (byte) in.read();
      }
      String text = new String(magic, ISO_8859_1);
      return text.equals(MAGIC) || text.equals("VALKE");
    } catch (IOException e) {
      return false;
    }
  }

  private DiskFile open(String path, String suffix) throws CheckAborted {
    try {
      return disk.read(Path.of(path));
    } catch (IOException e) {
      throw new CheckAborted(
          String.format(
              Locale.ROOT, "Cannot open file %s: %s%s\n", path, terminal.reason(e), suffix));
    }
  }

  private void print(String format, Object... values) {
    terminal.print(String.format(Locale.ROOT, format, values));
  }
}
