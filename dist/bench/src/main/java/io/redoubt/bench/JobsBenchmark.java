package io.redoubt.bench;

import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code benchmark jobs}: the processor time of a job queue. */
@Command(
    name = "jobs",
    description = {
      "The server's processor time per job, in microseconds, of BullMQ, whose queues are Lua"
          + " scripts: for adding jobs one by one, a fifth of them with a priority and a tenth with"
          + " a delay, and for processing them by a worker with 50 jobs at a time. The servers take"
          + " turns, after a round that is not counted. Needs node and npm, and installs "
          + JobsBenchmark.BULLMQ
          + " into a temporary folder."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class JobsBenchmark implements Callable<Integer> {
  static final String BULLMQ = "bullmq@6.7.0";

  /** The client that BullMQ uses, which it doesn't install itself. */
  private static final String CLIENT = "ioredis@5.11.1";

  private record Round(double addMicros, double processMicros) {
    double sum() {
      return addMicros + processMicros;
    }
  }

  private static final String SCRIPT = "jobs.js";
  private static final double GOAL = 1;

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Option(
      names = "--jobs",
      paramLabel = "COUNT",
      description = "Jobs of a round (default: ${DEFAULT-VALUE}).")
  private int jobs = 20_000;

  @Mixin private RoundCount rounds = new RoundCount(3);

  @Option(
      names = "--modules",
      paramLabel = "FOLDER",
      description = "A node_modules folder that has BullMQ, in place of a new one.")
  private @Nullable Path modules;

  @Override
  public Integer call() throws IOException, InterruptedException {
    requireProgram("node");
    Path installed = modules == null ? install() : modules.toAbsolutePath();
    Path script = servers.folder().resolve(SCRIPT);
    try (InputStream text = JobsBenchmark.class.getResourceAsStream(SCRIPT)) {
      Files.write(script, Objects.requireNonNull(text).readAllBytes());
    }
    try (MeasuredServer redis = servers.start(true);
        MeasuredServer redoubt = servers.start(false)) {
      round(redis, script, installed);
      round(redoubt, script, installed);
      Comparison<Round> all =
          Comparison.ofRounds(
              rounds.count(), ofRedis -> round(ofRedis ? redis : redoubt, script, installed));
      Comparison.head("us per job");
      all.row("add", Round::addMicros, GOAL);
      all.row("process", Round::processMicros, GOAL);
      all.row("both", Round::sum, GOAL);
    }
    return 0;
  }

  private Path install() throws IOException, InterruptedException {
    requireProgram("npm");
    Path folder = Files.createDirectory(servers.folder().resolve("node"));
    output(
        new ProcessBuilder(
            "npm",
            "install",
            "--silent",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefix",
            folder.toString(),
            BULLMQ,
            CLIENT));
    return folder.resolve("node_modules");
  }

  private static void requireProgram(String name) throws IOException, InterruptedException {
    try {
      output(new ProcessBuilder(name, "--version"));
    } catch (IOException e) {
      throw new IOException(name + " is needed: apt-get install nodejs npm", e);
    }
  }

  private static String output(ProcessBuilder command) throws IOException, InterruptedException {
    Process process = command.redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command.command()) + ": " + text);
    }
    return text;
  }

  private Round round(MeasuredServer server, Path script, Path installed)
      throws IOException, InterruptedException {
    server.ask("FLUSHALL");
    return new Round(
        micros(server, script, installed, "add"), micros(server, script, installed, "process"));
  }

  private double micros(MeasuredServer server, Path script, Path installed, String phase)
      throws IOException, InterruptedException {
    int count = servers.scaled(jobs);
    List<String> command =
        List.of("node", script.toString(), phase, "" + server.port(), "" + count);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("NODE_PATH", installed.toString());
    long before = server.cpuNanos();
    String done = output(builder).strip();
    long nanos = server.cpuNanos() - before;
    if (!done.equals("" + count)) {
      throw new IOException(server.name() + ": " + done + " of " + count + " jobs");
    }
    return nanos / 1000.0 / count;
  }
}
