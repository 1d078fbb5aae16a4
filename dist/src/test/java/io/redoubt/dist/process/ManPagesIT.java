package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The manual pages describe exactly the options that the programs print in their usage. */
final class ManPagesIT {
  private static final Path PAGES = Path.of("src/main/man");
  private static final Pattern OPTION =
      Pattern.compile("(?<![\\w/-])-{1,2}[A-Za-z0-9][A-Za-z0-9-]*");

  /**
   * Directives in examples, the placeholder for any directive, a negative number, and two short
   * options in one word.
   */
  private static final Set<String> NO_OPTIONS =
      Set.of("--port", "--replicaof", "--loglevel", "--directive", "-1", "-hV");

  /** Options of the data server, in the usage that a sentinel shares with it. */
  private static final Set<String> OF_SERVERS =
      Set.of("--check-system", "--test-memory", "--sentinel");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis-server",
        "redis-sentinel",
        "redis-cli",
        "redis-benchmark",
        "redis-check-aof",
        "redis-check-rdb",
        "redoubt-quickstart"
      })
  void describesTheOptionsOfTheUsage(String program) throws Exception {
    Set<String> used = usage(program, "--help");
    Set<String> described = described(program);
    used.removeAll(NO_OPTIONS);
    described.removeAll(NO_OPTIONS);
    if (program.equals("redis-sentinel")) {
      used.removeAll(OF_SERVERS);
    }
    if (program.equals("redis-cli")) {
      Set<String> ofClusters = usage(program, "--cluster", "help");
      described.removeIf(option -> !used.contains(option) && ofClusters.contains(option));
    }
    assertThat(described).containsExactlyInAnyOrderElementsOf(used);
  }

  private static Set<String> options(String text) {
    Set<String> options = new TreeSet<>();
    OPTION.matcher(text).results().forEach(found -> options.add(found.group()));
    return options;
  }

  /** Returns the options that have a paragraph of their own. */
  private static Set<String> described(String program) throws Exception {
    Set<String> described = new TreeSet<>();
    List<String> lines = Files.readAllLines(PAGES.resolve(program + ".1"));
    for (int i = 1; i < lines.size(); i++) {
      if (lines.get(i - 1).equals(".TP")) {
        String plain = lines.get(i).replace("\\-", "-").replaceAll("\\\\f[BIR]", "");
        described.addAll(options(plain));
      }
    }
    return described;
  }

  private static Set<String> usage(String program, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(arguments));
    command.addFirst(Distribution.HOME.resolve("bin").resolve(program).toString());
    Distribution.Result result = Distribution.run(Map.of(), command.toArray(String[]::new));
    return options(result.output());
  }
}
