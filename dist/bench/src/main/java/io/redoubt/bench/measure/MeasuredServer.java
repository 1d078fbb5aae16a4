package io.redoubt.bench.measure;

import io.redoubt.dist.process.NodeProcess;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A server process under measurement, with the kernel's figures on its use of the machine. It saves
 * only on request unless it is configured otherwise.
 */
public final class MeasuredServer implements AutoCloseable {
  public static final String HOST = "127.0.0.1";

  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final int NO_TIMEOUT = 0;
  private static final int POLL_MILLIS = 20;
  private static final String RESIDENT = "VmRSS:";
  private static final String PRIVATE = "Private_";

  private final String name;
  private final NodeProcess node;
  private final Map<String, Long> nanosByThread = new HashMap<>();

  private MeasuredServer(String name, NodeProcess node) {
    this.name = name;
    this.node = node;
  }

  /**
   * Starts a server without waiting for it.
   *
   * @param environment environment variables in addition to those of this process
   */
  public static MeasuredServer start(
      String name,
      Path launcher,
      Map<String, String> environment,
      int port,
      Path folder,
      String... more)
      throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("--save ''", "--appendonly no")); // may be overridden
    arguments.addAll(List.of(more));
    arguments.addAll(List.of("--port " + port, "--bind " + HOST, "--dir " + folder));
    List<String> words =
        arguments.stream().flatMap(argument -> List.of(argument.split(" ", 2)).stream()).toList();
    Path log = folder.resolve(name + "-" + port + ".log");
    return new MeasuredServer(name, NodeProcess.start(launcher, words, environment, port, log));
  }

  public void awaitReady() throws IOException, InterruptedException {
    node.awaitPong(START_LIMIT);
  }

  /** Returns the name shown in the tables. */
  public String name() {
    return name;
  }

  public int port() {
    return node.port();
  }

  long pid() {
    return node.pid();
  }

  /** Opens a connection without a reply timeout. */
  public RespClient connect() throws IOException {
    return RespClient.connect(HOST, port(), NO_TIMEOUT);
  }

  /** Opens a socket for callers that read and write bytes themselves. */
  public Socket socket() throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress(HOST, port()));
    return socket;
  }

  /**
   * Returns the reply to one command.
   *
   * @throws ErrorReplyException if it is an error
   */
  public Reply ask(String... words) throws IOException {
    try (RespClient client = connect()) {
      Reply reply = client.call(words);
      if (reply instanceof Reply.Error error) {
        throw new ErrorReplyException(this, error.text());
      }
      return reply;
    }
  }

  /**
   * Returns the processor time used so far by all threads, in nanoseconds. A finished thread counts
   * with its last reading.
   */
  public long cpuNanos() throws IOException {
    readThreads((thread, nanos) -> nanosByThread.put(thread.toString(), nanos));
    return nanosByThread.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns the processor time of the JIT compiler's threads, included in {@link #cpuNanos}. */
  public long compilerNanos() throws IOException {
    return cpuNanosByName().entrySet().stream()
        .filter(each -> isCompiler(each.getKey()))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  /** Returns true if a thread of this name belongs to the JIT compiler. */
  public static boolean isCompiler(String thread) {
    return thread.startsWith("C1 ") || thread.startsWith("C2 ");
  }

  /**
   * Returns the processor time of the running threads, in nanoseconds, added up by their names,
   * which the kernel cuts to fifteen characters.
   */
  public Map<String, Long> cpuNanosByName() throws IOException {
    Map<String, Long> nanosByName = new TreeMap<>();
    readThreads((thread, nanos) ->
        nanosByName.merge(Files.readString(thread.resolve("comm")).strip(), nanos, Long::sum));
    return nanosByName;
  }

  @FunctionalInterface
  private interface ThreadReader {
    void read(Path thread, long nanos) throws IOException;
  }

  private void readThreads(ThreadReader reader) throws IOException {
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(proc("task"))) {
      for (Path thread : threads) {
        try {
          String line = Files.readString(thread.resolve("schedstat"));
          reader.read(thread, Long.parseLong(line.split(" ", 2)[0]));
        } catch (NoSuchFileException ended) {
          continue;
        }
      }
    }
  }

  /** Waits until the server has loaded its data. */
  public void awaitLoaded() throws IOException, InterruptedException {
    await("persistence", "loading", "0");
  }

  /** Waits until no background save runs; returns true if the last one succeeded. */
  public boolean awaitSaved() throws IOException, InterruptedException {
    Map<String, String> fields = await("persistence", "rdb_bgsave_in_progress", "0");
    return fields.getOrDefault("rdb_last_bgsave_status", "").equals("ok");
  }

  /**
   * Waits until a field of INFO has a value and returns all fields of its section. Polls over one
   * connection, because connecting for each poll would disturb the measurement.
   */
  public Map<String, String> await(String section, String field, String value)
      throws IOException, InterruptedException {
    try (RespClient connection = connect()) {
      while (true) {
        Map<String, String> fields = NodeProcess.info(connection, section);
        if (fields.getOrDefault(field, "").equals(value)) {
          return fields;
        }
        Thread.sleep(POLL_MILLIS);
      }
    }
  }

  /** Returns the fields of a section of INFO. */
  public Map<String, String> info(String section) throws IOException {
    return node.info(section);
  }

  /** Returns the resident memory, in bytes. */
  public long residentBytes() throws IOException {
    return sumOfFields(proc("status"), RESIDENT);
  }

  /** Returns the resident memory plus the private memory of the child processes, in bytes. */
  public long residentBytesWithChildren() throws IOException {
    long bytes = residentBytes();
    Path main = Path.of("task", Long.toString(node.pid()), "children");
    for (String child : Files.readString(proc(main.toString())).split(" ")) {
      if (!child.isBlank()) {
        try {
          bytes += sumOfFields(Path.of("/proc", child.strip(), "smaps_rollup"), PRIVATE);
        } catch (IOException stopped) {
          continue;
        }
      }
    }
    return bytes;
  }

  private static long sumOfFields(Path file, String prefix) throws IOException {
    long kilobytes = 0;
    boolean found = false;
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(prefix)) {
        String number = line.substring(line.indexOf(':') + 1).replace("kB", "").strip();
        kilobytes += Long.parseLong(number);
        found = true;
      }
    }
    if (!found) {
      throw new IOException("no " + prefix + " in " + file);
    }
    return kilobytes << 10;
  }

  private Path proc(String file) {
    return Path.of("/proc", Long.toString(node.pid()), file);
  }

  @Override
  public void close() {
    try {
      node.kill(); // nothing to save
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
