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
 * The commands of a server by name. Commands may be renamed (rename-command) after all groups were
 * added.
 */
public final class CommandTable<C extends Invocation> {
  private final NameIndex<Command<C>> byName = new NameIndex<>();
  private final Map<String, Command<C>> original = new LinkedHashMap<>();
  private final List<Command<C>> numbered = new ArrayList<>();

  /**
   * Adds the commands of groups. A container declared by several groups gets the subcommands of
   * all; its first declaration applies.
   *
   * @throws IllegalArgumentException if a name is declared twice
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

  /** Parses all usage lines in advance instead of at the first use. May be called on any thread. */
  public void derive() {
    numbered.forEach(Command::derive);
  }

  private void number(Command<C> command) {
    command.setNumber(numbered.size());
    numbered.add(command);
  }

  /**
   * Returns the command that a request names; the subcommand if the first argument names a
   * container and the second one of its subcommands. Ignores case and allocates nothing.
   *
   * @param request a request of at least one argument
   * @return null if the command is unknown, or the subcommand of a container is; {@link #unknown}
   *     returns the error
   */
  public @Nullable Command<C> find(Request request) {
    Command<C> command = byName.find(request, 0);
    if (command == null || !command.isContainer() || request.count() == 1) {
      return command;
    }
    return command.sub(request);
  }

  /** Returns the error reply for a request whose command was not found. */
  public CommandError unknown(Request request) {
    return Errors.unknown(request, byName.find(request, 0));
  }

  /**
   * Returns the command of the current name, or with {@code container|subcommand} the subcommand;
   * null if there is none.
   */
  public @Nullable Command<C> byName(String name) {
    return lookup(byName.byName(), name);
  }

  /**
   * Returns the command like {@link #byName(String)}, by its name before any renaming, as used in
   * ACL rules.
   */
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
   * Renames a command.
   *
   * @param from the current name, any case
   * @param to the new name; empty disables the command
   * @throws IllegalArgumentException if the command does not exist or the new name is taken
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
   * Returns the commands that have a name, containers without their subcommands, in order of
   * declaration.
   */
  public Collection<Command<C>> all() {
    return Collections.unmodifiableCollection(byName.values());
  }

  /** Returns all commands and subcommands by {@link Command#id()}, including disabled ones. */
  public List<Command<C>> numbered() {
    return Collections.unmodifiableList(numbered);
  }

  /** Sets whether the durations of further calls are counted in histograms; they are at first. */
  public void setTracksDurations(boolean tracks) {
    numbered.forEach(command -> command.setTracksDurations(tracks));
  }

  /** Resets the statistics of all commands, as CONFIG RESETSTAT does. */
  public void resetStatistics() {
    numbered.forEach(Command::resetStatistics);
  }
}
