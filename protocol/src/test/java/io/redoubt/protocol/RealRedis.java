package io.redoubt.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assumptions.abort;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real {@code redis-server} on a free port of the loopback interface, for the duration of a test.
 * Shared by the tests of all modules. It saves nothing unless its options say so.
 */
public final class RealRedis implements AutoCloseable {

  /**
   * The environment variable with which a build fails, rather than skips tests, if a real Redis is
   * missing.
   */
  private static final String REQUIRED = "REDOUBT_REQUIRE_REDIS";

  private static final String SERVER = "redis-server";
  private static final String SENTINEL = "redis-sentinel";
  private static final int MAX_STARTS = 4;

  private final Process process;
  private final int port;
  private @Nullable RespClient client;

  private RealRedis(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Skips the running test if one of Redis' programs is missing, or fails it if the build requires
   * them.
   *
   * @param programs names of programs; none means {@code redis-server}
   */
  public static void assumeInstalled(String... programs) {
    for (String program : programs.length == 0 ? new String[] {SERVER} : programs) {
      if (find(program.equals(SENTINEL) ? SERVER : program) == null) {
        missing(program);
      }
    }
  }

  /**
   * Skips the running test if another prerequisite is not installed, or fails it if the build
   * requires all prerequisites.
   */
  public static void assumeInstalled(boolean installed, String name) {
    if (!installed) {
      missing(name);
    }
  }

  private static void missing(String name) {
    String missing = name + " is not installed";
    if (System.getenv(REQUIRED) != null) {
      throw new AssertionError(missing + ", and " + REQUIRED + " is set");
    }
    abort(missing);
  }

  /**
   * Returns the path of one of Redis' programs.
   *
   * @throws IllegalStateException if it is not installed
   */
  public static Path program(String name) {
    Path path = find(name);
    if (path == null && name.equals(SENTINEL)) {
      return linked(program(SERVER));
    }
    if (path == null) {
      throw new IllegalStateException(name + " is not installed");
    }
    return path;
  }

  /**
   * Returns a link to redis-server; under the name of the link it starts as a sentinel. Debian's
   * package for that name would also start a sentinel.
   */
  private static Path linked(Path server) {
    try {
      Path directory = Files.createTempDirectory("redis-sentinel");
      directory.toFile().deleteOnExit();
      Path link = Files.createSymbolicLink(directory.resolve(SENTINEL), server);
      link.toFile().deleteOnExit();
      return link;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static @Nullable Path find(String program) {
    String path = System.getenv("PATH") + ":/usr/bin:/usr/local/bin";
    return Stream.of(path.split(":", -1))
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  /** Starts a server in a directory, with more options in the form {@code --name value}. */
  public static RealRedis start(Path directory, String... options)
      throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      int port = FreePorts.one();
      List<String> command = new ArrayList<>();
      command.add(program(SERVER).toString());
      command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
      command.addAll(List.of("--save", "", "--enable-debug-command", "yes"));
      command.addAll(List.of("--dir", directory.toString()));
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
      if (attempt == MAX_STARTS) {
        throw new IOException("redis-server does not start, see the logs in " + directory);
      }
    }
  }

  private static boolean answers(Process process, int port) throws InterruptedException {
    for (int i = 0; i < 200; i++) {
      try (RespClient client = RespClient.connect("127.0.0.1", port)) {
        if (client.call("PING").text().equals("PONG")) {
          return true;
        }
      } catch (IOException notYet) {
        // The loop retries.
      }
      if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
        return false; // it has ended
      }
    }
    return false;
  }

  public int port() {
    return port;
  }

  /**
   * Sends a command over one connection of this object, with one character of ISO 8859-1 for each
   * byte.
   *
   * @return the text of a single reply, or null for a missing value or an aggregate
   */
  public @Nullable String command(String... words) {
    byte[][] arguments = Stream.of(words).map(w -> w.getBytes(ISO_8859_1)).toArray(byte[][]::new);
    try {
      if (client == null) {
        client = RespClient.connect("127.0.0.1", port);
      }
      return switch (client.call(arguments)) {
        case Reply.Bulk bulk -> new String(bulk.bytes(), ISO_8859_1);
        case Reply.Simple simple -> simple.value();
        case Reply.Error error -> error.message();
        case Reply.Integer integer -> Long.toString(integer.value());
        default -> null;
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      if (client != null) {
        client.close();
      }
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
