package io.redoubt.protocol.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the small classes of the package. */
final class ProcessTest {
  @TempDir Path directory;

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(output, true, UTF_8);

  @Test
  void writesAndRemovesAPidFile() throws IOException {
    Path path = directory.resolve("redis.pid");

    PidFile file = PidFile.write(path, 4711);

    assertThat(Files.readString(path)).isEqualTo("4711\n");
    file.remove();
    file.remove();
    assertThat(path).doesNotExist();
  }

  @Test
  void readsTheLimitOfOpenFiles() {
    String limits =
        """
        Limit                     Soft Limit           Hard Limit           Units
        Max processes             unlimited            unlimited            processes
        Max open files            20000                40000                files
        """;

    assertThat(OpenFilesLimit.of(limits)).isEqualTo(20000);
    assertThat(OpenFilesLimit.of(limits.replace("20000", "unlimited"))).isEqualTo(Long.MAX_VALUE);
    assertThat(OpenFilesLimit.of("")).isEqualTo(Long.MAX_VALUE);
    assertThat(OpenFilesLimit.current()).isPositive();
  }

  @Test
  void fillsTitles() {
    String template = "{title} {listen-addr} {server-mode}";

    assertThat(TitleTemplate.isValid(template)).isTrue();
    assertThat(
            TitleTemplate.render(template, Map.of("title", "redis-server", "listen-addr", "*:1")))
        .isEqualTo("redis-server *:1");
    assertThat(TitleTemplate.render("{{{port}", Map.of("port", "1"))).isEqualTo("{1");
    assertThat(TitleTemplate.isValid("{foo}")).isFalse();
    assertThat(TitleTemplate.isValid("{title")).isFalse();
  }

  @Test
  void namesTheProcess() throws IOException {
    Path comm = Path.of("/proc/self/comm");
    assumeTrue(Files.isWritable(comm), "not on Linux");
    String before = Files.readString(comm).strip();

    ProcessTitle.set("redis-server");
    String after = Files.readString(comm).strip();
    ProcessTitle.set(before);

    assertThat(after).isEqualTo("redis-server");
  }

