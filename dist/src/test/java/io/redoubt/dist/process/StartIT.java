package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The configuration sources of a server, and the errors it prints if it cannot start. */
final class StartIT {
  private static final Path SERVER = Kind.REDOUBT.server();

  @RegisterExtension private final Nodes nodes = new Nodes();

  private final int port = FreePorts.one();

  @Test
  void takesAFileAndThenTheCommandLine() throws Exception {
    Path folder = nodes.folder("started");
    Path conf =
        conf(
            """
            # a comment
            port 1
            bind 127.0.0.1
            maxmemory 100mb
            save ""
            """);
    NodeProcess node =
        nodes.launch(SERVER, folder, port, conf.toString(), "--port", port + "", "--hz", "50");
    node.awaitPong(Distribution.LIMIT);
    assertThat(node.ask("CONFIG", "GET", "maxmemory").elements().get(1).text())
        .isEqualTo("104857600");
    assertThat(node.ask("CONFIG", "GET", "hz").elements().get(1).text()).isEqualTo("50");
    assertThat(node.info("server"))
        .containsEntry("config_file", conf.toString())
        .containsEntry("tcp_port", port + "");
  }

  @Test
  void takesLinesFromStandardInput() throws Exception {
    Path folder = nodes.folder("started");
    Path lines = folder.resolve("lines");
    Files.writeString(lines, "port %d\nbind 127.0.0.1\nmaxclients 77\n".formatted(port));
    Path shell = folder.resolve("shell");
    Files.writeString(shell, "#!/bin/sh\nexec \"$@\" <'" + lines + "'\n");
    assertThat(shell.toFile().setExecutable(true)).isTrue();
    NodeProcess node = nodes.launch(shell, folder, port, SERVER.toString(), "-", "--save", "");
    node.awaitPong(Distribution.LIMIT);
    assertThat(node.ask("CONFIG", "GET", "maxclients").elements().get(1).text()).isEqualTo("77");
  }

  @Test
  void anInvalidLineIsShownWithItsNumber() throws Exception {
    Path conf = conf("port " + port + "\nno-such-directive 1\n");
    Result ours = run(SERVER, conf);
    assertThat(ours.status()).isEqualTo(1);
    assertThat(ours.output())
        .startsWith(
            """

            *** FATAL CONFIG FILE ERROR (Redis 7.2.6) ***
            Reading the configuration file, at line 2
            >>> 'no-such-directive 1'
            Bad directive or wrong number of arguments
            """);
  }

  @Test
  void fatalErrorsAreThoseOfRedis() throws Exception {
    for (String line :
        List.of(
            "bogus yes",
            "port",
            "port 70000",
            "appendonly perhaps",
            "save 900",
            "maxmemory 12parsecs",
            "save \"900",
            "replicaof localhost")) {
      Path conf = conf("# first\n" + line + "\n");
      Result ours = run(SERVER, conf);
      Result real = run(Kind.REAL.server(), conf);
      assertThat(fatal(ours)).as(line).isEqualTo(fatal(real)).hasSizeGreaterThanOrEqualTo(4);
      assertThat(ours.status()).as(line).isEqualTo(real.status());
    }
  }

  /** Returns the output without the version and without hints that Redis does not print. */
  private static List<String> fatal(Result result) {
    return result
        .output()
        .lines()
        .filter(line -> !line.startsWith("Hint: "))
        .map(line -> line.replaceFirst("\\(Redis [0-9.]+\\)", "(Redis)"))
        .toList();
  }

