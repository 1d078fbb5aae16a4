package io.redoubt.dist.load;

import io.redoubt.dist.client.Target;
import io.redoubt.dist.client.TargetOptions;
import io.redoubt.dist.client.UsageException;
import io.redoubt.dist.client.WordCursor;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The options of a command line of {@code redis-benchmark}. */
final class LoadOptions {
  private static final Set<String> MISSING = Set.of("--cluster");
  private static final int MOST_THREADS = 500;

  int clients = 50;
  long requests = 100_000;
  int valueBytes = 3;
  boolean keepsConnections = true;
  int pipeline = 1;
  boolean randomKeys;
  long keys;
  boolean quiet;
  boolean csv;
  boolean loops;
  boolean idle;
  boolean readsLastArgument;
  boolean showsHelp;
  boolean showsVersion;

  /** Significant digits of latencies. */
  int precision = 3;

  boolean tracksKeys;
  int threads;

  /** Names of tests in lower case, null for all. */
  @Nullable Set<String> tests;

  /** The command to run in place of the tests, empty for none. */
  List<String> command = List.of();

  private final TargetOptions target = new TargetOptions();

  private LoadOptions() {}

  static LoadOptions parse(List<String> arguments) throws UsageException {
    LoadOptions options = new LoadOptions();
    WordCursor words = new WordCursor(arguments);
    while (words.optionFollows()) {
      String name = words.next();
      if (name.equals("-h") && !words.hasNext()) {
        options.showsHelp = true;
      } else if (!options.option(name, words) && !options.target.take(name, words)) {
        throw new UsageException(
            MISSING.contains(name)
                ? "redis-benchmark: the option " + name + " is not supported"
                : "Invalid option \"" + name + "\" or option argument missing");
      }
    }
    options.command = words.rest();
    return options;
  }

  Target target() throws UsageException {
    Target chosen = target.target();
    if (chosen.tls() != null && chosen.socket() != null) {
      throw new UsageException("--tls needs a host and port, not a socket.");
    }
    return chosen;
  }

  private boolean option(String name, WordCursor words) throws UsageException {
    switch (name) {
      case "-c" -> clients = words.number(name, 1, 1_000_000);
      case "-n" -> {
        requests = words.number(name);
        if (requests < 1) {
          throw new UsageException("-n needs a number of at least 1");
        }
      }
      case "-d" -> valueBytes = Math.clamp(words.number(name), 1, 1 << 30);
      case "-k" -> keepsConnections = words.number(name) != 0;
      case "-P" -> pipeline = words.number(name, 1, 1_000_000);
      case "-r" -> {
        randomKeys = true;
        keys = Math.max(0, words.number(name));
      }
      case "-q" -> quiet = true;
      case "--csv" -> csv = true;
      case "-l" -> loops = true;
      case "-I" -> idle = true;
      case "-e" -> {} // an option of old versions; the tool now always stops at an error
      case "-x" -> readsLastArgument = true;
      case "-t" ->
          tests = new TreeSet<>(List.of(words.value(name).toLowerCase(Locale.ROOT).split(",", -1)));
      case "--dbnum" -> target.setDatabase(words.number(name, 0, Integer.MAX_VALUE));
      case "--precision" -> precision = words.number(name, 0, 4);
      case "--enable-tracking" -> tracksKeys = true;
      case "--threads" -> threads = words.number(name, 1, MOST_THREADS);
      case "--help" -> showsHelp = true;
      case "-v", "--version" -> showsVersion = true;
      default -> {
        return false;
      }
    }
    return true;
  }
}
