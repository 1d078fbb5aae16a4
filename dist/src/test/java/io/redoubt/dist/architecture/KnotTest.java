package io.redoubt.dist.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Finds knots: sets of classes of one package that all reach each other through classes of that
 * package. A class of a knot can't be understood without the others. Nested classes count as part
 * of the outer class.
 */
final class KnotTest {
  private static final int LARGEST = 3;

  @Test
  void noPackageHasMoreOrLargerKnotsThanItHad() {
    StringBuilder members = new StringBuilder();
    Map<String, Integer> found =
        knotted(CompiledClass.of(CompiledClass.MODULES, "classes"), members);
    assertThat(found)
        .as("classes in knots of more than %s:\n%s", LARGEST, members)
        .isEqualTo(new TreeMap<>(Rules.KNOTTED));
  }

  /**
   * Returns the number of classes in knots that are too large, by package.
   *
   * @param members receives a line with the classes of each such knot
   */
  static Map<String, Integer> knotted(List<CompiledClass> classes, StringBuilder members) {
    Map<String, Integer> found = new TreeMap<>();
    usesByPackage(classes)
        .forEach((name, uses) -> {
          int knotted = 0;
          for (Set<String> knot : knots(uses)) {
            if (knot.size() > LARGEST) {
              knotted += knot.size();
              members.append(knot).append('\n');
            }
          }
          if (knotted > 0) {
            found.put(name, knotted);
          }
        });
    return found;
  }

  /** Returns, by package and class, the classes of the same package that it uses. */
  private static Map<String, Map<String, Set<String>>> usesByPackage(List<CompiledClass> classes) {
    Map<String, Map<String, Set<String>>> packages = new TreeMap<>();
    for (CompiledClass user : classes) {
      Set<String> used =
          packages
              .computeIfAbsent(user.packageName(), name -> new TreeMap<>())
              .computeIfAbsent(user.shortName(), name -> new TreeSet<>());
      for (String name : user.uses()) {
        if (name.startsWith("io.redoubt.")
            && CompiledClass.packageOf(name).equals(user.packageName())) {
          used.add(CompiledClass.shortNameOf(name));
        }
      }
    }
    return packages;
  }

  private static Set<Set<String>> knots(Map<String, Set<String>> uses) {
    Map<String, Set<String>> reached = new TreeMap<>();
    uses.keySet().forEach(name -> reached.put(name, reachable(name, uses)));
    Set<Set<String>> knots = new HashSet<>();
    for (String name : uses.keySet()) {
      Set<String> knot = new TreeSet<>(Set.of(name));
      for (String other : reached.get(name)) {
        if (reached.getOrDefault(other, Set.of()).contains(name)) {
          knot.add(other);
        }
      }
      knots.add(knot);
    }
    return knots;
  }

  static Set<String> reachable(String start, Map<String, Set<String>> graph) {
    Set<String> reached = new TreeSet<>();
    Deque<String> open = new ArrayDeque<>(graph.getOrDefault(start, Set.of()));
    while (!open.isEmpty()) {
      String next = open.pop();
      if (reached.add(next)) {
        open.addAll(graph.getOrDefault(next, Set.of()));
      }
    }
    return reached;
  }
}
