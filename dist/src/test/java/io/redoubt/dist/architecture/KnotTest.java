package io.redoubt.dist.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Finds knots: sets of classes of one package that all reach each other, by way of classes of that
 * package. A class of a knot can't be understood without the others. Nested classes count as the
 * class around them.
 */
final class KnotTest {
  private static final int LARGEST = 3;

  @Test
  void noPackageHasMoreOrLargerKnotsThanItHad() {
    Map<String, Integer> found = new TreeMap<>();
    StringBuilder members = new StringBuilder();
    classesByPackage()
        .forEach((name, classes) -> {
          int knotted = 0;
          for (Set<String> knot : knots(classes)) {
            if (knot.size() > LARGEST) {
              knotted += knot.size();
              members.append(knot).append('\n');
            }
          }
          if (knotted > 0) {
            found.put(name, knotted);
          }
        });
    assertThat(found)
        .as("classes in knots of more than %s:\n%s", LARGEST, members)
        .isEqualTo(new TreeMap<>(Rules.KNOTTED));
  }

  /** Returns, by package and class, the classes of the same package that it uses. */
  private static Map<String, Map<String, Set<String>>> classesByPackage() {
    Map<String, Map<String, Set<String>>> packages = new TreeMap<>();
    for (CompiledClass user : CompiledClass.ofAllModules("classes")) {
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
