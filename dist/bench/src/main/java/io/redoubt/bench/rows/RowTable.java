package io.redoubt.bench.rows;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.bench.rows.Row.Load;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The rows of {@code benchmark cpu --all}, read from {@code rows.txt}. The lines of that file:
 *
 * <ul>
 *   <li>{@code script NAME = TEXT}: a script, loaded before each group; {@code text NAME = TEXT}:
 *       another text. Lines that start with a blank continue it
 *   <li>{@code without COMMAND...}: commands that need no row
 *   <li>{@code group TITLE}: starts with an empty server; the following lines prepare it, wherever
 *       they stand in the group
 *   <li>{@code once COMMAND}, {@code each COUNT COMMAND}, {@code grow COUNT COMMAND + ARGUMENTS},
 *       {@code capture NAME COMMAND}, {@code listen COUNT COMMAND | ...}: see {@link RowGroup.Kind}
 *   <li>{@code range COUNT}: the range of random numbers in the rows that follow
 *   <li>{@code row [OPTIONS] TITLE = COMMAND | ...}: a row, with 50 clients and P=16. Options:
 *       {@code P=1,16}, {@code c=10} (clients), {@code range=}, {@code ops=} (operations of a run),
 *       {@code refill} (prepare again before each run), {@code +} (also P=1), {@code x} (crossed: 1
 *       to 2000 clients, and P=1, 16, 100)
 * </ul>
 *
 * <p>Placeholders: {@code <9>} is a text of nine bytes, {@code %NAME} a script or text, {@code
 * %%NAME} its SHA-1, {@code @NAME} a captured reply, {@code *9(TEXT)} repeats a text, and {@code #}
 * is twelve digits: a random number in a row, the number of the element in a preparation, where
 * also {@code ~} is that number without leading zeros, {@code ?} twelve scattered digits and {@code
 * ^} one.
 */
public final class RowTable {
  private static final String FILE = "rows.txt";
  private static final int CLIENTS = 50;
  private static final int PIPELINE = 16;
  private static final int RANGE = 100_000;

  /** One client to thousands, and the depths of pipelines, of the rows marked {@code x}. */
  private static final List<Load> CROSSED =
      List.of(
          new Load(1, 1),
          new Load(1, 16),
          new Load(50, 1),
          new Load(50, 16),
          new Load(50, 100),
          new Load(500, 1),
          new Load(500, 16),
          new Load(2000, 1),
          new Load(2000, 16));

  private static final Pattern OPTIONS = Pattern.compile("\\[([^\\]]*)\\] ");
  private static final Pattern REPEATED = Pattern.compile("\\*(\\d+)\\(([^)]*)\\)");

  private final Map<String, String> texts = new HashMap<>();
  private final List<String> scripts = new ArrayList<>();
  private final Set<String> without = new LinkedHashSet<>();
  private final List<RowGroup> groups = new ArrayList<>();
  private String text = "";
  private int range = RANGE;

  private RowTable() {}

  /** Reads the table of this module. */
  public static RowTable read() throws IOException {
    try (InputStream lines = RowTable.class.getResourceAsStream(FILE)) {
      return parse(new String(Objects.requireNonNull(lines).readAllBytes(), UTF_8));
    }
  }

  /**
   * Parses a table.
   *
   * @throws IllegalArgumentException if a line is none of the known forms
   */
  static RowTable parse(String lines) {
    RowTable table = new RowTable();
    for (String line : lines.lines().toList()) {
      try {
        table.add(line);
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw new IllegalArgumentException(FILE + ": " + line, e);
      }
    }
    return table;
  }

  private void add(String line) {
    if (line.isBlank() || line.startsWith("#")) {
      return;
    }
    if (line.startsWith(" ")) {
      texts.merge(text, line.substring(1), (first, next) -> first + "\n" + next);
      return;
    }
    String[] words = line.split(" ", 2);
    String rest = words[1];
    switch (words[0]) {
      case "script", "text" -> {
        String[] parts = rest.split(" = ", 2);
        text = parts[0];
        texts.put(text, parts[1]);
        if (words[0].equals("script")) {
          scripts.add(text);
        }
      }
      case "without" -> without.addAll(List.of(rest.split(" ")));
      case "group" -> {
        groups.add(new RowGroup(rest, new ArrayList<>(), new ArrayList<>()));
        range = RANGE;
      }
      case "range" -> range = Integer.parseInt(rest);
      case "row" -> groups.getLast().rows().add(row(rest));
      default -> groups.getLast().steps().add(step(words[0], rest));
    }
  }

  private static RowGroup.Step step(String kind, String rest) {
    String[] parts = rest.split(" ", 2);
    return switch (kind) {
      case "once" -> new RowGroup.Step(RowGroup.Kind.ONCE, 1, "", rest);
      case "each" ->
          new RowGroup.Step(RowGroup.Kind.EACH, Integer.parseInt(parts[0]), "", parts[1]);
      case "grow" ->
          new RowGroup.Step(RowGroup.Kind.GROW, Integer.parseInt(parts[0]), "", parts[1]);
      case "listen" ->
          new RowGroup.Step(RowGroup.Kind.LISTEN, Integer.parseInt(parts[0]), "", parts[1]);
      case "capture" -> new RowGroup.Step(RowGroup.Kind.CAPTURE, 1, parts[0], parts[1]);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  private Row row(String line) {
    String unmarked = line;
    List<Integer> pipelines = List.of(PIPELINE);
    List<Load> loads = List.of();
    int clients = CLIENTS;
    int rowRange = range;
    int operations = Row.BY_TIME;
    boolean refill = false;
    if (OPTIONS.matcher(line).lookingAt()) {
      unmarked = line.substring(line.indexOf(']') + 2);
      for (String option : line.substring(1, line.indexOf(']')).split(" ")) {
        String value = option.substring(option.indexOf('=') + 1);
        switch (option.substring(0, option.length() - value.length())) {
          case "P=" -> pipelines = Arrays.stream(value.split(",")).map(Integer::valueOf).toList();
          case "c=" -> clients = Integer.parseInt(value);
          case "range=" -> rowRange = Integer.parseInt(value);
          case "ops=" -> operations = Integer.parseInt(value);
          default -> {
            switch (option) {
              case "refill" -> refill = true;
              case "+" -> pipelines = List.of(1, PIPELINE);
              case "x" -> loads = CROSSED;
              default -> throw new IllegalArgumentException(option);
            }
          }
        }
      }
    }
    if (loads.isEmpty()) {
      int count = clients;
      loads = pipelines.stream().map(pipeline -> new Load(count, pipeline)).toList();
    }
    int equals = unmarked.indexOf(" = ");
    String request = unmarked.substring(equals + 3);
    return new Row(
        unmarked.substring(0, equals), loads, commands(request), rowRange, operations, refill);
  }

  /** Splits a text into commands, with repetitions written out. */
  public static List<String> commands(String request) {
    String all = REPEATED.matcher(request).replaceAll(RowTable::repeat);
    return Arrays.stream(all.split(" \\| ")).map(String::strip).toList();
  }

  private static String repeat(MatchResult found) {
    return String.join(" ", Collections.nCopies(Integer.parseInt(found.group(1)), found.group(2)));
  }

  /** Returns the groups in their order. */
  public List<RowGroup> groups() {
    return groups;
  }

  /** Returns the scripts. */
  public List<String> scripts() {
    return scripts.stream().map(name -> Objects.requireNonNull(texts.get(name))).toList();
  }

  /** Returns the scripts and other texts by name. */
  public Map<String, String> texts() {
    return texts;
  }

  /**
   * Returns those of the given commands that have no row and need one.
   *
   * @param commands names as in {@code COMMAND LIST}, such as {@code client|list}
   */
  public List<String> missing(List<String> commands) {
    Set<String> named = new LinkedHashSet<>();
    for (RowGroup group : groups) {
      for (Row row : group.rows()) {
        for (String command : row.request()) {
          String[] words = command.toUpperCase(Locale.ROOT).split(" ");
          named.add(words[0]);
          named.add(words.length > 1 ? words[0] + "|" + words[1] : words[0]);
        }
      }
    }
    return commands.stream()
        .map(name -> name.toUpperCase(Locale.ROOT))
        .filter(name -> !named.contains(name) && !name.endsWith("|HELP"))
        .filter(name -> !without.contains(name) && !without.contains(name.split("\\|")[0]))
        .sorted()
        .toList();
  }
}
