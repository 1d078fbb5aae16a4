package io.redoubt.server.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.command.CommandFacts;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Compares {@code doc/newer-commands.md} with the command table. */
final class NewerCommandsPageTest {
  private static final Path PAGE = Path.of("../doc/newer-commands.md");

  /** A cell with a command and options only. */
  private static final Pattern COMMAND = Pattern.compile("`[A-Z -]+`( `[A-Z-]+[0-9]?`)*");

  private static final Pattern CODE = Pattern.compile("`([^`]*)`");
  private static final Pattern STATUS =
      Pattern.compile("(here|missing|(refused|superseded): .+)(, .+)?");

  /**
   * A row of a table.
   *
   * @param command the name as in COMMAND DOCS
   */
  private record Row(String command, List<String> options, String status) {
    boolean isHere() {
      return status.startsWith("here");
    }
  }

  private final List<Row> rows = new ArrayList<>();
  private final Set<String> own = new TreeSet<>();

  private void read() throws IOException {
    String section = "";
    for (String line : Files.readAllLines(PAGE)) {
      if (line.startsWith("## ")) {
        section = line;
      }
      boolean isRow = line.startsWith("| ") && !line.startsWith("| command");
      if (!isRow || section.equals("## Sentinel")) {
        continue;
      }
      String[] cells = line.substring(2, line.length() - 2).split(" \\| ");
      List<String> words = new ArrayList<>();
      for (Matcher code = CODE.matcher(cells[0]); code.find(); ) {
        words.add(code.group(1));
      }
      if (section.equals("## Redoubt's own")) {
        own.add(name(words.getFirst()));
        continue;
      }
      assertThat(cells).as(line).hasSize(3);
      assertThat(cells[2]).matches(STATUS);
      if (COMMAND.matcher(cells[0]).matches()) {
        rows.add(new Row(name(words.getFirst()), words.subList(1, words.size()), cells[2]));
      }
    }
  }

  private static String name(String words) {
    return words.toLowerCase(Locale.ROOT).replace(' ', '|');
  }

  private static boolean hasOption(String facts, String option) {
    return facts.contains("token=" + option + ",") || facts.contains("token=" + option + "}");
  }

  @Test
  void saysWhatIsHere() throws Exception {
    read();
    Map<String, String> table;
    try (RedisServer server = TestServers.start()) {
      table = CommandFacts.of(server.port());
    }
    var described = new TreeSet<String>();
    for (Row row : rows) {
      String facts = table.get(row.command);
      if (row.isHere()) {
        assertThat(facts).as(row.command).isNotNull();
        row.options.forEach(
            each -> assertThat(hasOption(facts, each)).as("%s %s", row.command, each).isTrue());
        described.add(row.command);
      } else if (row.options.isEmpty()) {
        assertThat(facts).as(row.command).isNull();
      } else {
        assertThat(facts).as(row.command).isNotNull();
        row.options.forEach(
            each -> assertThat(hasOption(facts, each)).as("%s %s", row.command, each).isFalse());
      }
    }
    assertThat(table.keySet()).containsAll(own);
    Set<String> known = new TreeSet<>(described);
    known.addAll(own);
    assertThat(known).containsAll(CommandFactsTest.NEWER);
    assertThat(CommandFactsTest.NEWER).containsAll(own);
    assertThat(described).containsAll(CommandFactsTest.WITH_NEWER_OPTIONS);
  }
}
