package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.Request;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A command as declared, and what it has cost so far. Made once per server (declarations are fields
 * of a {@link CommandGroup} instance), so that several servers in one process count apart. Used by
 * the server's loop only.
 *
 * @param <C> what its handler works on
 */
public final class Command<C> {
  private final String name;
  private final int arity;
  private final long flags;
  private final int categories;
  private final KeySpecs keySpecs;
  private final @Nullable ChannelSpec channels;
  private final CommandDocs docs;
  private final @Nullable Handler<C> handler;
  private final @Nullable NameIndex<Command<C>> subcommands;
  private @Nullable Command<C> container;
  private int id = -1;

  private long calls;
  private long nanoseconds;
  private @Nullable Durations durations;
  private long rejectedCalls;
  private long failedCalls;

  Command(
      String name,
      int arity,
      long flags,
      int categories,
      KeySpecs keySpecs,
      @Nullable ChannelSpec channels,
      CommandDocs docs,
      @Nullable Handler<C> handler,
      boolean isContainer) {
    this.name = name;
    this.arity = arity;
    this.flags = flags;
    this.categories = categories;
    this.keySpecs = keySpecs;
    this.channels = channels;
    this.docs = docs;
    this.handler = handler;
    this.subcommands = isContainer ? new NameIndex<>() : null;
  }

  /** The full name in lower case; a subcommand's is {@code container|subcommand}. */
  public String name() {
    return name;
  }

  /** The last part of the name: {@code id} of {@code client|id}. */
  public String shortName() {
    return name.substring(name.indexOf('|') + 1);
  }

  /**
   * The number of words of a request, the name's included; negative when it is the least number.
   */
  public int arity() {
    return arity;
  }

  /** Whether a request may have so many words. */
  public boolean accepts(int words) {
    return arity >= 0 ? words == arity : words >= -arity;
  }

  /** The flags as bits, see {@link Flag#bit()}. */
  public long flags() {
    return flags;
  }

  /** Whether the command has the flag. */
  public boolean has(Flag flag) {
    return (flags & flag.bit()) != 0;
  }

  /** The ACL categories as bits, see {@link Category#bit()}. */
  public int categories() {
    return categories;
  }

  /** Whether the command is in the category. */
  public boolean isIn(Category category) {
    return (categories & category.bit()) != 0;
  }

  /** Where its keys stand. */
  public KeySpecs keySpecs() {
    return keySpecs;
  }

  /** Which of its arguments are channels to be checked, or null. */
  public @Nullable ChannelSpec channels() {
    return channels;
  }

  /**
   * Where in a request the first argument of one of these names stands when everything optional is
   * left out; 0 when there is none.
   */
  public int positionOf(Set<String> names) {
    int at = name.contains("|") ? 2 : 1;
    return positionOf(names, docs.arguments(), at);
  }

  private static int positionOf(Set<String> names, List<Argument> arguments, int start) {
    int at = start;
    for (Argument argument : arguments) {
      if (argument.optional()) {
        continue;
      }
      if (names.contains(argument.name())) {
        return at;
      }
      int within = positionOf(names, argument.parts(), at);
      if (within != 0) {
        return within;
      }
      at += argument.leastWords();
    }
    return 0;
  }

  /** The first key's argument, 0 for none. */
  public int firstKey() {
    return keySpecs.first();
  }

  /** The last key's argument, negative when counted from the end, 0 for none. */
  public int lastKey() {
    return keySpecs.last();
  }

  /** The distance from key to key. */
  public int keyStep() {
    return keySpecs.step();
  }

  /** What COMMAND DOCS tells. */
  public CommandDocs docs() {
    return docs;
  }

  /**
   * What it does.
   *
   * @throws IllegalStateException for a container that does nothing by itself
   */
  public Handler<C> handler() {
    if (handler == null) {
      throw new IllegalStateException(name + " does nothing by itself");
    }
    return handler;
  }

  /** Whether it can be run without a subcommand. */
  public boolean isRunnable() {
    return handler != null;
  }

  /** Whether it has subcommands. */
  public boolean isContainer() {
    return subcommands != null;
  }

  /** The container of a subcommand, otherwise null. */
  public @Nullable Command<C> container() {
    return container;
  }

  /** The subcommand that a request's second word names, or null. */
  public @Nullable Command<C> sub(Request request) {
    return subcommands == null || request.count() < 2 ? null : subcommands.find(request, 1);
  }

  /** The subcommand of that name (its last part, any case), or null. */
  public @Nullable Command<C> sub(String subname) {
    return subcommands == null ? null : subcommands.find(subname);
  }

  /** The subcommands in order of declaration. */
  public Collection<Command<C>> subcommands() {
    return subcommands == null
        ? List.of()
        : Collections.unmodifiableCollection(subcommands.values());
  }

  /**
   * A small number of its own within a {@link CommandTable}, subcommands included: the bit of the
   * ACL.
   *
   * @throws IllegalStateException before it was added to a table
   */
  public int id() {
    if (id < 0) {
      throw new IllegalStateException(name + " is in no table");
    }
    return id;
  }

  void number(int newId) {
    id = newId;
  }

  void adopt(Command<C> subcommand) {
    if (subcommands == null) {
      throw new IllegalArgumentException(name + " is no container");
    }
    subcommand.container = this;
    if (subcommands.put(subcommand.shortName(), subcommand) != null) {
      throw new IllegalArgumentException(subcommand.name + " is declared twice");
    }
  }

  /** Counts runs and the nanoseconds that they took together. */
  public void countCalls(int runs, long nanos) {
    calls += runs;
    nanoseconds += nanos;
    durations().add(runs, runs == 1 ? nanos : nanos / Math.max(runs, 1));
  }

  /** How long the runs took; of runs that were measured together, their mean. */
  public Durations durations() {
    Durations kept = durations;
    if (kept == null) {
      kept = new Durations();
      durations = kept;
    }
    return kept;
  }

  /** Counts a request that was refused before it ran. */
  public void countRejected() {
    rejectedCalls++;
  }

  /** Counts a run that ended in an error; {@link #countCalls} counts it too. */
  public void countFailed() {
    failedCalls++;
  }

  /** Runs so far. */
  public long calls() {
    return calls;
  }

  /** Time in all runs, in microseconds. */
  public long microseconds() {
    return nanoseconds / 1000;
  }

  /** Requests refused before they ran. */
  public long rejectedCalls() {
    return rejectedCalls;
  }

  /** Runs that ended in an error. */
  public long failedCalls() {
    return failedCalls;
  }

  /** CONFIG RESETSTAT: all counts to zero. */
  public void resetStatistics() {
    calls = 0;
    nanoseconds = 0;
    durations = null;
    rejectedCalls = 0;
    failedCalls = 0;
  }

  @Override
  public String toString() {
    return name;
  }
}
