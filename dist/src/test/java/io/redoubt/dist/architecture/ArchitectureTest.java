package io.redoubt.dist.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.dist.architecture.Rules.Door;
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

/** Checks every class of the modules against {@link Rules}. */
final class ArchitectureTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
  private static final Pattern SLEEP = Pattern.compile("\\.sleep\\(|\\.park(Nanos|Until)\\(");
  private static final int MOST_SLEEPS = 10;

  private final List<CompiledClass> classes = CompiledClass.ofAllModules("classes");

  @Test
  void readsAClassOfEverySourceFile() throws IOException {
    assertThatEachSourceIsRead("main", classes);
  }

  private static void assertThatEachSourceIsRead(String kind, List<CompiledClass> classes)
      throws IOException {
    Set<String> seen = new TreeSet<>();
    classes.forEach(seenClass -> seen.add(seenClass.shortName()));
    for (String module : CompiledClass.MODULES) {
      Path sources = ROOT.resolve(module + "/src/" + kind + "/java/io/redoubt");
      try (Stream<Path> files = Files.walk(sources)) {
        List<String> expected =
            files
                .map(file -> sources.relativize(file).toString())
                .filter(file -> file.endsWith(".java"))
                .map(file -> file.replace(".java", "").replace('/', '.'))
                .toList();
        assertThat(expected).as("sources of %s", module).isNotEmpty();
        assertThat(seen).containsAll(expected);
      }
    }
  }

  @Test
  void everyPackageIsDeclaredAndImportsOnlyItsEdges() {
    Set<String> wrong = new TreeSet<>();
    for (CompiledClass user : classes) {
      String from = user.packageName();
      if (!Rules.EDGES.containsKey(from) && !isAssembly(from)) {
        wrong.add(from + " has no line in Rules.EDGES");
        continue;
      }
      for (String used : user.uses()) {
        if (used.startsWith("io.redoubt.")) {
          String to = CompiledClass.packageOf(used);
          if (!from.equals(to) && !allowed(from, to)) {
            wrong.add(from + " <- " + to + "   (" + user.shortName() + " uses " + used + ")");
          }
        }
      }
    }
    assertThat(wrong).as("imports that Rules.EDGES does not have").isEmpty();
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
  void actualImportsAreAcyclic() {
    Map<String, Set<String>> actual = new TreeMap<>();
    for (CompiledClass user : classes) {
      Set<String> imports = actual.computeIfAbsent(user.packageName(), name -> new TreeSet<>());
      for (String used : user.uses()) {
        if (used.startsWith("io.redoubt.")
            && !CompiledClass.packageOf(used).equals(user.packageName())) {
          imports.add(CompiledClass.packageOf(used));
        }
      }
    }
    for (String start : actual.keySet()) {
      assertThat(KnotTest.reachable(start, actual))
          .as("imports of %s, through others", start)
          .doesNotContain(start);
    }
  }

  @Test
  void timeRandomThreadsSocketsAndFilesEnterThroughTheirDoors() {
    Set<String> wrong = new TreeSet<>();
    for (Door door : Rules.DOORS) {
      for (CompiledClass user : classes) {
        if (!isOneOf(user, door.users())) {
          for (String thing : used(user, door)) {
            wrong.add(door.what() + ": " + user.shortName() + " uses " + thing);
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
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
  void staticStateIsImmutable() {
    Set<String> wrong = new TreeSet<>();
    for (CompiledClass user : classes) {
      if (!Rules.STATIC_STATE.containsKey(user.shortName())) {
        user.staticState().forEach(field -> wrong.add(user.shortName() + "." + field));
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void testsSleepOnlyForAReason() throws IOException {
    List<CompiledClass> tests = CompiledClass.ofAllModules("test-classes");
    assertThatEachSourceIsRead("test", tests);
    Map<String, Integer> sleeps = new TreeMap<>();
    for (CompiledClass test : tests) {
      int calls = Rules.SLEEPS.stream().mapToInt(test::invocations).sum();
      if (calls > 0) {
        sleeps.merge(test.shortName(), calls, Integer::sum);
      }
    }
    assertThat(sleeps.keySet()).as("Rules.SLEEPING_TESTS").isEqualTo(Rules.SLEEPING_TESTS.keySet());
    assertThat(sleeps.values()).as("a reason each").containsOnly(1);
    assertThat(sleepingSamples()).containsExactlyElementsOf(Rules.SLEEPING_SAMPLES.keySet());
    assertThat(Rules.SLEEPING_TESTS.size() + Rules.SLEEPING_SAMPLES.size())
        .isLessThanOrEqualTo(MOST_SLEEPS);
  }

  /** Returns the file name of each sleep in the tests of the projects below {@code dist/src/it}. */
  private static List<String> sleepingSamples() throws IOException {
    List<String> sleeps = new ArrayList<>();
    try (Stream<Path> files = Files.walk(ROOT.resolve("dist/src/it"))) {
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

  @Test
  void testsTakeRandomGeneratorsFromTheSeed() {
    Door randomness =
        Rules.DOORS.stream()
            .filter(door -> door.what().equals("randomness"))
            .findFirst()
            .orElseThrow();
    List<String> sources = new ArrayList<>(randomness.things());
    sources.addAll(Rules.RANDOM_SOURCES);
    Door all = new Door("randomness of tests", sources, List.of(Rules.SEED));
    Map<String, List<String>> users = new TreeMap<>();
    for (CompiledClass test : CompiledClass.ofAllModules("test-classes")) {
      List<String> used = used(test, all);
      if (!used.isEmpty()) {
        users.merge(test.shortName(), used, (a, b) -> a);
      }
    }
    assertThat(users)
        .as("random generators that do not come from Seed")
        .containsOnlyKeys(Rules.SEED);
  }

  /** Guards against a class reader that finds nothing. */
  @Test
  void theReaderSeesImportsCallsStaticStateAndLocks() {
    String file = Sample.class.getName().replace('.', '/') + ".class";
    CompiledClass sample = CompiledClass.read(Path.of("target/test-classes", file));
    assertThat(sample.uses()).contains("java.util.concurrent.Callable", "java.util.HashMap");
    assertThat(sample.calls()).contains("java.lang.System#nanoTime", "java.util.HashMap#<init>");
    assertThat(sample.staticState()).containsExactlyInAnyOrder("COUNTS", "last");
    assertThat(sample.locks()).isTrue();
    assertThat(sample.invocations("java.lang.System#nanoTime")).isEqualTo(1);
  }

  private static final class Sample {
    static final Map<String, Long> COUNTS = new java.util.HashMap<>();
    static final List<String> CONSTANT = List.of("never changes");
    static long last;

    synchronized long next(java.util.concurrent.Callable<Long> unused) {
      last = System.nanoTime();
      return COUNTS.size() + CONSTANT.size();
    }
  }

  private static boolean isAssembly(String packageName) {
    return Rules.ASSEMBLIES.keySet().stream()
        .anyMatch(name ->
            packageName.equals(name) || (name.equals("dist") && packageName.startsWith("dist.")));
  }

  private static boolean allowed(String from, String to) {
    if (isAssembly(from)) {
      String module = from.replaceFirst("\\..*", "");
      return Rules.ASSEMBLIES.get(module).contains(to.replaceFirst("\\..*", ""));
    }
    return Rules.EDGES.get(from).contains(to);
  }

  /**
   * Returns true if a class or its package is in a list; {@code dist} covers all packages below it.
   */
  private static boolean isOneOf(CompiledClass user, List<String> names) {
    return names.contains(user.shortName())
        || names.contains(user.packageName())
        || (names.contains("dist") && user.packageName().startsWith("dist"));
  }

  private static List<String> used(CompiledClass user, Door door) {
    List<String> found = new ArrayList<>();
    for (String thing : door.things()) {
      if (thing.endsWith(".*")) {
        String prefix = thing.substring(0, thing.length() - 1);
        user.uses().stream().filter(name -> name.startsWith(prefix)).forEach(found::add);
      } else if (thing.contains("#") ? user.calls().contains(thing) : user.uses().contains(thing)) {
        found.add(thing);
      }
    }
    return found;
  }
}
