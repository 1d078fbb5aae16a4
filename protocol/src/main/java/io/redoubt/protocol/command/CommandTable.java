package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.Request;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The commands of a server by name. Names may be changed (rename-command) after all groups were
 * added.
 */
public final class CommandTable<C extends Invocation> {
  private final NameIndex<Command<C>> byName = new NameIndex<>();
  private final Map<String, Command<C>> original = new LinkedHashMap<>();
  private final List<Command<C>> numbered = new ArrayList<>();

  /**
   * Adds the commands of groups. A container declared by several groups gets the subcommands of
   * all; the first declaration counts.
   *
   * @throws IllegalArgumentException for a name declared twice
   */
  @SafeVarargs
  public final void add(CommandGroup<? super C>... groups) {
    for (CommandGroup<? super C> group : groups) {
      addGroup(group);
    }
  }

  @SuppressWarnings(
      "unchecked") // a handler of a supertype runs a C as well; Command only ever consumes its C
  private void addGroup(CommandGroup<? super C> group) {
    for (Command<?> declared : group.commands()) {
      var command = (Command<C>) declared;
      Command<C> known = original.get(command.name());
      if (known == null) {
        original.put(command.name(), command);
        byName.put(command.name(), command);
        number(command);
        command.subcommands().forEach(this::number);
      } else if (known.isContainer() && command.isContainer()) {
        for (Command<C> subcommand : command.subcommands()) {
          if (known.sub(subcommand.shortName()) == null || !subcommand.shortName().equals("help")) {
            known.adopt(subcommand);
            number(subcommand);
          }
        }
      } else {
        throw new IllegalArgumentException(command.name() + " is declared twice");
      }
    }
  }

  private void number(Command<C> command) {
    command.number(numbered.size());
    numbered.add(command);
  }

  /**
   * The command that a request names: the subcommand where the first word names a container and the
   * second a subcommand of it. Case does not matter. Allocates nothing.
   *
   * @param request at least one word
   * @return null when the command is unknown, or the subcommand of a container: {@link #unknown}
   *     tells the error
   */
  public @Nullable Command<C> find(Request request) {
    Command<C> command = byName.find(request, 0);
    if (command == null || !command.isContainer() || request.count() == 1) {
      return command;
    }
    return command.sub(request);
  }

  /** The error reply for a request that {@link #find} found nothing for. */
  public CommandError unknown(Request request) {
    return Errors.unknown(request, byName.find(request, 0));
  }

  /**
   * The command, or with {@code container|subcommand} the subcommand, of that current name; null
   * when there is none.
   */
  public @Nullable Command<C> byName(String name) {
    return lookup(byName.byName(), name);
  }

  /** Like {@link #byName(String)} with the names before any renaming, as ACL rules use them. */
  public @Nullable Command<C> byOriginalName(String name) {
    return lookup(original, name);
  }

  private @Nullable Command<C> lookup(Map<String, Command<C>> names, String name) {
    int bar = name.indexOf('|');
    String first = (bar < 0 ? name : name.substring(0, bar)).toLowerCase(Locale.ROOT);
    Command<C> command = names.get(first);
    return command == null || bar < 0 ? command : command.sub(name.substring(bar + 1));
  }

  /**
   * Gives a command another name.
   *
   * @param from the current name, any case
   * @param to the new one; empty takes the command away
   * @throws IllegalArgumentException when there is no such command, or the new name is taken
   */
  public void rename(String from, String to) {
    Command<C> command = byName.find(from);
    if (command == null) {
      throw new IllegalArgumentException("No such command in rename-command");
    }
    if (!to.isEmpty() && byName.find(to) != null) {
      throw new IllegalArgumentException("Target command name already exists");
    }
    byName.remove(from);
    if (!to.isEmpty()) {
      byName.put(to, command);
    }
  }

  /**
   * The commands that have a name, containers without their subcommands, in order of declaration.
   */
  public Collection<Command<C>> all() {
    return Collections.unmodifiableCollection(byName.values());
  }

  /** All commands and subcommands by {@link Command#id()}, also those renamed away. */
  public List<Command<C>> numbered() {
    return Collections.unmodifiableList(numbered);
  }

  /** CONFIG RESETSTAT: the counts of all commands to zero. */
  public void resetStatistics() {
    numbered.forEach(Command::resetStatistics);
  }
}
