package io.redoubt.protocol.acl;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.resp.Request;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The commands that a selector permits: one bit per command. The rules as given are not kept:
 * {@link CommandSummary} derives rules that lead to the same bits.
 */
final class CommandRules {
  private final CommandTable<?> table;
  private long[] allowed;
  private boolean all;
  private boolean base;
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
    other.firstArguments.forEach((id, words) -> firstArguments.put(id, new ArrayList<>(words)));
  }

  /** Returns true if every command is permitted, including future ones. */
  boolean allowsAll() {
    return all;
  }

  /** Returns true if future commands are permitted: the rules began with {@code +@all}. */
  boolean allowsFutureCommands() {
    return base;
  }

  boolean allows(Command<?> command, Request request) {
    if (all || allows(command)) {
      return true;
    }
    if (firstArguments.isEmpty() || request.count() < 2) {
      return false;
    }
    for (String word : firstArguments(command)) {
      if (request.is(1, word)) {
        return true;
      }
    }
    return false;
  }

  /** Returns true if the command is allowed whatever its arguments. */
  boolean allows(Command<?> command) {
    int id = command.id();
    return id >> 6 < allowed.length ? (allowed[id >> 6] & 1L << id) != 0 : base;
  }

  /**
   * Returns the first arguments with which a command is permitted that is not permitted as a whole.
   */
  List<String> firstArguments(Command<?> command) {
    return firstArguments.getOrDefault(command.id(), List.of());
  }

  void setAll(boolean allow) {
    all = allow;
    base = allow;
    Arrays.fill(allowed, allow ? -1L : 0L);
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
    category(category, allow);
  }

  /** Allows or refuses the commands of a category, containers with all their subcommands. */
  void category(Category category, boolean allow) {
    for (Command<?> command : table.numbered()) {
      if (command.isIn(category)) {
        set(command, allow);
      }
    }
  }

  /**
   * Applies {@code +name}, {@code +container|sub}, {@code +name|firstargument}, or the same with a
   * minus.
   */
  void command(String name, boolean allow) throws AclRuleException {
    Command<?> command = table.byOriginalName(name);
    if (command != null) {
      set(command, allow);
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
    if (whole.isContainer()) {
      throw unknown();
    }
    String word = rest.toLowerCase(Locale.ROOT);
    List<String> words = firstArguments.computeIfAbsent(whole.id(), unused -> new ArrayList<>());
    if (!words.contains(word)) {
      words.add(word);
    }
  }

  private static AclRuleException unknown() {
    return new AclRuleException("Unknown command or category name in ACL");
  }

  /** Allows or refuses a command, a container with its subcommands. */
  void set(Command<?> command, boolean allow) {
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

  String describe() {
    return new CommandSummary(table, this).text();
  }
}
