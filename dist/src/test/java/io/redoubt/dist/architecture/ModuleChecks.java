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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Checks every class of some modules against {@link Rules}. A module compiled after {@code dist}
 * has its own subclass.
 */
public abstract class ModuleChecks {
  private final List<String> modules;
  final List<CompiledClass> classes;
  final List<CompiledClass> tests;

  /** Reads the classes of the modules, given by their folders. */
  protected ModuleChecks(List<String> modules) {
    this.modules = modules;
    this.classes = CompiledClass.of(modules, "classes");
    this.tests = CompiledClass.of(modules, "test-classes");
  }

  @Test
  void readsAClassOfEverySourceFile() throws IOException {
    assertThatEachSourceIsRead("main", classes);
    assertThatEachSourceIsRead("test", tests);
  }

  private void assertThatEachSourceIsRead(String kind, List<CompiledClass> read)
      throws IOException {
    Set<String> seen = new TreeSet<>();
    read.forEach(seenClass -> seen.add(seenClass.shortName()));
    for (String module : modules) {
      Path sources = CompiledClass.ROOT.resolve(module + "/src/" + kind + "/java/io/redoubt");
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
      if (!Rules.EDGES.containsKey(from) && assembly(from).isEmpty()) {
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
  void everyLargeKnotIsListed() {
    StringBuilder members = new StringBuilder();
    assertThat(Rules.KNOTTED.entrySet())
        .as("knots:\n%s", members)
        .containsAll(KnotTest.knotted(classes, members).entrySet());
  }

  @Test
  void constructorsTakeFewParts() {
    assertThat(Rules.MANY_PARTS.entrySet()).containsAll(manyParts().entrySet());
  }

  @Test
  void methodsThatSetOrReportAreNamedByVerbs() {
    Set<String> wrong = new TreeSet<>();
    for (CompiledClass each : classes) {
      for (String method : each.misnamed()) {
        if (!Rules.VISITS.contains(method)) {
          wrong.add(each.shortName() + "." + method);
        }
      }
    }
    assertThat(wrong).as("setX for a setter, onX for a report").isEmpty();
  }

  /** Returns the number of parameters of constructors that take too many, by class. */
  final Map<String, Integer> manyParts() {
    Map<String, Integer> many = new TreeMap<>();
    for (CompiledClass each : classes) {
      if (each.mostParts() > Rules.MOST_PARTS) {
        many.put(each.name().replaceFirst("^io\\.redoubt\\.", ""), each.mostParts());
      }
    }
    return many;
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
  void testsSleepOnlyForAReason() {
    Map<String, Integer> sleeps = sleepsOfTests();
    assertThat(Rules.SLEEPING_TESTS.keySet()).containsAll(sleeps.keySet());
    assertThat(sleeps).allSatisfy((test, calls) -> assertThat(calls).as(test).isEqualTo(1));
  }

  /** Returns the number of sleeping calls by test class. */
  final Map<String, Integer> sleepsOfTests() {
    Map<String, Integer> sleeps = new TreeMap<>();
    for (CompiledClass test : tests) {
      int calls = Rules.SLEEPS.stream().mapToInt(test::invocations).sum();
      if (calls > 0) {
        sleeps.merge(test.shortName(), calls, Integer::sum);
      }
    }
    return sleeps;
  }

  @Test
  void testsTakeRandomGeneratorsFromTheSeed() {
    Map<String, List<String>> users = randomTests();
    users.remove(Rules.SEED);
    assertThat(users).as("random generators that do not come from Seed").isEmpty();
  }

  /** Returns the random generators that test classes create themselves. */
  final Map<String, List<String>> randomTests() {
    Door randomness =
        Rules.DOORS.stream()
            .filter(door -> door.what().equals("randomness"))
            .findFirst()
            .orElseThrow();
    List<String> sources = new ArrayList<>(randomness.things());
    sources.addAll(Rules.RANDOM_SOURCES);
    Door all = new Door("randomness of tests", sources, List.of(Rules.SEED));
    Map<String, List<String>> users = new TreeMap<>();
    for (CompiledClass test : tests) {
      List<String> used = used(test, all);
      if (!used.isEmpty()) {
        users.merge(test.shortName(), used, (a, b) -> a);
      }
    }
    return users;
  }

  /** Returns the name in {@link Rules#ASSEMBLIES} that covers a package, or "". */
  private static String assembly(String packageName) {
    if (Rules.ASSEMBLIES.containsKey(packageName)) {
      return packageName;
    }
    String module = moduleOf(packageName);
    return Rules.TOOLS.contains(module) ? module : "";
  }

  private static boolean allowed(String from, String to) {
    String assembly = assembly(from);
    return assembly.isEmpty()
        ? Rules.EDGES.get(from).contains(to)
        : Rules.ASSEMBLIES.get(assembly).contains(moduleOf(to));
  }

  private static String moduleOf(String packageName) {
    return packageName.replaceFirst("\\..*", "");
  }

  /** Returns true if a list contains a class, its package or its tool. */
  static boolean isOneOf(CompiledClass user, List<String> names) {
    String module = moduleOf(user.packageName());
    return names.contains(user.shortName())
        || names.contains(user.packageName())
        || (Rules.TOOLS.contains(module) && names.contains(module));
  }

  static List<String> used(CompiledClass user, Door door) {
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
