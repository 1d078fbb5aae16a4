package io.redoubt.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The expected results were taken from redis-server 7.0.15. */
final class ArgumentsTest {

  @Test
  void servesWithoutArguments() {
    assertThat(parse()).isEqualTo(new Arguments(Arguments.Job.SERVE, false, null, false, ""));
  }

  @Test
  void parsesAFileAndOptions() {
    Arguments arguments = parse("redis.conf", "--port", "7000", "--save", "60", "1", "--hz", "20");

    assertThat(arguments.configFile()).isEqualTo(Path.of("redis.conf").toAbsolutePath());
    assertThat(arguments.options().lines().map(String::strip))
        .containsExactly("port \"7000\"", "save \"60\" \"1\"", "hz \"20\"");
  }

  @Test
  void acceptsAValueThatStartsWithHyphens() {
    assertThat(lines("--requirepass", "--abc", "--port", "-5"))
        .containsExactly("requirepass \"--abc\"", "port \"-5\"");
  }

  @Test
  void acceptsSaveAndSentinelWithoutValue() {
    assertThat(lines("--save", "--port", "1")).containsExactly("save \"\"", "port \"1\"");
    assertThat(lines("--port", "1", "--save")).containsExactly("port \"1\"", "save \"\"");
    assertThat(lines("--save", "")).containsExactly("save \"\"");
    assertThat(lines("--sentinel", "--port", "1")).contains("port \"1\"").hasSize(2);
    assertThat(parse("x.conf", "--sentinel").sentinel()).isTrue();
    assertThat(parse("x.conf", "--sentinel").options().strip()).isEmpty();
  }

  @Test
  void keepsANameWithoutValueAsAnError() {
    assertThat(lines("--port")).containsExactly("port");
    assertThat(lines("--port", "1", "--hz")).containsExactly("port \"1\"", "hz");
  }

  @Test
  void splitsAnOptionThatHoldsItsValue() {
    assertThat(lines("--port 7000", "--hz", "20")).containsExactly("port 7000", "hz \"20\"");
    assertThat(lines("--port 7000 --hz 20")).containsExactly("port 7000 --hz 20");
  }

  @Test
  void startsALineAfterAnOptionWithoutHyphens() {
    assertThat(lines("x.conf", "loglevel", "verbose", "--maxmemory '700mb'", "--hz", "20"))
        .containsExactly("\"loglevel\" \"verbose\"", "maxmemory '700mb'", "hz \"20\"");
  }

  @Test
  void takesOneHyphenForAValue() {
    Arguments arguments = parse("-p", "123");

    assertThat(arguments.configFile()).isNull();
    assertThat(arguments.options().strip()).isEqualTo("\"-p\" \"123\"");
  }

  @Test
  void quotesValuesWithSpecialCharacters() {
    assertThat(lines("--requirepass", "a b", "c\"d"))
        .containsExactly("requirepass \"a b\" \"c\\\"d\"");
  }

  @Test
  void readsStandardInput() {
    assertThat(parse("-").standardInput()).isTrue();
    assertThat(parse("x.conf", "-").standardInput()).isTrue();
    assertThat(parse("x.conf", "--hz", "20", "-").standardInput()).isTrue();
    assertThat(parse("x.conf", "--hz", "20", "-").options().strip()).isEqualTo("hz \"20\"");
    assertThat(parse("-", "--port", "1").standardInput()).isTrue();
    assertThat(lines("--port", "7913", "-", "--hz", "1"))
        .containsExactly("port \"7913\" \"-\"", "hz \"1\"");
  }

  @Test
  void ignoresAnEmptyFirstArgument() {
    assertThat(parse("", "--port", "1").configFile()).isNull();
    assertThat(lines("", "--port", "1")).containsExactly("port \"1\"");
  }

  @Test
  void recognizesOtherJobs() {
    assertThat(parse("-v").job()).isEqualTo(Arguments.Job.VERSION);
    assertThat(parse("--version").job()).isEqualTo(Arguments.Job.VERSION);
    assertThat(parse("-h").job()).isEqualTo(Arguments.Job.HELP);
    assertThat(parse("--help").job()).isEqualTo(Arguments.Job.HELP);
    assertThat(parse("--check-system").job()).isEqualTo(Arguments.Job.CHECK_SYSTEM);
    assertThat(parse("--test-memory", "100").job()).isEqualTo(Arguments.Job.TEST_MEMORY);
    assertThat(parse("x.conf", "-v").job()).isEqualTo(Arguments.Job.SERVE);
  }

  @Test
  void checksTheConfigurationThatWouldBeUsed() {
    Arguments check = parse("--check-config", "/etc/x.yaml", "--port", "7000", "-");
    assertThat(check)
        .isEqualTo(
            new Arguments(
                Arguments.Job.CHECK_CONFIG,
                false,
                Path.of("/etc/x.yaml"),
                true,
                parse("--port", "7000").options()));
    assertThat(parse("--check-config").configFile()).isNull();
  }

  @Test
  void recognizesASentinelByTheProgramName() {
    assertThat(Arguments.parse("/usr/bin/redis-sentinel", "x.conf").sentinel()).isTrue();
    assertThat(parse("x.conf").sentinel()).isFalse();
  }

  private static Arguments parse(String... words) {
    return Arguments.parse("redis-server", words);
  }

  private static List<String> lines(String... words) {
    return parse(words).options().lines().map(String::strip).toList();
  }
}
