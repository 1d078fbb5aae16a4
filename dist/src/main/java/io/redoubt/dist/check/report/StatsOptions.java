package io.redoubt.dist.check.report;

import io.redoubt.persistence.rdb.report.ReportSettings;
import io.redoubt.protocol.bytes.ByteString;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The options of a report.
 *
 * @param output the file to write, empty for standard output
 */
record StatsOptions(
    Path file, ReportFormat format, Optional<Path> output, ReportSettings settings) {

  private static final int MAX_DELIMITERS = 16;

  /** Signals options that are refused, with a message for the user. */
  static final class RefusedOptionException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    RefusedOptionException(String message) {
      super(message);
      reason = message;
    }

    String reason() {
      return reason;
    }
  }

  /** Parses the arguments of the program. */
  static StatsOptions parse(String... words) throws RefusedOptionException {
    Optional<Path> file = Optional.empty();
    Optional<Path> output = Optional.empty();
    ReportFormat format = ReportFormat.TEXT;
    ByteString delimiters = ReportSettings.USUAL.delimiters();
    int depth = ReportSettings.USUAL.prefixDepth();
    int largest = ReportSettings.USUAL.largest();
    boolean mergesNumbers = ReportSettings.USUAL.mergesNumbers();
    for (int i = 0; i < words.length; i++) {
      String word = words[i];
      switch (word) {
        case "--stats" -> {}
        case "--keep-numbers" -> mergesNumbers = false;
        case "--format" -> {
          String name = argument(words, ++i);
          format =
              ReportFormat.of(name)
                  .orElseThrow(() ->
                      refusal("Unknown format '" + name + "': one of " + ReportFormat.names()));
        }
        case "--output" -> output = Optional.of(path(argument(words, ++i)));
        case "--delimiters" -> delimiters = delimiters(argument(words, ++i));
        case "--prefix-depth" -> depth = number(words, ++i, ReportSettings.MAX_DEPTH);
        case "--top" -> largest = number(words, ++i, ReportSettings.MAX_LARGEST);
        default -> {
          if (word.startsWith("--")) {
            throw refusal("Unknown option '" + word + "' of --stats");
          }
          if (file.isPresent()) {
            throw refusal("More than one file: '" + file.get() + "' and '" + word + "'");
          }
          file = Optional.of(path(word));
        }
      }
    }
    Path given = file.orElseThrow(() -> refusal("No file is given"));
    return new StatsOptions(
        given, format, output, new ReportSettings(delimiters, depth, mergesNumbers, largest));
  }

  private static RefusedOptionException refusal(String message) {
    return new RefusedOptionException(message);
  }

  private static String argument(String[] words, int at) throws RefusedOptionException {
    if (at == words.length) {
      throw refusal("The option '" + words[at - 1] + "' needs an argument");
    }
    return words[at];
  }

  private static Path path(String name) throws RefusedOptionException {
    try {
      if (!name.isEmpty()) {
        return Path.of(name);
      }
    } catch (InvalidPathException e) {
      throw refusal("Invalid file name: " + e.getReason());
    }
    throw refusal("Empty file name");
  }

  private static ByteString delimiters(String characters) throws RefusedOptionException {
    boolean valid =
        !characters.isEmpty()
            && characters.length() <= MAX_DELIMITERS
            && characters.chars().allMatch(c -> c >= ' ' && c < 127 && !Character.isDigit(c));
    if (!valid) {
      throw refusal(
          "Invalid delimiters: 1 to "
              + MAX_DELIMITERS
              + " printable ASCII characters other than digits");
    }
    return ByteString.of(characters);
  }

  private static int number(String[] words, int at, int most) throws RefusedOptionException {
    String word = argument(words, at);
    try {
      int number = Integer.parseInt(word);
      if (number >= 1 && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // refused below, as a number out of range
    }
    throw refusal("Invalid " + words[at - 1] + " '" + word + "': a number from 1 to " + most);
  }
}
