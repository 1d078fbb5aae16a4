package io.redoubt.dist.training;

import io.redoubt.dist.process.NodeProcess;
import io.redoubt.protocol.net.FreePorts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Creates the Java runtime of a staged distribution, {@code runtime}, and the AOT caches from which
 * the programs start, {@code lib/redis-server.aot} and the like. If the JDK can't make a runtime,
 * the caches are for the JDK itself, and {@code lib/aot.jdk} names it: launchers use the caches
 * with no other JDK. Runtime and caches are kept next to the stage. A changed jar, option or JDK
 * recreates them, because the JVM (25.0.3) would run old classes from an old cache.
 */
public final class Training {
  private static final Duration START_LIMIT = Duration.ofSeconds(180);
  private static final Duration END_LIMIT = Duration.ofSeconds(120);
  private static final String SNAPSHOT = "dump.rdb";
  private static final List<String> PROGRAMS =
      List.of("redis-server", "redis-sentinel", "redis-cli", "redis-benchmark", "redis-check");

  private final Path stage;
  private final Path work;
  private final Path jdk = Path.of(System.getProperty("java.home"));
  private final RuntimeImage runtime;

  private Training(Path stage, Path work) {
    this.stage = stage;
    this.work = work;
    this.runtime = new RuntimeImage(work.resolve("runtime"), stage.resolve("bin"));
  }

  /** Takes the folder of the staged distribution and a folder for files kept between builds. */
  public static void main(String[] arguments) throws Exception {
    new Training(Path.of(arguments[0]), Path.of(arguments[1])).run();
  }

