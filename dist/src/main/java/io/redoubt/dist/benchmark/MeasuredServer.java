package io.redoubt.dist.benchmark;

import io.redoubt.dist.process.Node;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A server process without persistence, and what the kernel knows of its use of the machine. */
final class MeasuredServer implements AutoCloseable {
  static final String HOST = "127.0.0.1";

  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final int NO_TIMEOUT = 0;
  private static final String RESIDENT = "VmRSS:";

  private final String name;
  private final Node node;
  private final Map<String, Long> nanosByThread = new HashMap<>();

  private MeasuredServer(String name, Node node) {
    this.name = name;
    this.node = node;
  }

  /** Starts it and does not wait for it. */
  static MeasuredServer start(String name, Path launcher, int port, Path folder)
      throws IOException {
    List<String> arguments =
        List.of(
            "--port " + port, "--bind " + HOST, "--save ''", "--appendonly no", "--dir " + folder);
    List<String> words =
        arguments.stream().flatMap(argument -> List.of(argument.split(" ", 2)).stream()).toList();
    Path log = folder.resolve(name + "-" + port + ".log");
    return new MeasuredServer(name, Node.start(launcher, words, Map.of(), port, log));
  }

  void awaitReady() throws IOException, InterruptedException {
    node.awaitPong(START_LIMIT);
  }

  /** What it is called in the tables. */
  String name() {
    return name;
  }

  int port() {
    return node.port();
  }

  /** A connection that waits for replies as long as they take. */
  RespClient connect() throws IOException {
    return RespClient.connect(HOST, port(), NO_TIMEOUT);
  }

  /**
   * The reply to one command.
   *
   * @throws Refusal when it is an error
   */
  Reply ask(String... words) throws IOException {
    try (RespClient client = connect()) {
      Reply reply = client.call(words);
      if (reply instanceof Reply.Error error) {
        throw new Refusal(this, error.text());
      }
      return reply;
    }
  }

  /**
   * Processor time that it has used so far in all its threads, in nanoseconds. A thread that ended
   * counts with what it had at the reading before.
   */
  long cpuNanos() throws IOException {
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(proc("task"))) {
      for (Path thread : threads) {
        try {
          String line = Files.readString(thread.resolve("schedstat"));
          nanosByThread.put(thread.toString(), Long.parseLong(line.split(" ", 2)[0]));
        } catch (NoSuchFileException ended) {
          continue;
        }
      }
    }
    return nanosByThread.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Memory that is resident now, in bytes. */
  long residentBytes() throws IOException {
    for (String line : Files.readAllLines(proc("status"))) {
      if (line.startsWith(RESIDENT)) {
        String kilobytes = line.substring(RESIDENT.length()).replace("kB", "").strip();
        return Long.parseLong(kilobytes) << 10;
      }
    }
    throw new IOException("no " + RESIDENT + " of process " + node.pid());
  }

  private Path proc(String file) {
    return Path.of("/proc", Long.toString(node.pid()), file);
  }

  @Override
  public void close() {
    try {
      node.kill(); // it has nothing to save
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
