package measure;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Units of Redis' own test suite, run against an external server: without the tests that start
 * servers or inspect them.
 */
final class Suite {
  private static final List<String> UNITS =
      List.of(
          "unit/type/string",
          "unit/type/incr",
          "unit/type/list",
          "unit/type/set",
          "unit/type/zset",
          "unit/type/hash",
          "unit/type/stream",
          "unit/type/stream-cgroups",
          "unit/keyspace",
          "unit/expire",
          "unit/scan",
          "unit/sort",
          "unit/bitops",
          "unit/bitfield",
          "unit/geo",
          "unit/hyperloglog",
          "unit/multi",
          "unit/pubsub",
          "unit/protocol",
          "unit/scripting",
          "unit/functions",
          "unit/acl");

  /** A unit that hangs counts up to the last test it has finished. */
  private static final int UNIT_SECONDS = Integer.getInteger("measure.unit.seconds", 60);

  private static final Pattern PASSED = Pattern.compile("\\[ok]: (.*?)( \\(\\d+ ms\\))?");

  /** The folder of the suite, which contains {@code runtest}; empty to skip the suite. */
  private static final String FOLDER = System.getProperty("measure.suite", "");

  private Suite() {}

  static boolean isThere() {
    return !FOLDER.isEmpty();
  }

  /** Returns the tests that pass, as unit and title. */
  static Set<String> passed(Product product) throws Exception {
    Set<String> passed = new HashSet<>();
    for (String unit : UNITS) {
      try (Product.Running running = product.answering()) {
        for (String title : passed(unit, running.port())) {
          passed.add(unit + ": " + title);
        }
      }
    }
    return passed;
  }

  private static Set<String> passed(String unit, int port) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
                "./runtest",
                "--host",
                "127.0.0.1",
                "--port",
                "" + port,
                "--single",
                unit,
                "--clients",
                "1",
                "--durable",
                "--ignore-encoding",
                "--ignore-digest",
                "--tags",
                "-needs:debug -needs:repl -needs:reset -slow -large-memory")
            .directory(Path.of(FOLDER).toFile())
            .redirectErrorStream(true);
    builder.environment().put("TERM", "dumb"); // no colours
    Process process = builder.start();
    Set<String> titles = ConcurrentHashMap.newKeySet();
    Thread reader =
        Thread.ofPlatform()
            .start(() -> {
              try (var lines = process.inputReader()) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  Matcher matcher = PASSED.matcher(line);
                  if (matcher.matches()) {
                    titles.add(matcher.group(1));
                  }
                }
              } catch (IOException ended) {
                return;
              }
            });
    if (!process.waitFor(UNIT_SECONDS, TimeUnit.SECONDS)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
    reader.join();
    return titles;
  }
}