  @Test
  void refusesToRenameAnUnknownCommand() throws Exception {
    Result result = run(SERVER, conf("rename-command NOSUCH X\nport " + port + "\n"));
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.output())
        .contains("*** FATAL CONFIG FILE ERROR")
        .contains("No such command in rename-command");
  }

  @Test
  void namesLookAlikeCharacters() throws Exception {
    Result result = run(SERVER, conf("protected\u2010mode no\n"));
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.output()).contains("U+2010").contains("protected-mode no");
  }

  @Test
  void namesAMissingFile() throws Exception {
    Path missing = nodes.folder("started").resolve("missing.conf");
    Result result = run(SERVER, missing);
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.output())
        .contains(
            "Fatal error, can't open config file '" + missing + "': No such file or directory");
  }

  @Test
  void namesAPortInUse() throws Exception {
    NodeProcess first = nodes.server(Kind.REDOUBT);
    Result second =
        Distribution.run(
            Map.of(), SERVER.toString(), "--port", first.port() + "", "--bind", "127.0.0.1");
    assertThat(second.status()).isEqualTo(1);
    assertThat(second.output())
        .contains(
            "Could not create server TCP listening socket 127.0.0.1:%d: bind: Address already in use"
                .formatted(first.port()))
        .contains("Failed listening on port %d (TCP), aborting.".formatted(first.port()));
  }

  @Test
  void refusesToStartWithoutAListener() throws Exception {
    for (Path program : List.of(SERVER, Kind.REDOUBT.sentinel())) {
      Path conf = conf("port 0\n");
      Result result = run(program, conf);
      assertThat(result.status()).isEqualTo(1);
      assertThat(result.output()).contains("Configured to not listen anywhere, exiting.");
    }
  }

  @Test
  void requiresThePassword() throws Exception {
    Path folder = nodes.folder("started");
    Path conf = conf("requirepass secret\n");
    NodeProcess node =
        nodes.launch(SERVER, folder, port, conf.toString(), "--port", port + "", "--save", "");
    awaitRefusal(node);
    try (RespClient client = node.connect()) {
      assertThat(client.call("GET", "key"))
          .isEqualTo(new Reply.Error("NOAUTH Authentication required."));
      assertThat(client.call("AUTH", "wrong"))
          .isEqualTo(
              new Reply.Error("WRONGPASS invalid username-password pair or user is disabled."));
      assertThat(client.call("AUTH", "secret")).isEqualTo(new Reply.Simple("OK"));
      assertThat(client.call("GET", "key").isNull()).isTrue();
    }
  }

  private static void awaitRefusal(NodeProcess node) {
    Awaitility.await()
        .atMost(Distribution.LIMIT)
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> node.ask("PING").isError());
  }

  @Test
  void renamesAndDisablesCommands() throws Exception {
    Path folder = nodes.folder("started");
    Path conf = conf("rename-command CONFIG configure\nrename-command FLUSHALL \"\"\nsave \"\"\n");
    NodeProcess node = nodes.launch(SERVER, folder, port, conf.toString(), "--port", port + "");
    node.awaitPong(Distribution.LIMIT);
    assertThat(node.ask("CONFIGURE", "GET", "port").elements().get(1).text()).isEqualTo(port + "");
    assertThat(node.ask("CONFIG", "GET", "port"))
        .isEqualTo(
            new Reply.Error(
                "ERR unknown command 'CONFIG', with args beginning with: 'GET' 'port' "));
    assertThat(node.ask("FLUSHALL"))
        .isEqualTo(new Reply.Error("ERR unknown command 'FLUSHALL', with args beginning with: "));
  }

  @Test
  void thePsTitleFollowsItsTemplate() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT);
    assertThat(title(node)).matches("/.*/bin/redis-server 127\\.0\\.0\\.1:" + node.port());
    node.ask("CONFIG", "SET", "proc-title-template", "{title} at {port} {config-file} \u00e9");
    assertThat(title(node)).matches("/.*/bin/redis-server at " + node.port() + " - \u00e9");
    Distribution.assumeInstalled("ps");
    Result shown = Distribution.run(Map.of(), "ps", "-o", "args=", "-p", node.pid() + "");
    assertThat(shown.output()).contains("/bin/redis-server at " + node.port());
    node.ask("CONFIG", "SET", "proc-title-template", "x".repeat(100_000));
    assertThat(title(node)).matches("x+");
    assertThat(node.ask("PING")).isEqualTo(new Reply.Simple("PONG"));
  }

  private static String title(NodeProcess node) throws IOException {
    return Files.readString(Path.of("/proc/" + node.pid() + "/cmdline")).replace("\0", "");
  }

  @Test
  void theLogTellsTheStepsOfAStart() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT, "--always-show-logo", "yes");
    await().until(() -> Files.readString(node.log()).contains("Ready to accept"));
    String log = Files.readString(node.log());
    assertThat(log)
        .containsSubsequence(
            "Configuration loaded",
            " PID: " + node.pid(), // Redis 7.2's suite awaits it before the next line
            " * Server initialized",
            "Ready to accept connections tcp");
    assertThat(log).doesNotContainIgnoringCase("netty").doesNotContain("WARNING:");
  }

  private Path conf(String text) throws Exception {
    Path file = nodes.folder("conf").resolve("redis.conf");
    Files.writeString(file, text);
    return file;
  }

  private static Result run(Path launcher, Path conf) throws Exception {
    return Distribution.run(Map.of(), launcher.toString(), conf.toString());
  }
}
