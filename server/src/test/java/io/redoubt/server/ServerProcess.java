package io.redoubt.server;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server from the test's class path in its own process, for tests that may end it. It saves
 * nothing, allows DEBUG and writes {@code server.log} into its directory.
 */
public final class ServerProcess implements AutoCloseable {
  private static final int CONNECT_ATTEMPTS = 1500;
  private static final int CONNECT_PAUSE_MILLIS = 20;

  private final Process process;
  private final int port;
  private final Path log;

  private ServerProcess(Process process, int port, Path log) {
    this.process = process;
    this.port = port;
    this.log = log;
  }

  /**
   * Starts a server and waits until it accepts connections.
   *
   * @param jvmOptions options in addition to those for native access
   * @param directives in the form {@code --name value}
   */
  public static ServerProcess start(Path directory, List<String> jvmOptions, String... directives)
      throws Exception {
    int port = FreePorts.one();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.redoubt.server.Main"));
    command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
    command.addAll(List.of("--save", "", "--enable-debug-command", "yes"));
    command.addAll(List.of("--dir", directory.toString()));
    command.addAll(List.of(directives));
    Path log = Files.createFile(directory.resolve("server.log"));
    System.out.println("start: server on " + port);
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    ServerProcess server = new ServerProcess(process, port, log);
    try {
      server.awaitConnections();
    } catch (Exception e) {
      server.close();
      throw e;
    }
    return server;
  }

  private void awaitConnections() throws Exception {
    for (int attempt = 0; attempt < CONNECT_ATTEMPTS; attempt++) {
      try (RespClient client = RespClient.connect("127.0.0.1", port)) {
        if (client.call("PING").text().equals("PONG")) {
          return;
        }
      } catch (IOException notYet) {
        // The loop retries.
      }
      if (process.waitFor(CONNECT_PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
        break; // it has ended
      }
    }
    throw new IOException(log());
  }

  public int port() {
    return port;
  }

  /** Returns true if the process has not ended. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Returns everything logged so far. */
  public String log() throws IOException {
    return Files.readString(log);
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
