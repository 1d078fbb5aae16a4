package io.redoubt.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The resources of a child process, measured by itself; its heap is resident from the start. */
record HeldResources(long residentKib, long threads, long descriptors) {
  /** The longest run of a child process; none prints more than a pipe holds. */
  private static final long LIMIT_SECONDS = 240;

  static HeldResources now() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return new HeldResources(status("VmRSS:"), status("Threads:"), files.count());
    }
  }

  /** Waits up to ten seconds, because the kernel ends a thread a little after Java does. */
  static HeldResources whenNoMoreThreadsThan(HeldResources before)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    HeldResources held = now();
    while (held.threads > before.threads && System.nanoTime() < end) {
      pause(10);
      held = now();
    }
    return held;
  }

  /** Pauses in the measured process, where Awaitility would start a thread. */
  static void pause(long millis) throws InterruptedException {
    Thread.sleep(millis);
  }

  private static long status(String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no " + name);
  }

  static HeldResources parse(String line) {
    String[] words = line.split(" ", 3);
    return new HeldResources(
        Long.parseLong(words[0]), Long.parseLong(words[1]), Long.parseLong(words[2]));
  }

  void print() {
    System.out.println(residentKib + " " + threads + " " + descriptors);
  }

  /**
   * Runs a program in a child process and returns the lines that it prints.
   *
   * @param options of the virtual machine
   * @param errors receives the error output
   */
  static List<String> printedBy(
      Class<?> program, List<String> options, ProcessBuilder.Redirect errors, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-XX:+AlwaysPreTouch");
    command.add("-XX:-UseDynamicNumberOfCompilerThreads"); // would count as the servers'
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectError(errors).start();
    boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly();
    }
    assertThat(ended).as("ended within %d s", LIMIT_SECONDS).isTrue();
    List<String> printed;
    try (var lines = process.inputReader()) {
      printed = lines.lines().toList();
    }
    assertThat(process.exitValue())
        .as("%s, and errors: %s", String.join("\n", printed), contents(errors))
        .isZero();
    return printed;
  }

  private static String contents(ProcessBuilder.Redirect errors) throws IOException {
    return errors.file() == null ? "" : Files.readString(errors.file().toPath());
  }
}
