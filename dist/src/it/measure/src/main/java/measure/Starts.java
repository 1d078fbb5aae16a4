package measure;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The time from the first instruction of {@code main} until the first server has answered PING,
 * each in its own JVM, and the time of later starts in the same JVM.
 */
final class Starts {
  private static final int COLD_RUNS = Integer.getInteger("measure.runs", 9);
  private static final int WARM_UP = 100;
  private static final int WARM_RUNS = 50;

  private Starts() {}

  static void all() throws Exception {
    Path cache = Files.createTempFile("redoubt", ".aot");
    // A JVM with folders in its class path, as in tests, uses the cache only for the boot class
    // path.
    String boot = "-Xbootclasspath/a:" + jars();
    run(
        List.of(boot, "-XX:AOTCacheOutput=" + cache, "-Xlog:disable"),
        "none",
        "io.redoubt.embedded.AotTraining");
    List<String> cached = List.of(boot, "-XX:AOTCache=" + cache, "-XX:AOTMode=on");
    List<List<String>> options =
        List.of(
            List.of(),
            List.of("-XX:+UseSerialGC"),
            List.of("-XX:TieredStopAtLevel=1"),
            cached,
            and(cached, "-XX:TieredStopAtLevel=1"),
            and(
                cached,
                "-XX:TieredStopAtLevel=1",
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:ArchiveRelocationMode=0"));
    System.out.println(
        "first server of a JVM: median, least and most milliseconds of " + COLD_RUNS);
    double[][] times = new double[options.size()][COLD_RUNS];
    for (int i = 0; i < COLD_RUNS; i++) {
      for (int j = 0; j < times.length; j++) { // in turn, so that other load affects all
        times[j][i] = coldOnce(options.get(j), "redoubt");
      }
    }
    for (int j = 0; j < times.length; j++) {
      List<String> shown = new ArrayList<>(options.get(j));
      shown.removeIf(option -> option.equals(boot));
      System.out.printf("%-20s %s%n", summary(times[j]), shown);
    }
    Files.delete(cache);
    System.out.println("later ones: " + warm());
  }

  /** Returns the times of fresh JVMs. */
  static String cold(List<String> options, String product) throws Exception {
    double[] times = new double[COLD_RUNS];
    for (int i = 0; i < times.length; i++) {
      times[i] = coldOnce(options, product);
    }
    return summary(times);
  }

  private static double coldOnce(List<String> options, String product) throws Exception {
    return Double.parseDouble(java(options, "cold", product).getLast());
  }

  private static List<String> and(List<String> options, String... more) {
    List<String> all = new ArrayList<>(options);
    all.addAll(List.of(more));
    return all;
  }

  /** Returns the jars of the class path, without its folders. */
  private static String jars() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> entry.endsWith(".jar"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String warm() throws Exception {
    double[] times = new double[WARM_RUNS];
    for (int i = -WARM_UP; i < WARM_RUNS; i++) {
      double time = time(Product.REDOUBT, System.nanoTime());
      if (i >= 0) {
        times[i] = time;
      }
    }
    return summary(times);
  }

  private static String summary(double[] times) {
    Arrays.sort(times);
    return String.format(
        Locale.ROOT,
        "%.0f (%.0f-%.0f)",
        times[times.length / 2],
        times[0],
        times[times.length - 1]);
  }

  /** Prints the duration of one start of a server. */
  static void once(Product product) throws Exception {
    System.out.println(time(product, System.nanoTime()));
    System.exit(0);
  }

  private static double time(Product product, long startNanos) throws Exception {
    try (Product.Running _ = product.answering()) {
      return (System.nanoTime() - startNanos) / 1e6;
    }
  }

  /** Runs this program in its own JVM and returns the output. */
  static List<String> java(List<String> options, String... arguments) throws Exception {
    return run(options, System.getProperty("java.class.path"), "measure.Main", arguments);
  }

  private static List<String> run(
      List<String> options, String classPath, String program, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, program));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<String> printed;
    try (var lines = process.inputReader()) {
      printed = lines.lines().toList();
    }
    if (process.waitFor() != 0) {
      throw new IllegalStateException(command + " failed: " + printed);
    }
    return printed;
  }
}
