package io.redoubt.bench;

import io.redoubt.dist.architecture.ModuleChecks;
import java.util.List;

/** Checks the classes of this module against the rules of all modules. */
final class BenchArchitectureTest extends ModuleChecks {
  BenchArchitectureTest() {
    super(List.of("dist/bench"));
  }
}