  private void run() throws IOException, InterruptedException {
    Files.createDirectories(work);
    Path keyFile = work.resolve("key");
    String key = key();
    boolean old = !Files.exists(keyFile) || !Files.readString(keyFile).equals(key);
    if (old) {
      Files.deleteIfExists(keyFile);
      String refusal = runtime.create();
      if (!refusal.isEmpty()) {
        System.err.println("No archive with a Java runtime: " + refusal);
      }
    }
    if (runtime.exists()) {
      runtime.copyTo(stage.resolve("runtime"));
    } else {
      nameJdk();
    }
    if (old) {
      train();
      Files.writeString(keyFile, key);
    }
    for (String program : PROGRAMS) {
      Files.copy(
          cache(program),
          stage.resolve("lib/" + program + ".aot"),
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void nameJdk() throws IOException {
    Properties release = new Properties();
    try (var reader = Files.newBufferedReader(jdk.resolve("release"), StandardCharsets.UTF_8)) {
      release.load(reader);
    }
    Files.writeString(
        stage.resolve("lib/aot.jdk"),
        release.getProperty("IMPLEMENTOR")
            + " "
            + release.getProperty("JAVA_RUNTIME_VERSION")
            + "\n");
  }

  private void train() throws IOException, InterruptedException {
    List<Integer> ports = FreePorts.several(3);
    try (NodeProcess peer = start("redis-server", false, ports.get(1))) {
      peer.awaitPong(START_LIMIT);
      saveForServer(peer);
      try (NodeProcess server = start("redis-server", true, ports.get(0))) {
        server.awaitPong(START_LIMIT);
        TrainingWorkload workload = new TrainingWorkload(server, peer);
        workload.trainServer();
        new RareRequests(server).run(peer);
        trainClient(server.port());
        trainBenchmark(server.port());
        trainCheck();
        try (NodeProcess sentinel = startSentinel(ports.get(2), server.port())) {
          sentinel.awaitPong(START_LIMIT);
          workload.trainSentinel(sentinel);
          shutDown(sentinel);
        }
        shutDown(server);
      }
    }
    for (String program : PROGRAMS) {
      if (!Files.exists(cache(program))) {
        throw new IOException("the JVM wrote no " + cache(program));
      }
    }
  }

  /** Leaves a snapshot in the server's folder, so that its start loads one. */
  private void saveForServer(NodeProcess peer) throws IOException {
    try (var connection = peer.connect()) {
      TrainingWorkload.fillForLoad(connection);
      connection.call("SAVE");
    }
    Files.copy(
        folder("redis-server", false).resolve(SNAPSHOT),
        folder("redis-server", true).resolve(SNAPSHOT),
        StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Runs redis-cli with replies of each type, on a terminal if the machine has a program for that;
   * the JVM writes the cache during its exit.
   */
  private void trainClient(int port) throws IOException, InterruptedException {
    Path folder = Files.createDirectories(work.resolve("redis-cli"));
    Path input = folder.resolve("input");
    Files.writeString(
        input,
        """
        PING
        HSET client-hash field value
        HGETALL client-hash
        COMMAND COUNT
        INFO server
        NOSUCHCOMMAND
        help get
        DEL client-hash
        quit
        """);
    String cli = stage.resolve("bin/redis-cli").toString();
    List<String> command = List.of(cli, "--no-raw", "-p", Integer.toString(port));
    if (Files.isExecutable(Path.of("/usr/bin/script"))) {
      run(
          "redis-cli",
          List.of("script", "-q", "-e", "-c", String.join(" ", command), "/dev/null"),
          input);
    } else {
      run("redis-cli", command, input);
    }
  }

  /** Runs redis-benchmark for a moment. */
  private void trainBenchmark(int port) throws IOException, InterruptedException {
    run(
        "redis-benchmark",
        "redis-benchmark",
        Path.of("/dev/null"),
        "-p",
        Integer.toString(port),
        "-n",
        "20000",
        "-t",
        "set,get");
  }

  /** Checks the snapshot that the server of the training wrote last. */
  private void trainCheck() throws IOException, InterruptedException {
    run(
        "redis-check",
        "redis-check-rdb",
        Path.of("/dev/null"),
        folder("redis-server", true).resolve(SNAPSHOT).toString());
  }

  /** Runs a tool until it exits; the JVM writes the cache during its exit. */
  private void run(String name, String program, Path input, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(stage.resolve("bin/" + program).toString()));
    command.addAll(List.of(arguments));
    run(name, command, input);
  }

  private void run(String name, List<String> command, Path input)
      throws IOException, InterruptedException {
    Files.deleteIfExists(cache(name));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JAVA25_HOME", jdk.toString());
    builder.environment().put("REDOUBT_JAVA_OPTS", "-XX:AOTCacheOutput=" + cache(name));
    builder.environment().put("TERM", "xterm");
    builder.environment().put("REDISCLI_HISTFILE", "/dev/null");
    builder.environment().put("REDISCLI_RCFILE", "/dev/null");
    Path log = Files.createDirectories(work.resolve(name)).resolve("log");
    Process tool =
        builder
            .redirectInput(input.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!tool.waitFor(END_LIMIT.toSeconds(), TimeUnit.SECONDS) || tool.exitValue() != 0) {
        throw new IOException(name + " failed in its training: see " + log);
      }
    } finally {
      tool.destroyForcibly();
    }
  }

  /** Shuts a node down; the JVM writes the cache during its exit. */
  private static void shutDown(NodeProcess node) throws IOException, InterruptedException {
    try (var connection = node.connect()) {
      connection.send("SHUTDOWN", "NOSAVE");
      if (!node.awaitEnd(END_LIMIT)) {
        throw new IOException(
            "process " + node.pid() + " is still running after SHUTDOWN: see " + node.log());
      }
    }
  }

  private NodeProcess start(String program, boolean trained, int port) throws IOException {
    Path folder = folder(program, trained);
    return start(
        program,
        List.of(
            "--port", port + "", "--bind", "127.0.0.1", "--save", "", "--dir", folder.toString()),
        trained,
        port,
        folder);
  }

  private Path folder(String program, boolean trained) throws IOException {
    return Files.createDirectories(work.resolve(program + (trained ? "" : "-peer")));
  }

  private NodeProcess startSentinel(int port, int masterPort) throws IOException {
    Path folder = Files.createDirectories(work.resolve("redis-sentinel"));
    Path conf = folder.resolve("sentinel.conf");
    Files.writeString(
        conf,
        String.format(
            Locale.ROOT,
            """
            port %d
            bind 127.0.0.1
            dir %s
            sentinel monitor mymaster 127.0.0.1 %d 1
            sentinel down-after-milliseconds mymaster 3000
            """,
            port,
            folder,
            masterPort));
    return start("redis-sentinel", List.of(conf.toString()), true, port, folder);
  }

  private NodeProcess start(
      String program, List<String> arguments, boolean trained, int port, Path folder)
      throws IOException {
    Files.deleteIfExists(cache(program));
    return NodeProcess.start(
        stage.resolve("bin/" + program),
        arguments,
        Map.of(
            "JAVA25_HOME",
            jdk.toString(),
            "REDOUBT_JAVA_OPTS",
            trained ? "-XX:AOTCacheOutput=" + cache(program) : ""),
        port,
        folder.resolve("log"));
  }

  private Path cache(String program) {
    return work.resolve(program + ".aot");
  }

  /** Returns a digest of everything the caches depend on. */
  private String key() throws IOException {
    SortedMap<String, byte[]> files = new TreeMap<>();
    try (DirectoryStream<Path> lib =
        Files.newDirectoryStream(stage.resolve("lib"), "*.{jar,jvm}")) {
      for (Path file : lib) {
        files.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    files.put("runtime", RuntimeImage.key().getBytes(StandardCharsets.UTF_8));
    files.put("launcher", Files.readAllBytes(stage.resolve("bin/redis-server")));
    files.put("release", Files.readAllBytes(jdk.resolve("release")));
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      files.forEach((name, bytes) -> {
        digest.update(name.getBytes(StandardCharsets.UTF_8));
        digest.update(bytes);
      });
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
