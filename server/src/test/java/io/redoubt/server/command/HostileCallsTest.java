package io.redoubt.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random hostile calls in a server of its own process, since a fault of native code ends the
 * process: the server answers after each, and keeps its data.
 *
 * <p>{@code -Dredoubt.hostile.calls=…} makes more calls than a build does, and {@code
 * -Dredoubt.seed=…} with {@code -Dredoubt.hostile.first=…} begins with a script of that seed.
 */
final class HostileCallsTest {
  private static final int CALLS_PER_SCRIPT = 4;
  private static final int PATIENCE_MILLIS = 250;

  /** Killing takes milliseconds; the limit allows for a busy machine. */
  private static final int MAX_KILL_ATTEMPTS = 120;

  private static final int CALLS = Integer.getInteger("redoubt.hostile.calls", 800);

  @TempDir Path directory;

  @Test
  void aServerSurvivesThem() throws Exception {
    long seed = Long.getLong("redoubt.seed", System.nanoTime());
    long first = Long.getLong("redoubt.hostile.first", 0);
    System.out.println("HostileCallsTest: -Dredoubt.seed=" + seed);
    int port = FreePorts.one();
    Process process = start(port);
    try (RespClient other = connect(port, process)) {
      for (int i = 0; i < 1000; i++) {
        other.call("SET", "key:" + i, "value " + i);
        other.call("RPUSH", "list", "element " + i);
        other.call("ZADD", "scores", i + "", "member " + i);
      }
      String before = other.call("DEBUG", "DIGEST").text();
      long scripts = first + (CALLS + CALLS_PER_SCRIPT - 1) / CALLS_PER_SCRIPT;
      long killed = 0;
      RespClient hostile = connect(port, process);
      for (long number = first; number < scripts; number++) {
        String script = HostileCalls.script(seed, number, CALLS_PER_SCRIPT);
        try {
          killed += run(hostile, other, script);
          other.call("SELECT", "0");
        } catch (IOException | AssertionError e) {
          throw new AssertionError(
              "-Dredoubt.seed="
                  + seed
                  + " -Dredoubt.hostile.first="
                  + number
                  + " -Dredoubt.hostile.calls="
                  + CALLS_PER_SCRIPT
                  + ", alive: "
                  + process.isAlive()
                  + "\n"
                  + script,
              e);
        }
        if (number % 10_000 == 9_999) {
          System.out.println("HostileCallsTest: script " + (number + 1) + ", killed " + killed);
        }
      }
      hostile.close();
      System.out.println("HostileCallsTest: scripts " + (scripts - first) + ", killed " + killed);
      assertThat(other.call("DEBUG", "DIGEST").text()).isEqualTo(before);
      assertThat(process.isAlive()).isTrue();
    } finally {
      process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }

  /** Runs a script to its end; returns 1 if it had to be killed. */
  private static int run(RespClient hostile, RespClient other, String script) throws Exception {
    hostile.send("EVAL", script, "2", "k1", "k2", "a1", "a2", "a3");
    hostile.timeout(PATIENCE_MILLIS);
    for (int attempt = 0; attempt < MAX_KILL_ATTEMPTS; attempt++) {
      try {
        hostile.receive();
        return attempt == 0 ? 0 : 1;
      } catch (SocketTimeoutException e) {
        other.call("SCRIPT", "KILL");
      }
    }
    throw new AssertionError("neither ends nor can be killed");
  }

  private Process start(int port) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(word -> word.startsWith("--add") || word.startsWith("--enable"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-XX:ErrorFile=" + directory.resolve("fault.log"),
            "-cp",
            System.getProperty("java.class.path"),
            "io.redoubt.server.Main",
            "--port",
            port + "",
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--busy-reply-threshold",
            "20",
            "--enable-debug-command",
            "yes",
            "--dir",
            directory.toString()));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(Files.createFile(directory.resolve("server.log")).toFile())
        .start();
  }

  private RespClient connect(int port, Process process) throws Exception {
    for (int attempt = 0; attempt < 300 && process.isAlive(); attempt++) {
      try {
        return RespClient.connect("127.0.0.1", port);
      } catch (IOException e) {
        Thread.sleep(100);
      }
    }
    throw new IOException(Files.readString(directory.resolve("server.log")));
  }
}
