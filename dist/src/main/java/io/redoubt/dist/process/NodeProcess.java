package io.redoubt.dist.process;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A server or sentinel process started through its launcher, listening on a port, by default of the
 * loopback address. Its output goes to a file.
 */
public final class NodeProcess implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final int CALL_TIMEOUT_MILLIS = 20_000;
  private static final int POLL_MILLIS = 2;

  private final Process process;
  private final String host;
  private final int port;
  private final Path log;

  private NodeProcess(Process process, String host, int port, Path log) {
    this.process = process;
    this.host = host;
    this.port = port;
    this.log = log;
  }

  /**
   * Starts a launcher without waiting for it.
   *
   * @param port the port that its arguments make it listen on
   * @param log receives standard output and standard error
   */
  public static NodeProcess start(
      Path launcher, List<String> arguments, Map<String, String> environment, int port, Path log)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(launcher.toString());
    command.addAll(arguments);
    return start(command, environment, HOST, port, log);
  }

  /**
   * Starts a command that replaces itself by a server, without waiting for it.
   *
   * @param host the address at which this process reaches it
   * @param port the port that its arguments make it listen on
   * @param log receives standard output and standard error
   */
  public static NodeProcess start(
      List<String> command, Map<String, String> environment, String host, int port, Path log)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    return new NodeProcess(builder.start(), host, port, log);
  }

  /** Returns the address at which this process reaches it. */
  public String host() {
    return host;
  }

  public int port() {
    return port;
  }

  /** Returns the process id; the launcher replaces itself by the server ({@code exec}). */
  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Returns the exit status of a process that has ended. */
  public int exitStatus() {
    return process.exitValue();
  }

  /** Returns the file that receives the output. */
  public Path log() {
    return log;
  }

  public RespClient connect() throws IOException {
    return RespClient.connect(host, port, CALL_TIMEOUT_MILLIS);
  }

  /** Returns the reply to one command, over a new connection. */
  public Reply ask(String... words) throws IOException {
    try (RespClient connection = connect()) {
      return connection.call(words);
    }
  }

  /** Returns the fields of INFO, or of one section of it. */
  public Map<String, String> info(String... section) throws IOException {
    try (RespClient connection = connect()) {
      return info(connection, section);
    }
  }

  /** Returns the fields of INFO over an existing connection, for callers that poll. */
  public static Map<String, String> info(RespClient connection, String... section)
      throws IOException {
    String[] words = new String[1 + section.length];
    words[0] = "INFO";
    System.arraycopy(section, 0, words, 1, section.length);
    Map<String, String> fields = new LinkedHashMap<>();
    for (String line : connection.call(words).text().split("\r\n", -1)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        fields.put(line.substring(0, colon), line.substring(colon + 1));
      }
    }
    return fields;
  }

  /**
   * Waits until the process answers PING.
   *
   * @throws IOException if the process ends first or does not answer in time
   */
  public void awaitPong(Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      try {
        if (ask("PING").equals(new Reply.Simple("PONG"))) {
          return;
        }
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() > end) {
          throw new IOException("no answer on port " + port + ", see " + log, e);
        }
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  /**
   * Waits until a field of INFO has a value. Lost connections are retried: a sentinel closes the
   * clients of a replica that it promotes.
   *
   * @throws IOException if the process ends first or the field does not get the value in time
   */
  public void awaitInfo(String field, String value, Duration limit)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    IOException cut = null;
    while (true) {
      try {
        if (value.equals(info().get(field))) {
          return;
        }
      } catch (IOException e) {
        cut = e;
      }
      if (!process.isAlive() || System.nanoTime() > end) {
        throw new IOException(
            field + " is not " + value + " on port " + port + ", see " + log, cut);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  /** Kills the process ({@code kill -9}) and waits for its end. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** Waits for the process to end; returns false if it still runs after the timeout. */
  public boolean awaitEnd(Duration limit) throws InterruptedException {
    return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Sends the process a signal, such as {@code STOP} or {@code CONT}, and returns at once. */
  public void signal(String name) throws IOException, InterruptedException {
    // The shell's own kill: a small Debian has no program of that name.
    Process kill = new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid()).start();
    if (kill.waitFor() != 0) {
      throw new IOException("no signal " + name + " to process " + pid());
    }
  }

  /** Sends the process SIGTERM. */
  public void stop() {
    process.destroy();
  }

  /** Sends the process SIGTERM, and kills it if it still runs after ten seconds. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
