package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The init.d scripts, called the way an init system or {@code service} calls them. */
final class InitScriptIT {
  /** Starts and stops a service, adopts its process, and never collects its exit status. */
  private static final String NEGLIGENT_PARENT =
      """
      import ctypes, subprocess, sys
      PR_SET_CHILD_SUBREAPER = 36
      ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
      for action in 'start', 'stop':
          subprocess.run([sys.argv[1], action], check=True)
      """;

  @TempDir private Path folder;

  private final int port = FreePorts.one();
  private final Map<String, String> environment = new HashMap<>();
  private Path script = Distribution.HOME.resolve("init.d/redis");

  @AfterEach
  void leaveNoProcess() throws Exception {
    if (!environment.isEmpty()) {
      call("stop");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "no"})
  void startsAndStopsTheServer(String daemonize) throws Exception {
    use("redis", "redis-server", "daemonize " + daemonize + "\nsave \"\"\n");
    startsStopsAndTellsItsStatus();
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "no"})
  void startsAndStopsTheSentinel(String daemonize) throws Exception {
    use("redis-sentinel", "redis-sentinel", "daemonize " + daemonize + "\n");
    startsStopsAndTellsItsStatus();
  }

  @Test
  void stopsAServerWithAPassword() throws Exception {
    use("redis", "redis-server", "requirepass secret\nsave \"\"\n");
    assertThat(call("start").status()).isZero();
    assertThat(call("stop").status()).isZero();
    assertThat(call("status").status()).isEqualTo(3);
  }

  @Test
  void aRefusedConfigurationFailsTheStart() throws Exception {
    use("redis", "redis-server", "no-such-directive 1\n");
    assertThat(call("start").status()).isEqualTo(1);
    assertThat(call("status").status()).isEqualTo(3);
  }

  @Test
  void showsTheMistakeOfARefusedConfiguration() throws Exception {
    use("redis", "redis-server", "no-such-directive 1\n");
    assertThat(call("start").output()).contains("no-such-directive 1");
  }

  @Test
  void showsTheLogOfAFailedStart() throws Exception {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress("127.0.0.1", port));
      use("redis", "redis-server", "save \"\"\n");
      Result result = call("start");
      assertThat(result.status()).isEqualTo(1);
      assertThat(result.output()).containsIgnoringCase("address already in use");
      assertThat(call("stop").output()).contains("a process listens on port " + port);
    }
  }

  @Test
  void showsNothingOfEarlierStarts() throws Exception {
    use("redis", "redis-server", "save \"\"\n");
    Files.writeString(folder.resolve("log"), "an earlier line\n");
    Files.writeString(folder.resolve("out"), "an earlier message\n");
    Files.writeString(folder.resolve("conf"), "no-such-directive 1\n", StandardOpenOption.APPEND);
    assertThat(call("start").output()).contains("no-such-directive").doesNotContain("earlier");
  }

  @Test
  void keepsTheLogOfAServerWithoutLogfile() throws Exception {
    use("redis", "redis-server", "logfile \"\"\nsave \"\"\n");
    assertThat(call("start").status()).isZero();
    assertThat(Files.readString(folder.resolve("out"))).contains("Ready to accept connections");
  }

  /** The first process of a container may leave ended processes as zombies. */
  @Test
  void stopsAServerThatNobodyReaps() throws Exception {
    Distribution.assumeInstalled("/usr/bin/python3");
    use("redis", "redis-server", "daemonize yes\nsave \"\"\n");
    environment.put("STOP_WAIT", "10");
    Result result =
        Distribution.run(
            environment, "/usr/bin/python3", "-c", NEGLIGENT_PARENT, script.toString());
    assertThat(result.status()).as(result.output()).isZero();
  }

  @Test
  void takesThePortOfTheConfiguration() throws Exception {
    use("redis", "redis-server", "save \"\"\n");
    environment.remove("REDISPORT");
    startsStopsAndTellsItsStatus();
  }

  @Test
  void stopsNoServerButThatOfThePidFile() throws Exception {
    use("redis", "redis-server", "save \"\"\n");
    try (NodeProcess other =
        Distribution.start(
            Distribution.HOME.resolve("bin/redis-server"), folder, Map.of(), "--save", "")) {
      assertThat(call("start").status()).isZero();
      environment.put("REDISPORT", other.port() + "");
      assertThat(call("stop").status()).isZero();
      assertThat(other.info("server")).containsEntry("process_id", other.pid() + "");
    }
  }

  @Test
  void tellsAUserWithoutRightsWhatIsMissing() throws Exception {
    use("redis", "redis-server", "save \"\"\n");
    String path = Files.copy(script, folder.resolve("script")).toString();
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    String[] nobody = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
    String[] asNobody = with(with(nobody, "sh"), path);
    assumeTrue(
        Distribution.run(environment, with(asNobody, "status")).status() == 3,
        "only root can become another user");
    String[] reads = with(with(nobody, "test"), "-x");
    assumeTrue(
        Distribution.run(
                    environment, with(reads, Distribution.HOME.resolve("bin/redis-server") + ""))
                .status()
            == 0,
        "the folder of the build is closed to other users");
    assertThat(Distribution.run(environment, with(asNobody, "start")))
        .isEqualTo(
            new Result(
                4,
                "nobody may not create %s: start as root, or set PIDFILE\n"
                    .formatted(folder.resolve("pid"))));
    assertThat(call("start").status()).isZero();
    assertThat(Distribution.run(environment, with(asNobody, "status")))
        .isEqualTo(new Result(0, "redis-server is running, process " + pid() + "\n"));
    assertThat(Distribution.run(environment, with(asNobody, "stop")))
        .isEqualTo(
            new Result(4, "nobody may not stop process " + pid() + ", which belongs to root\n"));
    assertThat(pong()).isTrue();
  }

  private static String[] with(String[] command, String word) {
    String[] all = Arrays.copyOf(command, command.length + 1);
    all[command.length] = word;
    return all;
  }

  @Test
  void anUnknownActionPrintsTheUsage() throws Exception {
    use("redis", "redis-server", "");
    Result result = call("reload");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.output()).contains("start|stop|restart|status");
  }

  private void startsStopsAndTellsItsStatus() throws IOException, InterruptedException {
    assertThat(call("status").status()).isEqualTo(3);
    Result started = call("start");
    assertThat(started.output()).contains("started");
    assertThat(started.status()).isZero();
    long pid = pid();
    assertThat(pong()).isTrue();
    assertThat(call("start").output()).contains("already running");
    assertThat(call("status"))
        .isEqualTo(new Result(0, program() + " is running, process " + pid + "\n"));

    assertThat(call("restart").status()).isZero();
    assertThat(pid()).isNotEqualTo(pid);
    assertThat(hasEnded(pid)).isTrue();
    assertThat(pong()).isTrue();

    long last = pid();
    assertThat(call("stop").status()).isZero();
    assertThat(hasEnded(last)).isTrue();
    assertThat(folder.resolve("pid")).doesNotExist();
    assertThat(call("stop").status()).isZero();
  }

  /** Returns true even for a zombie, whose parent has not collected its exit status yet. */
  private static boolean hasEnded(long pid) throws IOException {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/status")).contains("\nState:\tZ");
    } catch (NoSuchFileException e) {
      return true;
    }
  }

  private void use(String name, String program, String directives) throws IOException {
    script = Distribution.HOME.resolve("init.d/" + name);
    Path conf = folder.resolve("conf");
    Files.writeString(
        conf,
        """
        port %d
        bind 127.0.0.1
        dir %s
        logfile %s
        """
                .formatted(port, folder, folder.resolve("log"))
            + directives);
    environment.put("REDISPORT", port + "");
    environment.put("EXEC", Distribution.HOME.resolve("bin/" + program).toString());
    environment.put("CLIEXEC", "redis-cli");
    environment.put("PIDFILE", folder.resolve("pid").toString());
    environment.put("CONF", conf.toString());
    environment.put("OUTPUT", folder.resolve("out").toString());
  }

  private String program() {
    return Path.of(environment.get("EXEC")).getFileName().toString();
  }

  private Result call(String word) throws IOException, InterruptedException {
    return Distribution.run(environment, script.toString(), word);
  }

  private long pid() throws IOException {
    return Long.parseLong(Files.readString(folder.resolve("pid")).trim());
  }

  private boolean pong() throws IOException {
    try (RespClient client = RespClient.connect("127.0.0.1", port)) {
      return client.call("PING").text().equals("PONG");
    }
  }
}
