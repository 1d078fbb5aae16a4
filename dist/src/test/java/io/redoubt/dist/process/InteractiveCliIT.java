package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.dist.cli.help.CommandHelp;
import io.redoubt.dist.client.ClientConnection;
import io.redoubt.dist.client.Target;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The output of redis-cli on a terminal while a user types. */
final class InteractiveCliIT {
  private static final String CTRL_C = "\u0003";
  private static final String CTRL_D = "\u0004";
  private static final String CTRL_U = "\u0015";
  private static final String UP = "\u001b[A";

  @RegisterExtension private final Nodes nodes = new Nodes();
  @TempDir private Path home;

  private NodeProcess node;

  @BeforeEach
  void start() throws Exception {
    node = nodes.server(Kind.REDOUBT);
  }

  /** Starts this project's client, or Debian's, with its own home folder. */
  private ShownProgram cli(Path program, NodeProcess server, Map<String, String> environment)
      throws IOException {
    Map<String, String> all = new HashMap<>(Map.of("HOME", home.toString()));
    all.putAll(environment);
    return ShownProgram.onTerminal(
        List.of(program.toString(), "-h", "127.0.0.1", "-p", server.port() + ""), all);
  }

  private ShownProgram cli() throws IOException {
    return cli(Distribution.HOME.resolve("bin/redis-cli"), node, Map.of());
  }

  private String prompt(String state) {
    return "127.0.0.1:" + node.port() + state + "> ";
  }

  /** Returns the text without colors and movements of the cursor. */
  private static String plain(String shown) {
    return shown.replaceAll("\u001b\\[[?0-9;]*[a-zA-Z]|\u001b[=>]", "");
  }

  /** Types a line and waits until a text and then the prompt is shown. */
  private static void run(ShownProgram cli, String line, String shown, String prompt)
      throws IOException, InterruptedException {
    cli.forget();
    cli.type(line + "\r");
    cli.await(text -> {
      String plain = plain(text);
      int at = plain.indexOf(shown, Math.min(line.length(), plain.length()));
      return at >= 0 && plain.indexOf(prompt, at + shown.length()) >= 0;
    });
  }

  @Test
  void thePromptShowsDatabaseAndTransactionAndConnection() throws Exception {
    try (ShownProgram cli = cli()) {
      cli.await(text -> plain(text).contains(prompt("")));
      run(cli, "select 3", "OK", prompt("[3]"));
      run(cli, "multi", "OK", prompt("[3](TX)"));
      run(cli, "incr n", "QUEUED", prompt("[3](TX)"));
      run(cli, "exec", "1) (integer) 1", prompt("[3]"));
      run(cli, "3 incr n", "(integer) 4", prompt("[3]"));
      run(cli, "connect 127.0.0.1 0", "Could not connect", "not connected> ");
      run(cli, "connect 127.0.0.1 " + node.port(), "", prompt("[3]"));
      run(cli, "get n", "\"4\"", prompt("[3]"));
      cli.type(CTRL_D);
      cli.awaitEnd();
    }
  }

  @Test
  void aClosedConnectionIsOpenedAgain() throws Exception {
    try (ShownProgram cli = cli();
        RespClient other = node.connect()) {
      cli.await(text -> plain(text).contains(prompt("")));
      run(cli, "select 2", "OK", prompt("[2]"));
      other.call("CLIENT", "KILL", "TYPE", "normal");
      run(cli, "set here 1", "OK", prompt("[2]"));
      assertThat(other.call("SELECT", "2").text()).isEqualTo("OK");
      assertThat(other.call("GET", "here").text()).isEqualTo("1");
    }
  }

  @Test
  void interruptsLeaveWhatWaits() throws Exception {
    try (ShownProgram cli = cli();
        RespClient other = node.connect()) {
      cli.await(text -> plain(text).contains(prompt("")));
      leave(cli, "subscribe news", "(integer) 1");
      assertThat(other.call("PUBSUB", "CHANNELS").elements()).isEmpty();
      leave(cli, "monitor", "OK");
      leave(cli, "-1 blpop nothing 0", "(error) ERR unknown command"); // -1 is not a number of runs
      cli.forget();
      cli.type("blpop nothing 0\r");
      awaitBlocked(other);
      cli.type(CTRL_C);
      cli.await(text -> plain(text).contains(prompt("")));
      run(cli, "echo back", "\"back\"", prompt(""));
      cli.type("half a line" + CTRL_C);
      run(cli, "echo again", "\"again\"", prompt(""));
      cli.type(CTRL_C);
      cli.awaitEnd();
    }
  }

