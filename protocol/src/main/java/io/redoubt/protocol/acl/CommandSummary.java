package io.redoubt.protocol.acl;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules by which ACL LIST, ACL GETUSER and the ACL file show which commands a selector allows.
 * They follow from the allowed commands alone, as in Redis 7.0: however a user came about, equal
 * permissions read alike, and rules that had no effect do not pile up.
 *
 * <p>After {@code +@all} or {@code -@all} come categories, always the one next that fits best, and
 * then the single commands that the categories leave wrong.
 */
final class CommandSummary {
  private final CommandTable<?> table;
  private final CommandRules rules;

  /** True if the text starts with {@code -@all} and adds. */
  private final boolean adds;

  /** The permissions of the text so far. */
  private final CommandRules described;

  /** The permissions, less the categories in the text so far. */
  private final CommandRules rest;

  private final StringBuilder text = new StringBuilder();

  CommandSummary(CommandTable<?> table, CommandRules rules) {
    this.table = table;
    this.rules = rules;
    adds = !rules.allowsFutureCommands();
    described = new CommandRules(table);
    described.setAll(!adds);
    rest = new CommandRules(rules);
  }

  String text() {
    text.append(adds ? "-@all" : "+@all");
    if (!rules.allowsAll()) {
      addCategories();
      addCommands();
    }
    return text.toString();
  }

  private void addCategories() {
    Set<Category> left = EnumSet.allOf(Category.class);
    for (Category next = best(left); next != null; next = best(left)) {
      left.remove(next);
      described.category(next, adds);
      rest.category(next, !adds);
      text.append(adds ? " +@" : " -@").append(next.label());
    }
  }

  /**
   * The category with the fewest commands that it would get wrong, of those that get most right;
   * null when none is worth while. Of equals the one that gets more right, then the first.
   */
  private @Nullable Category best(Set<Category> left) {
    Category best = null;
    int leastWrong = 0;
    int mostRight = 0;
    for (Category category : left) {
      int right = 0;
      int wrong = 0;
      for (Command<?> command : table.numbered()) {
        if (command.isIn(category)) {
          boolean fits = rest.allows(command) == adds;
          right += fits ? 1 : 0;
          wrong += fits ? 0 : 1;
        }
      }
      boolean better =
          best == null || wrong < leastWrong || (wrong == leastWrong && right > mostRight);
      if (right > wrong && better) {
        best = category;
        leastWrong = wrong;
        mostRight = right;
      }
    }
    return best;
  }

  /** Containers come before their subcommands, which they change. */
  private void addCommands() {
    for (Command<?> command : table.numbered()) {
      if (command.container() == null) {
        addCommand(command);
        if (command.isContainer()) {
          command.subcommands().forEach(this::addCommand);
        }
      }
    }
  }

  private void addCommand(Command<?> command) {
    boolean allowed = rules.allows(command);
    if (allowed != described.allows(command)) {
      described.set(command, allowed);
      text.append(allowed ? " +" : " -").append(command.name());
    }
    if (!allowed) {
      for (String word : rules.firstArguments(command)) {
        text.append(" +").append(command.name()).append('|').append(word);
      }
    }
  }
}
