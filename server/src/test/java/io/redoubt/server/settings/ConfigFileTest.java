package io.redoubt.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.UnreadableConfigFile;
import io.redoubt.protocol.config.directive.RefusedValue;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading redis.conf; the texts are those of redis-server 7.0.15. */
final class ConfigFileTest {
  @TempDir Path directory;

  private final ServerDirectives settings = new ServerDirectives();

  /** Returns the number of bytes allocated by reading a file with that many lines. */
  private long allocated(int lines) throws Exception {
    String text = "save 1 1\n".repeat(lines);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    load(text);
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  @Test
  void aLineCostsTheSameAfterManyOthers() throws Exception {
    long unused = allocated(10_000);
    long some = allocated(10_000);
    long twice = allocated(20_000);
    assertThat(settings.persistence.save.value()).hasSize(20_000);
    // If each line copied the earlier ones, twice the lines would take four times the memory.
    assertThat(twice).isLessThan(3 * some);
  }

  @Test
  void readsCommonDirectives() throws Exception {
    load(
        """
        # a comment
        bind 0.0.0.0
        \tport   6380 \t
        PORT 6381
        slaveof 192.168.0.134 6381
        masterauth !Xinxin123
        requirepass "a \\x41\\"b"
        logfile '/var/log/redis/it\\'s.log'
        slave-read-only yes\r
        repl-backlog-size 1mb
        save 900 1
        save 300 10
        client-output-buffer-limit slave 1mb 64kb 60
        rename-command CONFIG ""
        list-max-ziplist-entries 10
        """);

    assertThat(settings.common.bind.text()).isEqualTo("0.0.0.0");
    assertThat(settings.common.port.value()).isEqualTo(6381);
    assertThat(settings.replication.replicaof.value())
        .isEqualTo(new HostPort("192.168.0.134", 6381));
    assertThat(settings.replication.masterauth.value()).isEqualTo("!Xinxin123");
    assertThat(settings.common.requirepass.value()).isEqualTo("a A\"b");
    assertThat(settings.common.logfile.value()).isEqualTo("/var/log/redis/it's.log");
    assertThat(settings.persistence.save.value())
        .containsExactly(new SaveCondition(900, 1), new SaveCondition(300, 10));
    assertThat(settings.common.clientOutputBufferLimit.text())
        .startsWith("normal 0 0 0 slave 1048576 65536 60 pubsub");
    assertThat(settings.renameCommand.words()).containsExactly(List.of("CONFIG", ""));
    assertThat(settings.passedOver()).containsExactly("list-max-ziplist-entries");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2.8", "3.0", "3.2", "4.0", "5.0", "6.0", "6.2", "7.0", "7.2"})
  void readsEveryActiveLineOfStockFiles(String version) throws Exception {
    try (InputStream in = getClass().getResourceAsStream("active-lines-" + version + ".conf")) {
      load(new String(in.readAllBytes()).replace("dir ./", "dir " + directory));
    }

    assertThat(settings.common.tcpBacklog.value()).isEqualTo(511);
    assertThat(settings.common.dir.value()).isEqualTo(directory.toRealPath());
  }

  @Test
  void acceptsOneQuotedArgumentForSeveral() throws Exception {
    load(
        """
        replicaof "127.0.0.1 6379"
        save "3600 1 60 1000"
        save 5 5
        bind "127.0.0.1 -::1"
        shutdown-on-sigint "nosave now"
        """);

    assertThat(settings.replication.replicaof.value()).isEqualTo(new HostPort("127.0.0.1", 6379));
    assertThat(settings.persistence.save.text()).isEqualTo("3600 1 60 1000 5 5");
    assertThat(settings.common.bind.text()).isEqualTo("127.0.0.1 -::1");
    assertThat(settings.shutdownOnSigint.text()).isEqualTo("nosave now");
  }

  @Test
  void bindsNothingWithoutAnAddress() throws Exception {
    load("bind");
    assertThat(settings.common.bind.value()).isEmpty();
  }

  @Test
  void namesDirectivesWithoutEffect() throws Exception {
    load(
        """
        slowlog-max-len 64
        crash-log-enabled no
        watchdog-period 7
        activerehashing yes
        """);

    assertThat(settings.setInVain())
        .containsExactlyInAnyOrder("crash-log-enabled", "watchdog-period");
    assertThat(settings.get(List.of("watchdog-period"))).containsEntry("watchdog-period", "7");
  }

  @Test
  void acceptsNewerNames() throws Exception {
    load("primaryauth secret\nserver-cpulist 0-1\n");

    assertThat(settings.replication.masterauth.value()).isEqualTo("secret");
    assertThat(settings.get(List.of("primary*", "*-cpulist"))).isEmpty();
    assertThat(settings.get(List.of("server-cpulist"))).containsValue("0-1");
  }

  @Test
  void stopsAtABadLineInRedisForm() {
    assertThat(failure("port 7913\n\nsave 1\n"))
        .isEqualTo(
            """

            *** FATAL CONFIG FILE ERROR (Redis 7.2.6) ***
            Reading the configuration file, at line 3
            >>> 'save 1'
            Invalid save parameters
            Hint: save: Save the data after a number of seconds if at least a number of changes \
            were made since the last save; any of the pairs suffices. save "" disables it.
            """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          dbfilename "abc            | Unbalanced quotes in configuration line
          dbfilename a"b"c           | Unbalanced quotes in configuration line
          port                       | wrong number of arguments
          port 1 2                   | wrong number of arguments
          slaveof 1                  | wrong number of arguments
          slaveof a b                | Invalid master port
          notify-keyspace-events Q   | Invalid event class character. Use 'Ag$lshzxeKEtmdnocSTIV'.
          unixsocketperm 999         | argument couldn't be parsed as an octal number
          unixsocketperm 1000        | argument must be between 0 and 777 inclusive
          databases 0                | argument must be between 1 and 2147483647 inclusive
          dir /nosuch                | No such file or directory
          dir /proc/self/comm        | Not a directory
          dbfilename a/b             | dbfilename can't be a path, just a filename
          appendfilename ""          | appendfilename can't be empty
          appenddirname a/b          | appenddirname can't be a path, just a dirname
          rename-command config      | Bad directive or wrong number of arguments
          user                       | Bad directive or wrong number of arguments
          include                    | Bad directive or wrong number of arguments
          include a b                | Bad directive or wrong number of arguments
          vm-enabled no              | Bad directive or wrong number of arguments
          req-res-logfile x          | Bad directive or wrong number of arguments
          sentinel monitor a b c d   | sentinel directive while not in sentinel mode
          loadmodule /x.so           | native modules can't be loaded into a Java process
          loglevel foo               | argument(s) must be one of the following: debug, verbose, notice, warning, nothing
          bind 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 | Too many bind addresses specified.
          """)
  void givesTheReasonsOfRedis(String line, String reason) {
    assertThat(failure(line + "\n"))
        .startsWith(
            "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.6) ***\n"
                + "Reading the configuration file, at line 1\n>>> '"
                + line
                + "'\n"
                + reason
                + "\n");
  }

  @Test
  void namesLookAlikes() {
    assertThat(failure("replica\u2010read\u2010only yes \n"))
        .isEqualTo(
            """

            *** FATAL CONFIG FILE ERROR (Redis 7.2.6) ***
            Reading the configuration file, at line 1
            >>> 'replica\u2010read\u2010only yes'
            Bad directive or wrong number of arguments
            Hint: character 8 is U+2010 (HYPHEN), which looks like '-', but is not that character
            Hint: in plain characters the line is: replica-read-only yes
            """);
    assertThat(failure("maxmemory\u00a01gb"))
        .contains("U+00A0 (NO-BREAK SPACE), which looks like a blank and is none");
    assertThat(failure("bind\uff1a127.0.0.1"))
        .contains("U+FF1A (FULLWIDTH COLON), which looks like ':'");
    assertThat(failure("appendonly \u201cyes\u201d")).contains("looks like '\"'");
    assertThat(failure("\ufeffport 1")).contains("U+FEFF", "which can't be seen");
  }

  @Test
  void namesTrailingComments() {
    assertThat(failure("requirepass 123456# the password\n"))
        .contains(
            "wrong number of arguments\n",
            "Hint: a comment needs a line of its own; it was read as arguments\n")
        .doesNotContain("123456", "the password' was");
    assertThat(failure("port 1 # the port\n"))
        .contains("Hint: a comment needs a line of its own; '# the port' was read as arguments\n");
    assertThat(failure("port 1 2 \"#\"")).doesNotContain("Hint: a comment");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "requirepass \"secret",
        "requirepass secret secret",
        "requirepas secret",
        "masterauth secret #secret",
        "tls-key-file-pass \"secret",
        "user worker on >secret \"",
        "usr worker on >secret",
      })
  void cutsSecrets(String line) {
    assertThat(failure(line)).contains("***'").doesNotContain("secret");
  }

  @Test
  void namesTheNearestDirective() {
    assertThat(failure("replica-readonly yes")).contains("did you mean 'replica-read-only'?");
    assertThat(failure("maxmemroy 1")).contains("did you mean 'maxmemory'?");
    assertThat(failure("slave-read-only on")).contains("Hint: write 'yes' instead of 'on'");
    assertThat(failure("xyzzy on")).doesNotContain("Hint");
  }

  @Test
  void includesFilesAndPatterns() throws Exception {
    Files.writeString(directory.resolve("x-a.conf"), "timeout 1\nport 1\n");
    Files.writeString(directory.resolve("x-b.conf"), "port 2\n");
    Files.writeString(directory.resolve(".x.conf"), "nonsense\n");

    load("include " + directory + "/[x.]*.conf\ninclude " + directory + "/nosuch*\nhz 20\n");

    assertThat(settings.common.timeout.value()).isEqualTo(1);
    assertThat(settings.common.port.value()).isEqualTo(2);
    assertThat(settings.hz.value()).isEqualTo(20);
  }

  @Test
  void reportsTheLineOfTheIncludedFile() throws IOException {
    Files.writeString(directory.resolve("a.conf"), "\n\nport y\n");

    assertThat(failure("include " + directory + "/a.conf\n")).contains("at line 3\n>>> 'port y'\n");
  }

  @Test
  void includesRelativeToDir() throws Exception {
    Files.writeString(directory.resolve("a.conf"), "port 7\n");

    load("dir " + directory + "\ninclude a.conf\n");

    assertThat(settings.common.port.value()).isEqualTo(7);
  }

  @Test
  void stopsAtACircularInclude() throws IOException {
    Path file = directory.resolve("a.conf");
    Files.writeString(file, "include " + file + "\n");

    assertThat(failure("include " + file)).contains("too many files include each other");
  }

  @Test
  void refusesAMissingFile() {
    assertThatThrownBy(() -> load("include " + directory + "/nosuch"))
        .isInstanceOf(UnreadableConfigFile.class)
        .hasMessage(
            "Fatal error, can't open config file '"
                + directory
                + "/nosuch': No such file or directory");
  }

  @Test
  void readsStandardInputAndOptionsAfterTheFile() throws Exception {
    Path file = directory.resolve("redis.conf");
    Files.writeString(file, "port 1\ntimeout 1\nhz 11\n");

    settings.load(file, "timeout 2\nhz 12".getBytes(), "hz \"13\"\n");

    assertThat(settings.common.port.value()).isEqualTo(1);
    assertThat(settings.common.timeout.value()).isEqualTo(2);
    assertThat(settings.hz.value()).isEqualTo(13);
    assertThat(settings.configFile()).isEqualTo(file);
  }

  @Test
  void countsTheLinesOfOptionsBehindTheFile() {
    FatalConfigError error =
        catchThrowableOfType(
            FatalConfigError.class, () -> settings.load(null, new byte[0], "port \"abc\"\n"));

    assertThat(error.text()).contains("at line 2\n>>> 'port \"abc\"'");
  }

  @Test
  void passesForeignDirectivesToTheirCheck() {
    settings.renameCommand.onRead(words -> {
      throw new RefusedValue("No such command in rename-command");
    });

    assertThat(failure("rename-command foo bar"))
        .contains(">>> 'rename-command foo bar'\nNo such command in rename-command\n");
  }

  @Test
  void keepsForeignLines() throws Exception {
    load("port 1\n\nrename-command  GET g\nrename-command foo bar\n");

    assertThat(settings.renameCommand.error(1, "No such command in rename-command").text())
        .contains("at line 4\n>>> 'rename-command foo bar'\nNo such command");
  }

  @Test
  void changesNothingIfALineIsInvalid() {
    failure("port 1\nport x");

    assertThat(settings.common.port.value()).isEqualTo(6379);
  }

  @Test
  void resolvesPathsAgainstDir() throws Exception {
    load("dir " + directory);

    assertThat(settings.path("dump.rdb")).isEqualTo(directory.toRealPath().resolve("dump.rdb"));
    assertThat(settings.path("/x/y")).isEqualTo(Path.of("/x/y"));
  }

  private void load(String text) throws FatalConfigError, IOException {
    Path file = directory.resolve("redis.conf");
    Files.writeString(file, text);
    settings.load(file, new byte[0], "");
  }

  private String failure(String text) {
    return catchThrowableOfType(FatalConfigError.class, () -> load(text)).text();
  }
}
