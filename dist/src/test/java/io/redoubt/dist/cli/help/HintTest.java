package io.redoubt.dist.cli.help;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.dist.cli.help.HelpArgument.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HintTest {
  private static HelpArgument argument(Kind kind, String text, String token, String flags) {
    return new HelpArgument(
        text,
        kind,
        token,
        flags.contains("o"),
        flags.contains("m"),
        flags.contains("t"),
        List.of());
  }

  private static HelpArgument value(String name, String flags) {
    return argument(Kind.VALUE, name, "", flags);
  }

  private static HelpArgument token(String token, String flags) {
    return argument(Kind.TOKEN, "", token, flags);
  }

  private static HelpArgument group(Kind kind, String token, String flags, HelpArgument... parts) {
    return new HelpArgument(
        "",
        kind,
        token,
        flags.contains("o"),
        flags.contains("m"),
        flags.contains("t"),
        List.of(parts));
  }

  private static CommandDoc doc(HelpArgument... arguments) {
    return new CommandDoc("TEST", "", "", "", List.of(arguments));
  }

  private static final CommandDoc SET =
      doc(
          value("key", ""),
          value("value", ""),
          group(Kind.CHOICE, "", "o", token("NX", ""), token("XX", "")),
          token("GET", "o"),
          group(
              Kind.CHOICE,
              "",
              "o",
              argument(Kind.VALUE, "seconds", "EX", ""),
              token("KEEPTTL", "")));

  private static final CommandDoc SORT =
      doc(
          value("key", ""),
          group(Kind.SEQUENCE, "LIMIT", "o", value("offset", ""), value("count", "")),
          argument(Kind.VALUE, "pattern", "GET", "omt"),
          argument(Kind.VALUE, "key", "PREFIX", "om"));

  private static final CommandDoc HSET =
      doc(value("key", ""), group(Kind.SEQUENCE, "", "m", value("field", ""), value("value", "")));

  private static final CommandDoc XADD =
      doc(
          token("NOMKSTREAM", "o"),
          group(Kind.CHOICE, "", "", token("*", ""), value("id", "")),
          value("end", "o"));

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "''; key value [NX|XX] [GET] [EX seconds|KEEPTTL]",
        "k; value [NX|XX] [GET] [EX seconds|KEEPTTL]",
        "k v; [NX|XX] [GET] [EX seconds|KEEPTTL]",
        "k v get; [NX|XX] [EX seconds|KEEPTTL]",
        "k v EX; seconds [NX|XX] [GET]",
        "k v EX 1; [NX|XX] [GET]",
        "k v keepttl xx get; ''"
      })
  void optionsComeInAnyOrder(String typed, String hint) {
    assertThat(Hint.after(SET, words(typed))).isEqualTo(hint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "''; key [LIMIT offset count] [GET pattern [GET pattern ...]] [PREFIX key [key ...]]",
        "k LIMIT; offset count [GET pattern [GET pattern ...]] [PREFIX key [key ...]]",
        "k LIMIT 1; count [GET pattern [GET pattern ...]] [PREFIX key [key ...]]",
        "k GET; pattern [GET pattern ...] [LIMIT offset count] [PREFIX key [key ...]]",
        "k GET p; [GET pattern ...] [LIMIT offset count] [PREFIX key [key ...]]",
        "k GET p GET q LIMIT 1 2; [PREFIX key [key ...]]",
        "k PREFIX a b; [key ...] [LIMIT offset count] [GET pattern [GET pattern ...]]"
      })
  void tokensStandBeforeValues(String typed, String hint) {
    assertThat(Hint.after(SORT, words(typed))).isEqualTo(hint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "k; field value [field value ...]",
        "k f; value [field value ...]",
        "k f v; [field value ...]",
        "k f v g; value [field value ...]"
      })
  void sequencesAreRepeated(String typed, String hint) {
    assertThat(Hint.after(HSET, words(typed))).isEqualTo(hint);
  }

  @Test
  void aMandatoryArgumentPassesOptionalOnes() {
    assertThat(Hint.after(XADD, words("7"))).isEqualTo("[end]");
    assertThat(Hint.after(XADD, words("nomkstream"))).isEqualTo("*|id [end]");
    assertThat(Hint.after(XADD, words("* x"))).isEmpty();
  }

  @Test
  void wordsThatDoNotFitHaveNoHint() {
    assertThat(Hint.after(SET, words("k v WRONG"))).isNull();
    assertThat(Hint.after(XADD, words("* x y"))).isNull();
  }

  private static List<String> words(String typed) {
    return typed.isEmpty() ? List.of() : List.of(typed.split(" ", -1));
  }
}
