package io.redoubt.dist.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.cli.cluster.ClusterModeOptions;
import io.redoubt.dist.cli.session.OutputForm;
import io.redoubt.dist.client.Target;
import io.redoubt.dist.client.TargetOptions;
import io.redoubt.dist.client.UsageException;
import io.redoubt.dist.client.WordCursor;
import io.redoubt.protocol.bytes.Quoting;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The options of a command line, and the command that follows them. */
final class CliOptions {
  /** A mode that replaces running commands. */
  enum Special {
    NONE,
    HELP,
    VERSION,
    STAT,
    LATENCY,
    LATENCY_HISTORY,
    LATENCY_DIST,
    INTRINSIC_LATENCY,
    SCAN,
    BIG_KEYS,
    MEMORY_KEYS,
    HOT_KEYS,
    LRU_TEST,
    REPLICA,
    DUMP,
    FUNCTIONS_DUMP,
    PIPE,
    EVAL
  }

  Special special = Special.NONE;

  /** The argument of the special mode: a number or a file. */
  int specialNumber;

  String specialFile = "";
  long repeat = 1;
  double intervalSeconds;
  boolean readsLastArgument;
  @Nullable String argumentTag;
  String elementDelimiter = "\n";
  String replyDelimiter = "\n";
  @Nullable OutputForm form;
  boolean failsOnError;
  boolean quotedInput;
  boolean asksForPassword;
  boolean followsCluster;
  boolean debugs;

  /** True if the debugged script changes the server's own data rather than a copy. */
  boolean debugKeepsChanges;

  @Nullable Boolean showsPushes;
  byte @Nullable [] pattern;
  int count;
  int memorySamples = -1;
  int pipeTimeoutSeconds = 30;

  /** The command, empty if commands are read from standard input. */
  List<String> command = List.of();

  /** The options of {@code --cluster}. */
  final ClusterModeOptions cluster = new ClusterModeOptions();

  private final TargetOptions target = new TargetOptions();
  private boolean warns = true;

  private CliOptions() {}

  static CliOptions parse(List<String> arguments, Map<String, String> environment)
      throws UsageException {
    CliOptions options = new CliOptions();
    options.target.setPassword(environment.get("REDISCLI_AUTH"));
    WordCursor words = new WordCursor(arguments);
    while (words.optionFollows()) {
      options.option(words.next(), words);
    }
    options.command = words.rest();
    if (options.debugs && options.special != Special.EVAL) {
      throw new UsageException(
          "Options --ldb and --ldb-sync-mode require --eval.\n"
              + "Try redis-cli --help for more information.");
    }
    if (options.readsLastArgument && options.argumentTag != null) {
      throw new UsageException("Options -x and -X are mutually exclusive.");
    }
    return options;
  }

  /**
   * Returns true if the password is on the command line, where other users of the machine can read
   * it.
   */
  boolean warnsOfPassword() {
    return target.passwordOnCommandLine() && warns && !asksForPassword;
  }

  Target target() throws UsageException {
    return target.target();
  }

  private void option(String name, WordCursor words) throws UsageException {
    if (name.equals("-h") && !words.hasNext()) {
      special = Special.HELP; // -h alone asks for help, as in Redis' client
    } else if (!target.take(name, words)
        && !input(name, words)
        && !mode(name, words)
        && !cluster.take(name, words)) {
      throw new UsageException("Unrecognized option or bad number of args for: '" + name + "'");
    }
  }

