package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.RespClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The systemd units, checked as far as possible without a running systemd. */
final class SystemdUnitIT {
  /**
   * The limit for systemd's own rating of a service's exposure: 0 is none, and 3.1 is no longer OK.
   */
  private static final double MOST_EXPOSURE = 3.0;

  private static final Pattern EXPOSURE = Pattern.compile("Overall exposure level .*: ([0-9.]+)");

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"redis.service", "redis-sentinel.service"})
  void isAccepted(String name) throws Exception {
    assumeSystemdAnalyze();
    String unit = unit(name);
    assertThat(unit).contains("ExecStart=/usr/local/bin/redis-");
    Path installed = folder.resolve(name);
    Files.writeString(
        installed, unit.replace("/usr/local/bin", Distribution.HOME.resolve("bin").toString()));
    Result result = Distribution.run(Map.of(), "systemd-analyze", "verify", installed.toString());
    assertThat(result.output()).doesNotContain(name);
    assertThat(result.status()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"redis.service", "redis-sentinel.service"})
  void isConfined(String name) throws Exception {
    assumeSystemdAnalyze();
    Result result =
        Distribution.run(
            Map.of(),
            "systemd-analyze",
            "security",
            "--offline=true",
            "--no-pager",
            Distribution.HOME.resolve("systemd/" + name).toString());
    Matcher level = EXPOSURE.matcher(result.output());
    assertThat(level.find()).as(result.output()).isTrue();
    assertThat(Double.parseDouble(level.group(1))).isLessThanOrEqualTo(MOST_EXPOSURE);
  }

  /** Runs the command line of a unit as systemd does, with the shipped configuration. */
  @ParameterizedTest
  @CsvSource({
    "redis.service, redis.conf, redoubt",
    "redis-sentinel.service, sentinel.conf, redoubt-sentinel"
  })
  @Timeout(120)
  void reportsItsStateAndWritesOnlyWhereItMay(String name, String shipped, String state)
      throws Exception {
    assertThat(setting(name, "Type")).isEqualTo("notify");
    assertThat(setting(name, "StateDirectory")).isEqualTo(state);
    assertThat(setting(name, "WorkingDirectory")).isEqualTo("/var/lib/" + state);
    assertThat(setting(name, "TimeoutStopSec")).isNotEqualTo("infinity");

    int port = FreePorts.one();
    Path conf = folder.resolve("conf");
    Files.writeString(
        conf,
        Files.readString(Distribution.HOME.resolve("conf/" + shipped)) + "\nport " + port + "\n");
    Path working = Files.createDirectory(folder.resolve("state"));
    Path runtime = Files.createDirectory(folder.resolve("run"));
    List<String> command = new ArrayList<>();
    for (String argument : setting(name, "ExecStart").split(" ")) {
      command.add(
          argument
              .replace("/usr/local/bin", Distribution.HOME.resolve("bin").toString())
              .replaceAll("^/etc/redoubt/.*", conf.toString())
              .replace("/run/" + state, runtime.toString()));
    }

    Path socket = folder.resolve("notify");
    Process systemd = listener(socket);
    try (BufferedReader messages = systemd.inputReader()) {
      assertThat(messages.readLine()).isEqualTo("bound");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(working.toFile())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("output").toFile());
      builder.environment().put("NOTIFY_SOCKET", socket.toString());
      Process process = builder.start();
      try {
        awaitLine(messages, "READY=1");
        assertThat(runtime).isNotEmptyDirectory();
        try (RespClient client = RespClient.connect("127.0.0.1", port)) {
          assertThat(client.call("PING").text()).isEqualTo("PONG");
          if (state.equals("redoubt")) {
            assertThat(client.call("CONFIG", "GET", "dir").toString()).contains(working.toString());
            assertThat(client.call("SET", "key", "value").text()).isEqualTo("OK");
          }
        }
        process.destroy();
        awaitLine(messages, "STOPPING=1");
        assertThat(process.waitFor(Distribution.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(runtime).isEmptyDirectory();
        if (state.equals("redoubt")) {
          assertThat(working.resolve("dump.rdb")).isNotEmptyFile();
        }
      } finally {
        process.destroyForcibly();
      }
    } finally {
      systemd.destroyForcibly();
    }
  }

  private static void assumeSystemdAnalyze() {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/systemd-analyze")),
        "systemd-analyze is not installed");
  }

  private static String unit(String name) throws IOException {
    return Files.readString(Distribution.HOME.resolve("systemd/" + name));
  }

  private static String setting(String name, String key) throws IOException {
    return unit(name)
        .lines()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst()
        .orElse("");
  }

  private static void awaitLine(BufferedReader messages, String wanted) throws IOException {
    String line = messages.readLine();
    while (line != null && !line.equals(wanted)) {
      line = messages.readLine();
    }
    assertThat(line).isEqualTo(wanted);
  }

  /** Starts a receiver of the notifications of a service to systemd; it prints each as a line. */
  private static Process listener(Path socket) throws IOException, InterruptedException {
    Distribution.assumeInstalled("/usr/bin/python3");
    String script =
        "import socket,sys\n"
            + "s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\n"
            + "s.bind(sys.argv[1])\n"
            + "print('bound',flush=True)\n"
            + "while True: print(s.recv(1000).decode(),end='',flush=True)\n";
    return new ProcessBuilder("/usr/bin/python3", "-c", script, socket.toString()).start();
  }
}
