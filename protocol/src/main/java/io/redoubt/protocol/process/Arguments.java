package io.redoubt.protocol.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Quoting;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A parsed command line, by Redis' rules. A first argument without a leading hyphen is a config
 * file. {@code --name value ...} options are appended to the file's lines. A single {@code -} at
 * the start or the end reads lines from standard input; these come between the file's lines and the
 * options.
 *
 * @param sentinel true if a sentinel is requested, by the program's name or by {@code --sentinel}
 * @param configFile the absolute path of the config file; null if none is named
 * @param standardInput true if configuration is read from standard input
 * @param options lines of configuration, each with a newline; empty if there are none
 */
public record Arguments(
    Job job, boolean sentinel, @Nullable Path configFile, boolean standardInput, String options) {

  /** The job requested by a command line. */
  public enum Job {
    /** Runs the server. */
    SERVE,
    /** Prints the version. */
    VERSION,
    /** Prints the usage. */
    HELP,
    /** Tests the machine's memory. */
    TEST_MEMORY,
    /** Checks the machine's settings. */
    CHECK_SYSTEM,
    /** Checks the configuration. */
    CHECK_CONFIG
  }

  /**
   * Parses a command line.
   *
   * @param program the name of the program; a name that contains {@code redis-sentinel} selects a
   *     sentinel
   * @param arguments the arguments after the program's name
   */
  public static Arguments parse(String program, List<String> arguments) {
    boolean sentinel = program.contains("redis-sentinel") || arguments.contains("--sentinel");
    Job job = arguments.isEmpty() ? Job.SERVE : jobOf(arguments);
    if (job == Job.CHECK_CONFIG) {
      return configuration(job, sentinel, arguments.subList(1, arguments.size()));
    }
    if (job != Job.SERVE || arguments.isEmpty()) {
      return new Arguments(job, sentinel, null, false, "");
    }
    return configuration(job, sentinel, arguments);
  }

  private static Arguments configuration(Job job, boolean sentinel, List<String> arguments) {
    if (arguments.isEmpty()) {
      return new Arguments(job, sentinel, null, false, "");
    }
    String first = arguments.getFirst();
    boolean hasFile = !first.isEmpty() && !first.startsWith("-");
    List<String> rest =
        hasFile || first.isEmpty() ? arguments.subList(1, arguments.size()) : arguments;
    boolean standardInput = !rest.isEmpty() && rest.getLast().equals("-");
    if (standardInput) {
      rest = rest.subList(0, rest.size() - 1);
    }
    if (!rest.isEmpty() && rest.getFirst().equals("-")) {
      standardInput = true;
      rest = rest.subList(1, rest.size());
    }
    Path file = hasFile ? Path.of(first).toAbsolutePath().normalize() : null;
    return new Arguments(job, sentinel, file, standardInput, lines(rest));
  }

  private static Job jobOf(List<String> arguments) {
    boolean alone = arguments.size() == 1;
    return switch (arguments.getFirst()) {
      case "-v", "--version" -> Job.VERSION;
      case "-h", "--help" -> Job.HELP;
      case "--test-memory" -> Job.TEST_MEMORY;
      case "--check-system" -> alone ? Job.CHECK_SYSTEM : Job.SERVE;
      case "--check-config" -> Job.CHECK_CONFIG;
      default -> Job.SERVE;
    };
  }

  /** Returns one line for each option and its arguments, quoted. */
  private static String lines(List<String> words) {
    StringBuilder lines = new StringBuilder();
    boolean nameExpected = true;
    int options = 0;
    for (int at = 0; at < words.size(); at++) {
      String word = words.get(at);
      if (!nameExpected || !word.startsWith("--")) {
        lines.append(Quoting.quote(word.getBytes(UTF_8))).append(' ');
        nameExpected = true;
        continue;
      }
      lines
          .append(options++ == 0 && lines.isEmpty() ? "" : "\n")
          .append(word.substring(2))
          .append(' ');
      boolean last = at + 1 == words.size();
      boolean bare = last || words.get(at + 1).startsWith("--");
      // Other options take one value, which may itself start with hyphens.
      nameExpected = isSeveralWords(word);
      if (bare && word.equalsIgnoreCase("--save")) {
        lines.append("\"\"");
        nameExpected = true;
      } else if (bare && word.equalsIgnoreCase("--sentinel")) {
        lines.setLength(lines.length() - "sentinel ".length());
        nameExpected = true;
      }
    }
    return lines.isEmpty() ? "" : lines.append('\n').toString();
  }

  /** Returns true if the option holds its value too, as in {@code "--port 7000"}. */
  private static boolean isSeveralWords(String option) {
    List<byte[]> words = Quoting.split(option.getBytes(UTF_8));
    return words != null && words.size() > 1;
  }

  /** Reads standard input if configuration is expected there; otherwise returns an empty array. */
  public byte[] readStandardInput(InputStream in) throws IOException {
    return standardInput ? SmallFile.bytes(in) : new byte[0];
  }

  /** Parses the arguments of a Java program's main method. */
  public static Arguments parse(String program, String... arguments) {
    return parse(program, Arrays.asList(arguments));
  }
}
