package io.redoubt.protocol.process;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks settings of a Linux machine that make a server slow or fail. */
public final class SystemCheck {
  private static final Set<String> SLOW_CLOCKS =
      Set.of("acpi_pm", "hpet", "jiffies", "refined-jiffies", "xen");

  private final Path root;

  /** Creates a check of the machine with {@code proc} and {@code sys} below {@code root}. */
  SystemCheck(Path root) {
    this.root = root;
  }

  public static SystemCheck ofThisMachine() {
    return new SystemCheck(Path.of("/"));
  }

  /** Prints each check and its warning; returns true if there are none. */
  public boolean report(PrintStream out) {
    boolean clock = print(out, "slow-clocksource", slowClock());
    boolean memory = print(out, "overcommit", overcommit());
    return clock && memory;
  }

  private static boolean print(PrintStream out, String name, @Nullable String warning) {
    out.println("[" + name + "]..." + (warning == null ? "OK" : "WARNING:\n" + warning));
    return warning == null;
  }

  private @Nullable String slowClock() {
    String source = read("sys/devices/system/clocksource/clocksource0/current_clocksource");
    return source == null || !SLOW_CLOCKS.contains(source)
        ? null
        : "The clock source is '"
            + source
            + "', which is slow to ask. Where the machine has it, 'tsc' is faster: write it to"
            + " /sys/devices/system/clocksource/clocksource0/current_clocksource.";
  }

  /**
   * Returns the warning for strict memory overcommit, under which reserved address space counts as
   * memory; null if overcommit is not strict.
   */
  public @Nullable String overcommit() {
    return "2".equals(read("proc/sys/vm/overcommit_memory"))
        ? "Memory overcommit is strict (vm.overcommit_memory = 2), so that address space has to be"
            + " there as memory. Set it to 0 or 1 with 'sysctl vm.overcommit_memory=1'."
        : null;
  }

  private @Nullable String read(String file) {
    try {
      return Files.readString(root.resolve(file)).strip();
    } catch (IOException e) {
      return null;
    }
  }
}
