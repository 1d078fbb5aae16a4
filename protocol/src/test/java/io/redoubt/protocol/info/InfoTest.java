package io.redoubt.protocol.info;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class InfoTest {
  private final Info info = new Info(this::declare);
  private boolean replica;

  private void declare(Info info) {
    info.section("Replication", "replication")
        .text("role", () -> replica ? "slave" : "master")
        .when(() -> replica)
        .number("master_port", () -> 6379)
        .flag("slave_read_only", () -> true)
        .always()
        .number("connected_slaves", () -> 2);
    info.section("CPU", "cpu").decimal("used_cpu_sys", 6, () -> 1.5);
    info.section("Commandstats", "commandstats")
        .notInDefault()
        .lines(lines -> lines.field("cmdstat_get", "calls=1").field("cmdstat_set", "calls=2"));
  }

  @Test
  void showsTheDefault() {
    String expected =
        "# Replication\r\n"
            + "role:master\r\n"
            + "connected_slaves:2\r\n\r\n"
            + "# CPU\r\n"
            + "used_cpu_sys:1.500000\r\n";

    assertThat(render()).isEqualTo(expected);
    assertThat(render("default")).isEqualTo(expected);
    assertThat(render("DEFAULT", "cpu")).isEqualTo(expected);
  }

  @Test
  void showsRequestedSectionsInTheOrderOfDeclaration() {
    assertThat(render("CPU", "replication"))
        .startsWith("# Replication\r\n")
        .endsWith("# CPU\r\nused_cpu_sys:1.500000\r\n");
    assertThat(render("commandstats"))
        .isEqualTo("# Commandstats\r\ncmdstat_get:calls=1\r\ncmdstat_set:calls=2\r\n");
    assertThat(render("nosuch")).isEmpty();
  }

  @Test
  void showsEverySection() {
    assertThat(render("all")).contains("# Commandstats").isEqualTo(render("everything"));
    assertThat(render("default", "commandstats")).isEqualTo(render("all"));
  }

  @Test
  void showsConditionalFields() {
    replica = true;

    assertThat(render("replication"))
        .isEqualTo(
            "# Replication\r\nrole:slave\r\nmaster_port:6379\r\nslave_read_only:1\r\n"
                + "connected_slaves:2\r\n");
  }

  @Test
  void passesTheNumbersThatAreShown() {
    replica = true;
    List<Section.Number> numbers = new ArrayList<>();
    info.sections().forEach(section -> section.forEachNumber(numbers::add));
    assertThat(numbers)
        .extracting(number -> number.section() + "." + number.name())
        .containsExactly(
            "replication.master_port",
            "replication.slave_read_only",
            "replication.connected_slaves",
            "cpu.used_cpu_sys");
  }

  @Test
  void addsToAnExistingSection() {
    assertThat(info.sections()).isNotEmpty(); // declares them
    info.section("CPU", "cpu").number("more", () -> 1);

    assertThat(render("cpu")).isEqualTo("# CPU\r\nused_cpu_sys:1.500000\r\nmore:1\r\n");
  }

  @Test
  void writesTextsOfAnyLengthInUtf8() {
    String text = "\u00e9".repeat(100_000);
    info.sections();
    info.section("CPU", "cpu").text("long", () -> text).number("least", () -> Long.MIN_VALUE);

    assertThat(render("cpu"))
        .endsWith("long:" + text + "\r\nleast:" + Long.MIN_VALUE + "\r\n")
        .isEqualTo(render("cpu"));
    assertThat(render("commandstats")).startsWith("# Commandstats\r\n");
  }

  private String render(String... selectors) {
    return info.render(List.of(selectors)).toString();
  }
}
