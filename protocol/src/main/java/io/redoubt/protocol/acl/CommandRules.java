package io.redoubt.protocol.acl;

import io.redoubt.protocol.bytes.Ascii;
import io.redoubt.protocol.bytes.Utf8;
import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.resp.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The commands that a selector permits: one bit per command, and the rules that led to the bits.
 * The rules are kept in the order in which they were given, so that a command which a later version
 * adds to a category is covered as the administrator wrote it. A rule on the same name, or on a
 * container, replaces earlier ones; {@code +@all} and {@code -@all} replace all.
 */
final class CommandRules {
  private final CommandTable<?> table;
  private long[] allowed;
  private boolean all;
  private boolean base;
  private final Map<Integer, List<String>> firstArguments = new HashMap<>();

  /** The rules after {@code +@all} or {@code -@all}, in lower case, with their signs. */
  private final List<String> rules;

  CommandRules(CommandTable<?> table) {
    this.table = table;
    this.allowed = new long[table.numbered().size() / Long.SIZE + 1];
    this.rules = new ArrayList<>();
  }

  CommandRules(CommandRules other) {
    table = other.table;
    allowed = other.allowed.clone();
    all = other.all;
    base = other.base;
    other.firstArguments.forEach((id, words) -> firstArguments.put(id, new ArrayList<>(words)));
    rules = new ArrayList<>(other.rules);
  }

  /** Returns true if every command is permitted, including future ones. */
  boolean allowsAll() {
    return all;
  }

  boolean allows(Command<?> command, Request request) {
    if (all || allows(command)) {
      return true;
    }
    if (firstArguments.isEmpty() || request.count() < 2) {
      return false;
    }
    for (String word : firstArguments.getOrDefault(command.id(), List.of())) {
      if (request.is(1, word)) {
        return true;
      }
    }
    return false;
  }

  /** Returns true if the command is allowed with any arguments. */
  boolean allows(Command<?> command) {
    int id = command.id();
    return id >> 6 < allowed.length ? (allowed[id >> 6] & 1L << id) != 0 : base;
  }

  void setAll(boolean allow) {
    all = allow;
    base = allow;
    Arrays.fill(allowed, allow ? -1L : 0L);
    firstArguments.clear();
    rules.clear();
  }

  /** Applies {@code +@name} or {@code -@name}. */
  void category(String name, boolean allow) throws AclRuleException {
    if (name.equalsIgnoreCase("all")) {
      setAll(allow);
      return;
    }
    Category category = Category.named(name);
    if (category == null) {
      throw unknown();
    }
    for (Command<?> command : table.numbered()) {
      if (command.isIn(category)) {
        set(command, allow);
      }
    }
    record("@" + category.label(), allow);
  }

  /**
   * Applies {@code +name}, {@code +container|sub}, {@code +name|firstargument}, or the same with a
   * minus.
   */
  void command(String name, boolean allow) throws AclRuleException {
    Command<?> command = table.byOriginalName(name);
    if (command != null) {
      set(command, allow);
      record(command.name(), allow);
      return;
    }
    int bar = name.lastIndexOf('|');
    Command<?> whole = bar < 0 ? null : table.byOriginalName(name.substring(0, bar));
    if (whole == null || !allow) {
      throw unknown();
    }
    if (whole.container() != null) {
      throw new AclRuleException("Allowing first-arg of a subcommand is not supported");
    }
    String rest = name.substring(bar + 1);
    if (rest.isEmpty()) {
      throw new AclRuleException("Syntax error");
    }
    Selector.checkPattern(rest); // Redis accepts white space, and its ACL file then has more rules
    if (whole.isContainer()) {
      throw unknown();
    }
    String word = lower(rest);
    List<String> words = firstArguments.computeIfAbsent(whole.id(), unused -> new ArrayList<>());
    String bytes = new String(Utf8.encode(word), StandardCharsets.ISO_8859_1);
    if (!words.contains(bytes)) {
      words.add(bytes);
    }
    record(whole.name() + '|' + word, true);
  }

  /** Returns the text with ASCII letters in lower case. */
  private static String lower(String text) {
    var lower = new StringBuilder(text);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      lower.setCharAt(i, c < 128 ? (char) Ascii.lower(c) : c);
    }
    return lower.toString();
  }

  private void record(String name, boolean allow) {
    rules.removeIf(rule ->
        rule.startsWith(name, 1)
            && (rule.length() == name.length() + 1 || rule.charAt(name.length() + 1) == '|'));
    rules.add((allow ? "+" : "-") + name);
  }

  private static AclRuleException unknown() {
    return new AclRuleException("Unknown command or category name in ACL");
  }

  /** Allows or refuses a command, a container with its subcommands. */
  private void set(Command<?> command, boolean allow) {
    setBit(command, allow);
    firstArguments.remove(command.id());
    if (command.isContainer()) {
      command.subcommands().forEach(subcommand -> setBit(subcommand, allow));
    }
  }

  private void setBit(Command<?> command, boolean allow) {
    int id = command.id();
    if (id >> 6 >= allowed.length) {
      int known = allowed.length;
      allowed = Arrays.copyOf(allowed, (id >> 6) + 1);
      Arrays.fill(allowed, known, allowed.length, base ? -1L : 0L);
    }
    if (allow) {
      allowed[id >> 6] |= 1L << id;
    } else {
      allowed[id >> 6] &= ~(1L << id);
      all = false;
    }
  }

  /** Returns the rules as ACL LIST, ACL GETUSER and the ACL file show them. */
  String describe() {
    var text = new StringBuilder(base ? "+@all" : "-@all");
    rules.forEach(rule -> text.append(' ').append(rule));
    return text.toString();
  }
}
