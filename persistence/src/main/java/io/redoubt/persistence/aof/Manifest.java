package io.redoubt.persistence.aof;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Quoting;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The list of the files of an append only file: a base, incremental files in the order in which
 * they are loaded, and history files, which are no longer loaded.
 *
 * <p>The file on disk has one line for each, in the order base, history, incrementals:
 *
 * <pre>
 * file appendonly.aof.2.base.rdb seq 2 type b
 * </pre>
 *
 * <p>A name with white space, quotes or bytes that aren't printable is enclosed in double quotes.
 * Lines that start with {@code #} are comments; unknown pairs of words are ignored.
 *
 * @param base the data set to which the incremental files apply; null for an empty one
 * @param incrementals in ascending order of their sequence
 * @param history files to be removed
 * @param lastBaseSequence the highest number of any base so far
 * @param lastIncrementalSequence the highest number of any incremental file so far
 */
public record Manifest(
    @Nullable AofFile base,
    List<AofFile> incrementals,
    List<AofFile> history,
    long lastBaseSequence,
    long lastIncrementalSequence) {

  /** A manifest without files. */
  public static final Manifest EMPTY = new Manifest(null, List.of(), List.of(), 0, 0);

  /** The suffix that distinguishes incremental files. */
  static final String INCREMENTAL_MARK = ".incr.";

  /** The maximum length of a line in bytes, including its end. */
  private static final int MAX_LINE_BYTES = 1024;

  private static final int LEAST_WORDS = 6;

  /** Copies the lists. */
  public Manifest {
    incrementals = List.copyOf(incrementals);
    history = List.copyOf(history);
  }

  /** Returns the files to load, in order. */
  public List<AofFile> loaded() {
    List<AofFile> files = new ArrayList<>();
    if (base != null) {
      files.add(base);
    }
    files.addAll(incrementals);
    return files;
  }

  /** Returns true if there is nothing to load. */
  public boolean isEmpty() {
    return base == null && incrementals.isEmpty();
  }

  /** Returns the incremental file that receives appends, or null. */
  public @Nullable AofFile last() {
    return incrementals.isEmpty() ? null : incrementals.getLast();
  }

  /** Returns a manifest whose base is the single file of Redis 6 or older. */
  static Manifest takingOver(String name) {
    return new Manifest(new AofFile(name, 1, AofFileType.BASE), List.of(), List.of(), 1, 0);
  }

  static String incrementalName(String fileName, long sequence) {
    return fileName + "." + sequence + INCREMENTAL_MARK + "aof";
  }

  /**
   * Returns a manifest with the next incremental file added.
   *
   * @param fileName the directive {@code appendfilename}
   */
  Manifest withNextIncremental(String fileName) {
    long sequence = lastIncrementalSequence + 1;
    List<AofFile> more = new ArrayList<>(incrementals);
    more.add(new AofFile(incrementalName(fileName, sequence), sequence, AofFileType.INCREMENTAL));
    return new Manifest(base, more, history, lastBaseSequence, sequence);
  }

  /**
   * Returns a manifest with the next base; the previous one becomes history.
   *
   * @param fileName the directive {@code appendfilename}
   * @param rdb true for an RDB file, false for one of commands
   */
  Manifest withNextBase(String fileName, boolean rdb) {
    long sequence = lastBaseSequence + 1;
    String name = fileName + "." + sequence + ".base" + (rdb ? ".rdb" : ".aof");
    List<AofFile> old = new ArrayList<>();
    if (base != null) {
      old.add(base.asHistory());
    }
    old.addAll(history);
    AofFile next = new AofFile(name, sequence, AofFileType.BASE);
    return new Manifest(next, incrementals, old, sequence, lastIncrementalSequence);
  }

  /** Returns a manifest in which all but the last {@code kept} incremental files are history. */
  Manifest withHistory(int kept) {
    int count = Math.max(0, incrementals.size() - kept);
    List<AofFile> old = new ArrayList<>();
    incrementals.subList(0, count).forEach(file -> old.add(file.asHistory()));
    old.addAll(history);
    List<AofFile> rest = incrementals.subList(count, incrementals.size());
    return new Manifest(base, rest, old, lastBaseSequence, lastIncrementalSequence);
  }

  Manifest withoutHistory() {
    return new Manifest(base, incrementals, List.of(), lastBaseSequence, lastIncrementalSequence);
  }

  /** Returns the content of the manifest file. */
  public byte[] format() {
    StringBuilder lines = new StringBuilder();
    if (base != null) {
      append(lines, base);
    }
    history.forEach(file -> append(lines, file));
    incrementals.forEach(file -> append(lines, file));
    return lines.toString().getBytes(UTF_8);
  }

  private static void append(StringBuilder lines, AofFile file) {
    byte[] name = file.name().getBytes(UTF_8);
    lines
        .append("file ")
        .append(needsQuotes(name) ? Quoting.quote(name) : file.name())
        .append(" seq ")
        .append(file.sequence())
        .append(" type ")
        .append(file.type().letter())
        .append('\n');
  }

  private static boolean needsQuotes(byte[] name) {
    for (byte b : name) {
      if (b <= ' ' || b == 127 || b == '"' || b == '\'' || b == '\\') {
        return true;
      }
    }
    return name.length == 0;
  }

  /** Parses the content of a manifest file. */
  public static Manifest parse(byte[] content) throws ManifestException {
    ManifestLines lines = new ManifestLines();
    int number = 0;
    for (int at = 0; at < content.length; ) {
      int end = at;
      while (end < content.length && content[end] != '\n') {
        end++;
      }
      String text = new String(content, at, Math.min(end - at, MAX_LINE_BYTES), UTF_8);
      number++;
      if (content[at] != '#') {
        if (end == content.length || end - at >= MAX_LINE_BYTES || text.indexOf('\0') >= 0) {
          throw new ManifestException(0, "", "The AOF manifest file contains too long line");
        }
        lines.add(number, text, LEAST_WORDS);
      }
      at = end + 1;
    }
    if (number == 0) {
      throw new ManifestException(0, "", "Found an empty AOF manifest");
    }
    return lines.manifest();
  }
}