  private void leave(ShownProgram cli, String command, String shown) throws Exception {
    cli.forget();
    cli.type(command + "\r");
    cli.await(text -> plain(text).contains(shown));
    if (!shown.startsWith("(error)")) {
      cli.forget();
      cli.type(CTRL_C);
    }
    cli.await(text -> plain(text).contains(prompt("")));
  }

  private static void awaitBlocked(RespClient other) {
    await().until(() -> other.call("INFO", "clients").text().contains("blocked_clients:1\r\n"));
  }

  @Test
  void hintsAreThoseOfRedis() throws Exception {
    Path debian = Kind.tool("redis-cli");
    NodeProcess real = nodes.server(Kind.REAL);
    CommandHelp help = new CommandHelp();
    try (ClientConnection connection = ClientConnection.open(target(real))) {
      help.load(connection, "real");
    }
    // Redis 7.0 counts words, so that lines with reordered options differ.
    for (String line : List.of("getex key ", "set k v ", "client pause 1 ", "zadd ", "lpos k e ")) {
      String hint = help.hint(line);
      try (ShownProgram cli = cli(debian, real, Map.of())) {
        cli.await(text -> text.contains(real.port() + "> "));
        cli.type(line);
        cli.await(text -> text.contains(line + "\u001b[0;90;49m" + hint + "\u001b[0m"));
      }
    }
  }

  private static Target target(NodeProcess server) {
    return new Target("127.0.0.1", server.port(), null, null, null, 0, 0, null);
  }

  @Test
  void hintsFollowWhatIsTyped() throws Exception {
    try (ShownProgram cli = cli()) {
      cli.await(text -> plain(text).contains(prompt("")));
      cli.forget();
      cli.type("getex key");
      cli.await(text -> plain(text).contains(" [EX seconds|PX milliseconds|"));
      cli.type(" EX");
      cli.await(text -> plain(text).contains(" seconds"));
      run(cli, " 100", "(nil)", prompt(""));
    }
  }

  @Test
  void namesAreCompleted() throws Exception {
    try (ShownProgram cli = cli()) {
      cli.await(text -> plain(text).contains(prompt("")));
      cli.forget();
      cli.type("pfad\t");
      cli.await(text -> plain(text).contains("pfadd "));
      cli.type(CTRL_U);
      cli.forget();
      cli.type("help @hyper\t");
      cli.await(text -> plain(text).contains("hyperloglog"));
      run(cli, "", "PFCOUNT", prompt(""));
      cli.forget();
      cli.type("CLIENT GETN\t\r");
      cli.await(text -> plain(text).contains("(nil)"));
    }
  }

  @Test
  void theHistoryIsKeptWithoutPasswords() throws Exception {
    Path file = home.resolve("kept");
    Map<String, String> environment = Map.of("REDISCLI_HISTFILE", file.toString());
    Path program = Distribution.HOME.resolve("bin/redis-cli");
    try (ShownProgram cli = cli(program, node, environment)) {
      cli.await(text -> plain(text).contains(prompt("")));
      run(cli, "auth topsecret", "(error)", prompt(""));
      run(cli, "ACL setuser u >topsecret", "OK", prompt(""));
      run(cli, "config set masterauth topsecret", "OK", prompt(""));
      run(cli, "hello 2 auth u topsecret", "(error)", prompt(""));
      run(cli, "auth \"topsecret", "Invalid argument(s)", prompt(""));
      run(cli, "echo \"a\\x01\"", "\"a\\x01\"", prompt(""));
      cli.type("quit\r");
      cli.awaitEnd();
    }
    assertThat(Files.readAllLines(file)).containsExactly("echo \"a\\x01\"", "quit");
    assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
    try (ShownProgram cli = cli(program, node, environment)) {
      cli.await(text -> plain(text).contains(prompt("")));
      run(cli, UP + UP, "\"a\\x01\"\r\n", prompt(""));
    }
    assertThat(home.resolve(".rediscli_history")).doesNotExist();
  }

  @Test
  void preferencesAreRead() throws Exception {
    Files.writeString(home.resolve(".redisclirc"), ":set nohints\n:set colors\nnonsense\n");
    try (ShownProgram cli = cli()) {
      String start = plain(cli.await(text -> plain(text).contains(prompt(""))));
      assertThat(start)
          .contains(".redisclirc: unknown redis-cli preference 'colors'")
          .contains(".redisclirc: unknown redis-cli internal command 'nonsense'");
      cli.forget();
      cli.type("getex ");
      cli.await(text -> plain(text).contains("getex "));
      run(cli, "key", "(nil)", prompt(""));
      assertThat(cli.await(_ -> true)).doesNotContain("EXAT");
      run(cli, ":set hints", "", prompt(""));
      cli.forget();
      cli.type("getex ");
      cli.await(text -> plain(text).contains("key [EX seconds|PX"));
    }
  }
}
