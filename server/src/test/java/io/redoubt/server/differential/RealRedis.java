package io.redoubt.server.differential;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real {@code redis-server} on a free port of the loopback interface, for as long as a test. */
public final class RealRedis implements AutoCloseable {
  private static final List<Path> PLACES =
      List.of(Path.of("/usr/bin/redis-server"), Path.of("/usr/local/bin/redis-server"));

  private final Process process;
  private final int port;

  private RealRedis(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Whether there is one on this machine. */
  public static boolean isInstalled() {
    return PLACES.stream().anyMatch(Files::isExecutable);
  }

  /** Starts one that persists nothing, with more options in the form {@code --name value}. */
  public static RealRedis start(Path directory, String... options)
      throws IOException, InterruptedException {
    Path program = PLACES.stream().filter(Files::isExecutable).findFirst().orElseThrow();
    for (int attempt = 0; ; attempt++) {
      int port = FreePorts.one();
      List<String> command =
          new ArrayList<>(
              List.of(
                  program.toString(),
                  "--port",
                  Integer.toString(port),
                  "--bind",
                  "127.0.0.1",
                  "--save",
                  "",
                  "--enable-debug-command",
                  "yes",
                  "--dir",
                  directory.toString()));
      command.addAll(List.of(options));
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("redis-" + port + ".log").toFile())
              .start();
      if (answers(process, port)) {
        return new RealRedis(process, port);
      }
      process.destroyForcibly().waitFor();
      if (attempt == 3) {
        throw new IOException("redis-server does not start, see the logs in " + directory);
      }
    }
  }

  private static boolean answers(Process process, int port) throws InterruptedException {
    for (int i = 0; i < 200 && process.isAlive(); i++) {
      try (RespClient client = RespClient.connect("127.0.0.1", port)) {
        if (client.call("PING").text().equals("PONG")) {
          return true;
        }
      } catch (IOException notYet) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
    return false;
  }

  /** Its port on 127.0.0.1. */
  public int port() {
    return port;
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