  /** Parses an option about commands or their output; returns false if it is another one. */
  private boolean input(String name, WordCursor words) throws UsageException {
    switch (name) {
      case "-n" -> target.setDatabase(words.number(name, 0, Integer.MAX_VALUE));
      case "-r" -> repeat = words.number(name);
      case "-i" -> intervalSeconds = words.seconds(name);
      case "-x" -> readsLastArgument = true;
      case "-X" -> argumentTag = words.value(name);
      case "-d" -> elementDelimiter = bytes(words.value(name));
      case "-D" -> replyDelimiter = bytes(words.value(name));
      case "-e" -> failsOnError = true;
      case "-c" -> followsCluster = true;
      case "--raw" -> form = OutputForm.RAW;
      case "--no-raw" -> form = OutputForm.STANDARD;
      case "--csv" -> form = OutputForm.CSV;
      case "--json" -> json(OutputForm.JSON);
      case "--quoted-json" -> json(OutputForm.QUOTED_JSON);
      case "--quoted-input" -> quotedInput = true;
      case "--no-auth-warning" -> warns = false;
      case "--askpass" -> asksForPassword = true;
      case "--show-pushes" -> showsPushes = yes(words.value(name));
      case "--verbose" -> {} // an option for --cluster in Redis' client; ignored
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean mode(String name, WordCursor words) throws UsageException {
    switch (name) {
      case "--help" -> special = Special.HELP;
      case "-v", "--version" -> special = Special.VERSION;
      case "--stat" -> special = Special.STAT;
      case "--latency" -> special = Special.LATENCY;
      case "--latency-history" -> special = Special.LATENCY_HISTORY;
      case "--latency-dist" -> special = Special.LATENCY_DIST;
      case "--intrinsic-latency" -> number(Special.INTRINSIC_LATENCY, name, words);
      case "--scan" -> special = Special.SCAN;
      case "--bigkeys" -> special = Special.BIG_KEYS;
      case "--memkeys" -> special = Special.MEMORY_KEYS;
      case "--memkeys-samples" -> {
        special = Special.MEMORY_KEYS;
        memorySamples = words.number(name, 0, Integer.MAX_VALUE);
      }
      case "--hotkeys" -> special = Special.HOT_KEYS;
      case "--lru-test" -> number(Special.LRU_TEST, name, words);
      case "--replica", "--slave" -> special = Special.REPLICA;
      case "--rdb" -> file(Special.DUMP, name, words);
      case "--functions-rdb" -> file(Special.FUNCTIONS_DUMP, name, words);
      case "--pipe" -> special = Special.PIPE;
      case "--pipe-timeout" -> pipeTimeoutSeconds = words.number(name, 0, Integer.MAX_VALUE);
      case "--eval" -> file(Special.EVAL, name, words);
      case "--ldb" -> debugs = true;
      case "--ldb-sync-mode" -> {
        debugs = true;
        debugKeepsChanges = true;
      }
      case "--pattern" -> pattern = words.value(name).getBytes(UTF_8);
      case "--quoted-pattern" -> pattern = unquoted(words.value(name));
      case "--count" -> count = words.number(name, 1, Integer.MAX_VALUE);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void number(Special mode, String name, WordCursor words) throws UsageException {
    special = mode;
    specialNumber = words.number(name, 1, Integer.MAX_VALUE);
  }

  private void file(Special mode, String name, WordCursor words) throws UsageException {
    special = mode;
    specialFile = words.value(name);
  }

  private static boolean yes(String word) throws UsageException {
    return switch (word.isEmpty() ? ' ' : Character.toLowerCase(word.charAt(0))) {
      case 'y' -> true;
      case 'n' -> false;
      default ->
          throw new UsageException(
              "Unknown --show-pushes value '" + word + "' (valid: '[y]es', '[n]o')");
    };
  }

  /** Selects a JSON form, and RESP3 unless the user chose a protocol: only RESP3 has maps. */
  private void json(OutputForm chosen) {
    form = chosen;
    if (!target.choosesProtocol()) {
      target.setProtocol(3);
    }
  }

  private static String bytes(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  private static byte[] unquoted(String word) throws UsageException {
    List<byte[]> parts = Quoting.split(word.getBytes(UTF_8));
    if (parts == null || parts.size() != 1) {
      throw new UsageException("Invalid quoted string");
    }
    return parts.getFirst();
  }

  /**
   * Returns the bytes of the command's words.
   *
   * @throws UsageException if a word is not valid between quotes and {@code --quoted-input} is set
   */
  byte[][] arguments() throws UsageException {
    byte[][] arguments = new byte[command.size()][];
    for (int i = 0; i < arguments.length; i++) {
      String word = command.get(i);
      arguments[i] = quotedInput ? unquoted(word) : word.getBytes(UTF_8);
    }
    return arguments;
  }
}
