package io.redoubt.dist.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.dist.cli.session.OutputForm;
import io.redoubt.dist.client.UsageException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CliOptionsTest {

  private static CliOptions parse(String... words) throws UsageException {
    return CliOptions.parse(List.of(words), Map.of());
  }

  @Test
  void theCommandStartsAtTheFirstWordThatIsNoOption() throws Exception {
    CliOptions options = parse("-p", "7000", "--csv", "set", "-p", "1");
    assertThat(options.target().port()).isEqualTo(7000);
    assertThat(options.form).isEqualTo(OutputForm.CSV);
    assertThat(options.command).containsExactly("set", "-p", "1");
  }

  @Test
  void uriNamesEverything() throws Exception {
    CliOptions options = parse("-u", "redis://me:p%40ss+@example.org:7000/5", "ping");
    assertThat(options.target().host()).isEqualTo("example.org");
    assertThat(options.target().port()).isEqualTo(7000);
    assertThat(options.target().user()).isEqualTo("me");
    assertThat(options.target().password()).isEqualTo("p@ss+");
    assertThat(options.target().database()).isEqualTo(5);
    assertThat(options.warnsOfPassword()).isTrue();
  }

  @Test
  void thePasswordOfTheEnvironmentIsNotWarnedOf() throws Exception {
    CliOptions options = CliOptions.parse(List.of("ping"), Map.of("REDISCLI_AUTH", "secret"));
    assertThat(options.target().password()).isEqualTo("secret");
    assertThat(options.warnsOfPassword()).isFalse();
    assertThat(parse("-a", "x", "--no-auth-warning").warnsOfPassword()).isFalse();
  }

  @Test
  void jsonChoosesResp3UnlessTheProtocolIsGiven() throws Exception {
    assertThat(parse("--json").target().protocol()).isEqualTo(3);
    assertThat(parse("-2", "--json").target().protocol()).isEqualTo(2);
  }

  @Test
  void refusesWhatItDoesNotHave() {
    assertThatThrownBy(() -> parse("--cluster")).hasMessageContaining("bad number of args");
    assertThatThrownBy(() -> parse("-u", "http://h")).hasMessage("Invalid URI scheme");
    assertThatThrownBy(() -> parse("--count", "0")).hasMessageContaining("from 1 to");
    assertThatThrownBy(() -> parse("--cert", "/nonexistent")).hasMessageContaining("can't read");
    assertThatThrownBy(() -> parse("--nonsense")).hasMessageContaining("'--nonsense'");
    assertThatThrownBy(() -> parse("-p")).hasMessageContaining("'-p'");
    assertThatThrownBy(() -> parse("-n", "one")).hasMessageContaining("'one'");
    assertThatThrownBy(() -> parse("-p", "65536")).hasMessage("Invalid server port.");
    assertThatThrownBy(() -> parse("-x", "-X", "t")).hasMessageContaining("mutually exclusive");
  }

  @Test
  void uriOfTlsEncrypts() throws Exception {
    assertThat(parse("-u", "rediss://h").target().tls()).isNotNull();
    assertThat(parse("-u", "redis://h").target().tls()).isNull();
  }

  @Test
  void modesTakeTheirValues() throws Exception {
    CliOptions options = parse("--scan", "--quoted-pattern", "\"a\\x00*\"", "--count", "7");
    assertThat(options.special).isEqualTo(CliOptions.Special.SCAN);
    assertThat(options.pattern).containsExactly('a', 0, '*');
    assertThat(options.count).isEqualTo(7);
    assertThat(parse("--rdb", "-").specialFile).isEqualTo("-");
    assertThat(parse("-h").special).isEqualTo(CliOptions.Special.HELP);
  }

  @Test
  void quotedInputIsUnescaped() throws Exception {
    assertThat(parse("--quoted-input", "get", "\"a\\x00\"").arguments()[1]).containsExactly('a', 0);
    assertThatThrownBy(() -> parse("--quoted-input", "\"a").arguments())
        .isInstanceOf(UsageException.class);
  }

  @Test
  void debuggingNeedsAScript() throws Exception {
    assertThatThrownBy(() -> parse("--ldb", "ping")).hasMessageContaining("require --eval");
    assertThat(parse("--ldb", "--eval", "a.lua").debugKeepsChanges).isFalse();
    assertThat(parse("--eval", "a.lua", "--ldb-sync-mode", "k").debugKeepsChanges).isTrue();
  }
}
