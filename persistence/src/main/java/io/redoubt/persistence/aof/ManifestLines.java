package io.redoubt.persistence.aof;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Quoting;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Parses the lines of a manifest, with Redis' checks. */
final class ManifestLines {

  private @Nullable AofFile base;
  private final List<AofFile> incrementals = new ArrayList<>();
  private final List<AofFile> history = new ArrayList<>();
  private long lastIncrementalSequence;

  void add(int number, String line, int leastWords) throws ManifestException {
    String text = line.strip();
    List<byte[]> words = Quoting.split(text.getBytes(UTF_8));
    if (words == null || words.size() < leastWords || words.size() % 2 != 0) {
      throw new ManifestException(number, text, "Invalid AOF manifest file format");
    }
    String name = "";
    long sequence = 0;
    String type = "";
    for (int i = 0; i < words.size(); i += 2) {
      String value = text(words.get(i + 1));
      switch (text(words.get(i)).toLowerCase(Locale.ROOT)) {
        case "file" -> name = value;
        case "seq" -> sequence = leadingNumber(value);
        case "type" -> type = value;
        default -> {} // a field of a later version
      }
      if (name.indexOf('/') >= 0 || name.indexOf('\\') >= 0) {
        throw new ManifestException(number, text, "File can't be a path, just a filename");
      }
    }
    if (name.isEmpty() || sequence == 0 || type.isEmpty()) {
      throw new ManifestException(number, text, "Invalid AOF manifest file format");
    }
    if (!isEncodable(name)) {
      throw new ManifestException(number, text, "File name can't be encoded");
    }
    add(number, text, name, sequence, type.charAt(0));
  }

  /** Returns a word up to its first NUL, as C reads it. */
  private static String text(byte[] word) {
    String text = new String(word, UTF_8);
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }

  /** Returns true if the system's encoding of file names can represent a name. */
  private static boolean isEncodable(String name) {
    try {
      return Path.of(name).getNameCount() > 0;
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private void add(int number, String text, String name, long sequence, char type)
      throws ManifestException {
    switch (type) {
      case 'b' -> {
        if (base != null) {
          throw new ManifestException(number, text, "Found duplicate base file information");
        }
        base = new AofFile(name, sequence, AofFileType.BASE);
      }
      case 'h' -> history.add(new AofFile(name, sequence, AofFileType.HISTORY));
      case 'i' -> {
        if (sequence <= lastIncrementalSequence) {
          throw new ManifestException(number, text, "Found a non-monotonic sequence number");
        }
        incrementals.add(new AofFile(name, sequence, AofFileType.INCREMENTAL));
        lastIncrementalSequence = sequence;
      }
      default -> throw new ManifestException(number, text, "Unknown AOF file type");
    }
  }

  /**
   * Returns the manifest. The sequence numbers of history files count, too: a file with a reused
   * name would be removed with the history.
   */
  Manifest manifest() {
    long lastBase = base == null ? 0 : base.sequence();
    long lastIncremental = lastIncrementalSequence;
    for (AofFile file : history) {
      if (file.name().contains(Manifest.INCREMENTAL_MARK)) {
        lastIncremental = Math.max(lastIncremental, file.sequence());
      } else {
        lastBase = Math.max(lastBase, file.sequence());
      }
    }
    return new Manifest(base, incrementals, history, lastBase, lastIncremental);
  }

  /** Returns the number at the start of the text, 0 if it is missing or too long. */
  private static long leadingNumber(String text) {
    int end = text.startsWith("-") ? 1 : 0;
    while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    try {
      return Long.parseLong(text.substring(0, end));
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
