package io.redoubt.dist.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks the modules up to {@code dist}, and that each entry of {@link Rules} still applies. */
final class ArchitectureTest extends ModuleChecks {
  private static final Pattern SLEEP = Pattern.compile("\\.sleep\\(|\\.park(Nanos|Until)\\(");
  private static final int MOST_SLEEPS = 10;

  /** Those whose classes are compiled, and the benchmarks, which are compiled later. */
  private static final List<String> ALL_MODULES =
      Stream.concat(CompiledClass.MODULES.stream(), Stream.of("dist/bench")).toList();

  ArchitectureTest() {
    super(CompiledClass.MODULES);
  }

  @Test
  void declaredEdgesAreAcyclic() {
    for (String start : Rules.EDGES.keySet()) {
      assertThat(KnotTest.reachable(start, Rules.EDGES))
          .as("imports of %s, through others", start)
          .doesNotContain(start);
    }
  }

  @Test
  void pureClassesUseNeitherDoorsNorLocks() {
    Set<String> wrong = new TreeSet<>();
    for (CompiledClass user : classes) {
      if (isOneOf(user, Rules.PURE)) {
        Rules.DOORS.forEach(door ->
            used(user, door).forEach(thing -> wrong.add(user.shortName() + " uses " + thing)));
        if (user.locks()) {
          wrong.add(user.shortName() + " locks");
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void exceptionsForManyPartsAreNeeded() {
    assertThat(manyParts()).isEqualTo(Rules.MANY_PARTS);
  }

  @Test
  void aTypeNameOccursOnce() throws IOException {
    Map<String, List<String>> places = new TreeMap<>();
    for (String module : ALL_MODULES) {
      sources(module)
          .forEach(name ->
              places
                  .computeIfAbsent(name.replaceFirst(".*[.]", ""), key -> new ArrayList<>())
                  .add(name));
    }
    places.values().removeIf(names -> names.size() == 1);
    assertThat(places.keySet())
        .as("types with the same name: %s", places)
        .isEqualTo(Rules.REPEATED_TYPES.keySet());
  }

  @Test
  void reasonsForSleepsAreFewAndNeeded() throws IOException {
    assertThat(sleepsOfTests().keySet())
        .as("Rules.SLEEPING_TESTS")
        .isEqualTo(Rules.SLEEPING_TESTS.keySet());
    assertThat(sleepingSamples()).containsExactlyElementsOf(Rules.SLEEPING_SAMPLES.keySet());
    assertThat(Rules.SLEEPING_TESTS.size() + Rules.SLEEPING_SAMPLES.size())
        .isLessThanOrEqualTo(MOST_SLEEPS);
  }

  /** Returns the file name of each sleep in the tests of the projects below {@code dist/src/it}. */
  private static List<String> sleepingSamples() throws IOException {
    List<String> sleeps = new ArrayList<>();
    try (Stream<Path> files = Files.walk(CompiledClass.ROOT.resolve("dist/src/it"))) {
      for (Path file : files.filter(ArchitectureTest::isTestSource).toList()) {
        Matcher sleep = SLEEP.matcher(Files.readString(file));
        while (sleep.find()) {
          sleeps.add(file.getFileName().toString());
        }
      }
    }
    return sleeps;
  }

  private static boolean isTestSource(Path file) {
    return file.toString().contains("/src/test/") && file.toString().endsWith(".java");
  }

  /** Guards against a reader of class files that finds nothing. */
  @Test
  void theReaderSeesImportsCallsStaticStateAndLocks() {
    CompiledClass sample = classOf(Sample.class);
    assertThat(sample.uses()).contains("java.util.concurrent.Callable", "java.util.HashMap");
    assertThat(sample.calls()).contains("java.lang.System#nanoTime", "java.util.HashMap#<init>");
    assertThat(sample.staticState()).containsExactlyInAnyOrder("COUNTS", "last");
    assertThat(sample.locks()).isTrue();
    assertThat(sample.mostParts()).isEqualTo(2);
    assertThat(sample.invocations("java.lang.System#nanoTime")).isEqualTo(1);
    assertThat(randomTests()).containsKey(Rules.SEED);
  }

  @Test
  void theReaderSeesMethodsThatAreNoVerbs() {
    CompiledClass sample = classOf(Names.class);
    assertThat(sample.misnamed()).containsExactlyInAnyOrder("reading", "told", "endedEarly");
  }

  private static CompiledClass classOf(Class<?> sample) {
    String file = sample.getName().replace('.', '/') + ".class";
    return CompiledClass.read(Path.of("target/test-classes", file));
  }

  /** Returns the names of the types of a module that have a file of their own, with package. */
  private static List<String> sources(String module) throws IOException {
    List<String> names = new ArrayList<>();
    for (String kind : List.of("main", "test")) {
      Path root = CompiledClass.ROOT.resolve(module + "/src/" + kind + "/java");
      try (Stream<Path> files = Files.walk(root)) {
        files
            .map(file -> root.relativize(file).toString())
            .filter(file -> file.endsWith(".java") && !file.endsWith("-info.java"))
            .forEach(file -> names.add(file.replace(".java", "").replace('/', '.')));
      }
    }
    return names;
  }

  private static final class Names {
    private boolean reading;
    private int limit;

    void reading(boolean on) {
      reading = on;
    }

    void setLimit(int newLimit) {
      limit = newLimit;
    }

    int limit() {
      return reading ? limit : 0;
    }

    void told() {}

    void endedEarly(int unused) {}

    void feed() {}

    boolean ended() {
      return limit == 0;
    }
  }

  private static final class Sample {
    static final Map<String, Long> COUNTS = new java.util.HashMap<>();
    static final List<String> CONSTANT = List.of("never changes");
    static long last;

    Sample(int first, String second) {
      last = first + second.length();
    }

    synchronized long next(java.util.concurrent.Callable<Long> unused) {
      last = System.nanoTime();
      return COUNTS.size() + CONSTANT.size();
    }
  }
}
