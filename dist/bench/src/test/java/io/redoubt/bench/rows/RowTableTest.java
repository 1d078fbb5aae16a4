package io.redoubt.bench.rows;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.bench.rows.Row.Load;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class RowTableTest {
  @Test
  void readsItsOwnTable() throws Exception {
    List<Row> rows =
        RowTable.read().groups().stream().flatMap(group -> group.rows().stream()).toList();
    assertThat(rows).hasSizeGreaterThan(400);
    assertThat(rows).extracting(Row::title).doesNotHaveDuplicates();
    assertThat(rows.stream().flatMap(row -> row.loads().stream()))
        .extracting(Load::clients)
        .contains(1, 50, 500, 2000);
    assertThat(rows.stream().flatMap(row -> row.loads().stream()))
        .extracting(Load::pipeline)
        .contains(1, 16, 100);
  }

  @Test
  void readsOptionsStepsAndRows() {
    RowTable table =
        RowTable.parse(
            """
            # a comment
            script add = return 1
             + 2
            text other = a text
            without SAVE
            group sets
            grow 100 SADD set + m:#
            range 7
            row [P=1,100 c=3 ops=9 refill] SPOP of two = SPOP set | SPOP set
            row SCARD = SCARD set
            """);
    RowGroup group = table.groups().getFirst();
    assertThat(group.steps())
        .containsExactly(new RowGroup.Step(RowGroup.Kind.GROW, 100, "", "SADD set + m:#"));
    assertThat(group.rows())
        .containsExactly(
            new Row(
                "SPOP of two",
                List.of(new Load(3, 1), new Load(3, 100)),
                List.of("SPOP set", "SPOP set"),
                7,
                9,
                true),
            new Row(
                "SCARD", List.of(new Load(50, 16)), List.of("SCARD set"), 7, Row.BY_TIME, false));
    assertThat(table.scripts()).containsExactly("return 1\n+ 2");
    assertThat(table.texts()).containsEntry("other", "a text").hasSize(2);
    assertThat(table.missing(List.of("spop", "save", "get", "object|help", "client|list")))
        .containsExactly("CLIENT|LIST", "GET");
  }

  @Test
  void refusesUnknownLines() {
    assertThatThrownBy(() -> RowTable.parse("group g\nrow [y] GET = GET key"))
        .hasMessageContaining("row [y]");
    assertThatThrownBy(() -> RowTable.parse("group g\nfill 3 SET a b"))
        .hasMessageContaining("fill 3");
  }

  @Test
  void repeatsTexts() {
    assertThat(RowTable.commands("MULTI | *2(INCR a |) EXEC"))
        .containsExactly("MULTI", "INCR a", "INCR a", "EXEC");
  }

  @Test
  void replacesPlaceholders() {
    RowWords words = new RowWords(Map.of("one", "return 1"));
    words.capture("reply", new byte[] {1, 2});
    String[] set = texts(words.ofElement("SET k:# ~ <5>", 42));
    assertThat(set).startsWith("SET", "k:000000000042", "42");
    assertThat(set[3]).hasSize(5);
    assertThat(words.ofRow("RESTORE k:# 0 @reply")[3]).containsExactly(1, 2);
    assertThat(texts(words.ofRow("EVALSHA %%one k:#")))
        .containsExactly("EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "k:__rand_int__");
    assertThat(texts(words.ofElement("GEOADD g 1^.? 5", 3))[2]).matches("1\\d\\.\\d{12}");
  }

  private static String[] texts(byte[]... words) {
    return Stream.of(words).map(word -> new String(word, UTF_8)).toArray(String[]::new);
  }
}
