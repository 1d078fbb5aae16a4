package io.redoubt.server.settings;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.ConfToYaml;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.Mistake;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations in YAML: reading, positions of mistakes, CONFIG REWRITE. */
final class YamlConfigTest {
  @TempDir private Path directory;
  private final ServerDirectives settings = new ServerDirectives();
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = directory.resolve("redis.yaml");
  }

  private void load(String text) throws Exception {
    Files.writeString(file, text);
    settings.load(file, new byte[0], "");
  }

  private String get(String name) {
    return settings.get(List.of(name)).get(name);
  }

  private void set(String... namesAndValues) throws Exception {
    settings.set(List.of(namesAndValues), true);
  }

  private String rewritten() throws Exception {
    settings.rewrite();
    return Files.readString(file);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "save: 3600 1 300 100",
        "save: [3600, 1, 300, 100]",
        "save: [3600 1, 300 100]",
        "save:\n  - 3600 1\n  - 300 100",
        "save:\n- [3600, 1]\n- [300, 100]",
        "save: {3600: 1, 300: 100}",
        "save:\n  3600: 1\n  300: 100",
        "\"save\": !!str 3600 1 300 100",
        "save: [&hour 3600, 1, 300, 100]\ntimeout: *hour",
      })
  void takesArgumentsInAnyForm(String text) throws Exception {
    load(text);
    assertThat(get("save")).isEqualTo("3600 1 300 100");
  }

  @Test
  void splitsPlainTextsOnly() throws Exception {
    load("requirepass: 'two words ${HOME}'\nlogfile: \"a ${HOME}\"\nappendonly: true\n");
    assertThat(get("requirepass")).isEqualTo("two words ${HOME}");
    assertThat(get("logfile")).isEqualTo("a " + System.getenv("HOME"));
    assertThat(get("appendonly")).isEqualTo("yes");
    assertThatThrownBy(() -> load("requirepass: two words\n"))
        .isInstanceOf(FatalConfigError.class)
        .hasMessage("wrong number of arguments");
  }

  @Test
  void takesValuesFromTheEnvironment() throws Exception {
    load("requirepass: pw-${HOME}\n");
    assertThat(get("requirepass")).isEqualTo("pw-" + System.getenv("HOME"));
    set("maxmemory", "100mb");
    assertThat(rewritten()).startsWith("requirepass: pw-${HOME}\n").doesNotContain("pw-/");
  }

  @Test
  void makesALineOfEachItem() throws Exception {
    load(
        """
        user:
          alice: on >a ~* +@all
          bob: [on, '>b c', '~*', +@all]
        rename-command:
          - CONFIG ''
          - [FLUSHALL, NONE]
        """);
    assertThat(settings.common.user.words())
        .containsExactly(
            List.of("alice", "on", ">a", "~*", "+@all"),
            List.of("bob", "on", ">b c", "~*", "+@all"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "port: abc | 1 | 7 | argument couldn't be parsed into an integer",
        "timeout: 1\\n\\nappendonly: maybe | 3 | 13 | argument must be 'yes' or 'no'",
        "maxmemry: 1 | 1 | 11 | Bad directive or wrong number of arguments",
        "port: 1\\nport: 2 | 2 | 1 | the name occurs twice: port",
        "port: [1, 2 | 1 | 12 | expected ',' or ']', but got <stream end>",
        "port: | 1 | 6 | a value is missing; an empty one is written as ''",
        "- port | 1 | 1 | a mapping of names to arguments is expected",
        "dir: ${NO_SUCH_NAME} | 1 | 6 | the environment has no variable NO_SUCH_NAME",
        "save:\\n  - 60 1\\n  - x | 2 | 3 | Invalid save parameters",
        "\\tport: 1 | 1 | 1 | found character '\\t(TAB)' that cannot start any token. (Do not use"
            + " \\t(TAB) for indentation)",
      })
  void tellsThePlaceOfAMistake(String text, int row, int column, String reason) throws Exception {
    Files.writeString(file, text.replace("\\n", "\n").replace("\\t", "\t"));

    List<Mistake> mistakes = settings.mistakes(file, new byte[0], "");

    assertThat(mistakes).hasSize(1);
    assertThat(mistakes.getFirst().text())
        .startsWith(file + ":" + row + ":" + column + ": ")
        .contains(reason);
  }

  @Test
  void findsAllMistakesOfBothForms() throws Exception {
    Path included = directory.resolve("more.conf");
    Files.writeString(included, "port x\nhz 10\nappendonly x\n");
    Files.writeString(file, "hz: x\ninclude: " + included + "\ntimeout: -1\n");
    assertThat(settings.mistakes(file, new byte[0], "").stream().map(Mistake::text))
        .hasSize(4)
        .anyMatch(text -> text.startsWith(file + ":1:5: 'hz x'"))
        .anyMatch(text -> text.startsWith(included + ":1:1: 'port x'"))
        .anyMatch(text -> text.startsWith(included + ":3:1: 'appendonly x'"))
        .anyMatch(text -> text.startsWith(file + ":3:10: 'timeout -1'"));
    assertThat(settings.common.port.value()).isEqualTo(6379);
  }

  @Test
  void placesMistakesOfTheOptionsBehindAFile() throws Exception {
    Files.writeString(file, "hz: 10\n");
    assertThat(settings.mistakes(file, new byte[0], "port x").stream().map(Mistake::text))
        .singleElement()
        .asString()
        .startsWith("options:2:1: 'port x'");
  }

  @Test
  void keepsCommentsWhenRewritten() throws Exception {
    load(
        """
        # my server
        port: 7000   # of the test
        save:
          # every hour
          - 3600 1
        timeout: 5
        bind: [127.0.0.1, -::1]
        """);
    set("timeout", "6", "save", "60 5", "maxmemory", "1gb", "requirepass", "a'b \"c");

    assertThat(rewritten())
        .isEqualTo(
            """
            # my server
            port: 7000   # of the test
            # every hour
            save: [60, 5]
            timeout: 6
            bind: [127.0.0.1, '-::1']
            # Generated by CONFIG REWRITE
            generated:
              - 'requirepass "a''b \\"c"'
              - 'maxmemory 1gb'
            """
                .replace("'-::1'", "-::1"));
    assertThat(rewritten()).isEqualTo(Files.readString(file));
    ServerDirectives again = new ServerDirectives();
    again.load(file, new byte[0], "");
    assertThat(again.get(List.of("*"))).isEqualTo(settings.get(List.of("*")));
  }

  @Test
  void writesEveryDirective() throws Exception {
    load("# empty\n");
    set("maxmemory", "3gb", "notify-keyspace-events", "KEA", "save", "", "bind", "127.0.0.1");
    settings.rewriteEveryDirective();

    ServerDirectives again = new ServerDirectives();
    again.load(file, new byte[0], "");

    Map<String, String> all = again.get(List.of("*"));
    assertThat(all).isEqualTo(settings.get(List.of("*")));
    assertThat(Files.readString(file)).contains("generated:").contains("maxmemory 3gb");
  }

  /**
   * Compares each active line of the shipped file as a pair, and several lines of one name as a
   * list.
   */
  @Test
  void meansTheSameAsAFileOfRedis() throws Exception {
    Path conf = Path.of("../conf/redis.conf");
    ServerDirectives redis = new ServerDirectives();
    redis.load(conf.toAbsolutePath(), new byte[0], "");

    String yaml = ConfToYaml.convert(Files.readString(conf));
    assertThat(yaml.lines().count()).isGreaterThan(100);
    load(yaml);

    assertThat(settings.get(List.of("*"))).isEqualTo(redis.get(List.of("*")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2.8", "3.0", "3.2", "4.0", "5.0", "6.0", "6.2", "7.0", "7.2"})
  void meansTheSameAsStockFiles(String version) throws Exception {
    String text;
    try (InputStream in = getClass().getResourceAsStream("active-lines-" + version + ".conf")) {
      text = new String(Objects.requireNonNull(in).readAllBytes(), UTF_8);
    }
    Path conf = Files.writeString(directory.resolve("redis.conf"), text);
    ServerDirectives redis = new ServerDirectives();
    redis.load(conf, new byte[0], "");

    load(ConfToYaml.convert(text));

    assertThat(settings.get(List.of("*"))).isEqualTo(redis.get(List.of("*")));
  }

  @Test
  void explainsADirectiveThatIsRefused() throws Exception {
    Files.writeString(file, "port: 1\nsave:\n  - 900 1\n  - 60 x\n");
    assertThat(settings.mistakes(file, new byte[0], "").getFirst().text())
        .startsWith(
            file + ":3:3: 'save 900 1 60 x': Invalid save parameters\n  Hint: save: Save the");
  }

  @Test
  void refusesToRemoveALineInBraces() throws Exception {
    load("{port: 7000, requirepass: x}\n");
    set("requirepass", "");
    assertThatThrownBy(this::rewritten)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("braces");
    assertThat(Files.readString(file)).isEqualTo("{port: 7000, requirepass: x}\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"redis.yaml", "redis.conf"})
  void takesASecretFromAFileAndNeverWritesIt(String name) throws Exception {
    file = directory.resolve(name);
    Files.writeString(directory.resolve("password"), "top secret\n");
    String colon = name.endsWith("yaml") ? ":" : "";
    load("dir%s %s\nrequirepass-file%s password\n".formatted(colon, directory, colon));
    assertThat(get("requirepass")).isEqualTo("top secret");
    set("timeout", "9", "requirepass-file", "password");
    assertThatThrownBy(() -> set("requirepass-file", "other"))
        .hasMessageContaining("can't be changed at run time; set requirepass");

    assertThat(rewritten()).contains("timeout 9").doesNotContain("top secret");
    Files.delete(directory.resolve("password"));
    assertThatThrownBy(() -> settings.load(file, new byte[0], ""))
        .isInstanceOf(FatalConfigError.class)
        .hasMessageContaining("password': No such file or directory");
    Files.writeString(directory.resolve("password"), " \n");
    assertThatThrownBy(() -> settings.load(file, new byte[0], ""))
        .isInstanceOf(FatalConfigError.class)
        .hasMessageContaining("password' is empty");
  }

  @Test
  void endsWithAnErrorForHostileTexts() throws Exception {
    String bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c < 'k'; c++) {
      bomb += "%c: &%c [%s]\n".formatted(c, c, ("*" + (char) (c - 1) + ",").repeat(9));
    }
    for (String text :
        List.of(
            bomb,
            "save: &s [1, *s]\n",
            "save: &s {*s : 1}\n",
            "[".repeat(100_000),
            "save: " + "[".repeat(1_000) + "]".repeat(1_000),
            "a: !!java.lang.ProcessBuilder [['touch', '/tmp/x']]\n",
            "--- \nport: 1\n--- \nport: 2\n",
            "\u0000",
            "port: \ud800\n")) {
      Files.write(file, text.getBytes(UTF_8));
      assertThatThrownBy(() -> settings.load(file, new byte[0], ""))
          .isInstanceOf(FatalConfigError.class);
    }
  }

  @Test
  void writesUsersOfAnyBytes() throws Exception {
    load("user:\n  - '\"a\\xff\" on'\n  - 'b on'\n");
    settings.common.user.rewrittenAs(() ->
        List.of(Users.arguments("user a\udcff on ~\udcff*"), Users.arguments("user c on ~\udcff")));

    settings.rewrite();

    ServerDirectives other = new ServerDirectives();
    other.load(file, new byte[0], "");
    assertThat(other.common.user.words())
        .containsExactly(List.of("a\udcff", "on", "~\udcff*"), List.of("c", "on", "~\udcff"));
  }
}
