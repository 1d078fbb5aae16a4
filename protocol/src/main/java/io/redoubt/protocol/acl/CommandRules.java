package io.redoubt.protocol.acl;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.resp.Request;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The commands that a selector permits: one bit per command, and the rules as given, for display. A
 * rule on a command replaces earlier ones on it and on its subcommands.
 */
final class CommandRules {
  private final CommandTable<?> table;
  private long[] allowed;
  private boolean all;
  private boolean base;
  private final Map<String, Boolean> rules = new LinkedHashMap<>();
  private final Map<Integer, List<String>> firstArguments = new HashMap<>();

  CommandRules(CommandTable<?> table) {
    this.table = table;
    this.allowed = new long[table.numbered().size() / Long.SIZE + 1];
  }

  CommandRules(CommandRules other) {
    table = other.table;
    allowed = other.allowed.clone();
    all = other.all;
    base = other.base;
    rules.putAll(other.rules);
    other.firstArguments.forEach((id, words) -> firstArguments.put(id, new ArrayList<>(words)));
  }

  /** Returns true if every command is permitted, including future ones. */
  boolean allowsAll() {
    return all;
  }

  boolean allows(Command<?> command, Request request) {
    if (all || bit(command)) {
      return true;
    }
    if (firstArguments.isEmpty() || request.count() < 2) {
      return false;
    }
    List<String> words = firstArguments.get(command.id());
    if (words != null) {
      for (String word : words) {
        if (request.is(1, word)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean bit(Command<?> command) {
    int id = command.id();
    return id >> 6 < allowed.length ? (allowed[id >> 6] & 1L << id) != 0 : base;
  }

  void setAll(boolean allow) {
    all = allow;
    base = allow;
    Arrays.fill(allowed, allow ? -1L : 0L);
    rules.clear();
    firstArguments.clear();
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
      boolean isChange = !allow || !all;
      set(command, allow);
      command.subcommands().forEach(subcommand -> set(subcommand, allow));
      if (isChange) {
        record(command.name(), allow);
      }
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
    if (whole.isContainer()) {
      throw unknown();
    }
    String rest = name.substring(bar + 1);
    if (rest.isEmpty()) {
      throw new AclRuleException("Syntax error");
    }
    String word = rest.toLowerCase(Locale.ROOT);
    List<String> words = firstArguments.computeIfAbsent(whole.id(), unused -> new ArrayList<>());
    if (!words.contains(word)) {
      words.add(word);
    }
    record(whole.name() + "|" + word, true);
  }

  private static AclRuleException unknown() {
    return new AclRuleException("Unknown command or category name in ACL");
  }

  private void set(Command<?> command, boolean allow) {
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
    firstArguments.remove(id);
  }

  private void record(String rule, boolean allow) {
    if (rule.indexOf('|') < 0) {
      rules.keySet().removeIf(each -> each.startsWith(rule + "|"));
    }
    rules.remove(rule);
    rules.put(rule, allow);
  }

  String describe() {
    var text = new StringBuilder(base ? "+@all" : "-@all");
    rules.forEach((rule, allow) -> text.append(allow ? " +" : " -").append(rule));
    return text.toString();
  }
}
