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
 * The command line by Redis' rule: a config file when the first argument has no hyphen in front;
 * then {@code --name value ...} for lines that follow on the file's; a single {@code -} at the end
 * for lines from standard input, which come between the two.
 *
 * @param job what is asked for
 * @param sentinel whether a sentinel is, by the program's name or {@code --sentinel}
 * @param configFile absolute; null when there is none
 * @param standardInput whether standard input has configuration
 * @param options lines of configuration, each with a newline; empty when there are none
 */
public record Arguments(
    Job job, boolean sentinel, @Nullable Path configFile, boolean standardInput, String options) {

  /** What a command line asks a server's program for. */
  public enum Job {
    /** To serve. */
    SERVE,
    /** Its version. */
    VERSION,
    /** Its usage. */
    HELP,
    /** A test of the machine's memory. */
    TEST_MEMORY,
    /** A look at the machine's settings. */
    CHECK_SYSTEM
  }

  /**
   * Reads a command line.
   *
   * @param program the name of the program; one with {@code redis-sentinel} in it is a sentinel
   * @param arguments what follows on it
   */
  public static Arguments parse(String program, List<String> arguments) {
    boolean sentinel = program.contains("redis-sentinel") || arguments.contains("--sentinel");
    Job job = arguments.isEmpty() ? Job.SERVE : jobOf(arguments);
    if (job != Job.SERVE || arguments.isEmpty()) {
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
      default -> Job.SERVE;
    };
  }

  /** One line for each option and the arguments after it, quoted. */
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
      lines.append(options++ == 0 ? "" : "\n").append(word.substring(2)).append(' ');
      boolean last = at + 1 == words.size();
      boolean bare = last || words.get(at + 1).startsWith("--");
      // Any option but these has a value, which may begin with hyphens itself.
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

  /** {@code "--port 7000"} as one argument of the command line has its value with it. */
  private static boolean isSeveralWords(String option) {
    List<byte[]> words = Quoting.split(option.getBytes(UTF_8));
    return words != null && words.size() > 1;
  }

  /** What standard input has, when configuration is to be read from it; nothing otherwise. */
  public byte[] readStandardInput(InputStream in) throws IOException {
    return standardInput ? in.readAllBytes() : new byte[0];
  }

  /** The arguments of a Java program's main method, read by {@link #parse(String, List)}. */
  public static Arguments parse(String program, String... arguments) {
    return parse(program, Arrays.asList(arguments));
  }
}