  @Test
  void returnsTheSystemsTextForAFailure(@TempDir Path folder) throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    Path full = Files.createDirectories(folder.resolve("full/inner")).getParent();
    assertThat(failureText(() -> Files.readString(folder.resolve("none"))))
        .isEqualTo("No such file or directory");
    assertThat(failureText(() -> Files.readString(folder))).isEqualTo("Is a directory");
    assertThat(failureText(() -> Files.writeString(folder, "x"))).isEqualTo("Is a directory");
    assertThat(failureText(() -> Files.createFile(file.resolve("x")))).isEqualTo("Not a directory");
    assertThat(failureText(() -> Files.createDirectory(file))).isEqualTo("File exists");
    assertThat(failureText(() -> Files.delete(full))).isEqualTo("Directory not empty");
    assertThat(SystemErrors.text(new AccessDeniedException("x"))).isEqualTo("Permission denied");
    assertThat(SystemErrors.textWithFile(new AccessDeniedException("x")))
        .isEqualTo("x: Permission denied");
    IOException noSpace = new IOException("No space left on device");
    assertThat(SystemErrors.text(new UncheckedIOException(noSpace)))
        .isEqualTo("No space left on device");
    assertThat(SystemErrors.text(new IOException())).isEqualTo("java.io.IOException");
    for (String peer : List.of("/[fd00:0:0:0:0:0:0:a]:6379", "/127.0.0.1:1", "name/10.0.0.1:1")) {
      String netty = "finishConnect(..) failed with error(-111): Connection refused: " + peer;
      assertThat(SystemErrors.text(new ConnectException(netty))).isEqualTo("Connection refused");
    }
  }

  private static String failureText(ThrowingCallable operation) {
    return SystemErrors.text(catchThrowable(operation));
  }

  @Test
  void forwardsJavasLogging(@TempDir Path folder) throws IOException {
    Log log = Log.silent(Clock.system());
    log.setFile(folder.resolve("log"));
    JavaLogging.forwardTo(log);
    try {
      // Earlier tests have used Java's logging; a process reads its configuration on first use.
      LogManager.getLogManager().readConfiguration();
      Logger.getLogger("java.some").warning("odd");
      Logger.getLogger("java.some").info("usual");
      log.setLevel(Log.Level.DEBUG);
      LogManager.getLogManager().readConfiguration();
      Logger.getLogger("java.some").fine("detailed");
      Logger.getLogger("sun.net.www.protocol.http.HttpURLConnection").fine("Authorization: s3cret");
      Logger.getLogger("java.other").log(Level.SEVERE, "broken", new IOException("full"));
    } finally {
      System.clearProperty("java.util.logging.config.class");
      LogManager.getLogManager().reset();
    }
    assertThat(Files.readString(folder.resolve("log")))
        .contains(" # java.some: odd\n", " # java.other: broken: java.io.IOException: full\n")
        .contains(" . java.some: detailed\n")
        .doesNotContain("usual", "s3cret");
  }

  @Test
  void findsBadSettingsOfTheMachine() throws IOException {
    Path overcommit = directory.resolve("proc/sys/vm/overcommit_memory");
    Files.createDirectories(overcommit.getParent());
    Files.writeString(overcommit, "1\n");
    SystemCheck check = new SystemCheck(directory);

    assertThat(check.report(out)).isTrue();
    Files.writeString(overcommit, "2\n");
    assertThat(check.report(out)).isFalse();

    assertThat(output.toString(UTF_8))
        .startsWith("[slow-clocksource]...OK\n[overcommit]...OK\n")
        .contains("[overcommit]...WARNING:\n");
  }

  @Test
  void printsVersionAndHelp() {
    assertThat(Usage.run(Arguments.Job.VERSION, out, out)).isZero();
    assertThat(Usage.run(Arguments.Job.HELP, out, out)).isEqualTo(1);

    assertThat(output.toString(UTF_8))
        .startsWith("Redis server v=7.2.6 sha=00000000:0 malloc=")
        .contains("\nRedoubt development, commit 00000000, compatible with Redis 7.2.6, Java 25")
        .contains("Usage: ./redis-server [/path/to/redis.conf] [options] [-]\n");
  }

  @Test
  void notifiesSystemd() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "python3 is not installed");
    for (String address : List.of("@redoubt-test-" + directory.hashCode(), directory + "/s")) {
      Process receiver = receiver(address, 3);
      try (BufferedReader lines = receiver.inputReader()) {
        assertThat(lines.readLine()).isEqualTo("bound");
        Supervisor supervisor = Supervisor.of(Map.of("NOTIFY_SOCKET", address), true, false);
        supervisor.ready("Ready to accept connections");
        supervisor.stopping();

        assertThat(lines.readLine()).isEqualTo("STATUS=Ready to accept connections");
        assertThat(lines.readLine()).isEqualTo("READY=1");
        assertThat(lines.readLine()).isEqualTo("STOPPING=1");
      } finally {
        receiver.destroyForcibly();
      }
    }
  }

  private static Process receiver(String address, int datagrams) throws IOException {
    String script =
        "import socket,sys\n"
            + "s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\n"
            + "a=sys.argv[1]\n"
            + "s.bind('\\0'+a[1:] if a[0]=='@' else a)\n"
            + "print('bound',flush=True)\n"
            + "for i in range(int(sys.argv[2])): print(s.recv(1000).decode(),end='',flush=True)\n";
    return new ProcessBuilder("/usr/bin/python3", "-c", script, address, "" + datagrams).start();
  }

  @Test
  void notifiesNobodyWithoutSupervisor() throws IOException {
    Supervisor none = Supervisor.of(Map.of(), true, true);

    none.ready("x");
    none.stopping();
    Supervisor missing = Supervisor.of(Map.of("NOTIFY_SOCKET", directory + "/missing"), true, true);
    assertThatThrownBy(missing::stopping)
        .isInstanceOf(IOException.class)
        .hasMessage("sendto: error 2");
  }

  @Test
  void waitsForTheBackgroundProcess() throws Exception {
    assertThat(daemon("cat; printf 'starting\\n\\006ready\\n'", "port 1")).isZero();

    assertThat(output.toString(UTF_8)).isEqualTo("port 1starting\n");
  }

  @Test
  void returnsTheStatusOfAFailedBackgroundProcess() throws Exception {
    assertThat(daemon("echo cannot; exit 3", "")).isEqualTo(3);

    assertThat(output.toString(UTF_8)).isEqualTo("cannot\n");
  }

  @Test
  void recognizesTheBackgroundProcess() throws Exception {
    assertThat(Daemon.isChild(Map.of())).isFalse();
    assertThat(daemon("test \"$REDOUBT_DAEMON\" && printf '\\006ready\\n'", "")).isZero();
  }

  private int daemon(String script, String standardInput) throws IOException, InterruptedException {
    return Daemon.start(List.of("/bin/sh", "-c", script), standardInput.getBytes(UTF_8), out);
  }
}
