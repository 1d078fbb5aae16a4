package io.redoubt.protocol.command;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The commands of one group, each declared as one field above its method:
 *
 * <pre>{@code
 * final Command<Call> hset = command("HSET key (field value)...")
 *         .does("Sets fields of a hash, creating the hash when there is none.")
 *         .since("2.0.0").costs("O(N), N the number of pairs")
 *         .is(WRITE, DENYOOM, FAST)
 *         .keys(RW, UPDATE)
 *         .runs(HashCommands::hset);
 * }</pre>
 *
 * Arity, key positions, ACL categories and documentation follow from the usage line, the flags and
 * the group; what does not is stated.
 *
 * @param <C> what the handlers work on
 */
public abstract class CommandGroup<C extends Invocation> {
  private final Group group;
  private final Map<String, Command<C>> commands = new LinkedHashMap<>();

  /** A group whose commands are listed there. */
  protected CommandGroup(Group group) {
    this.group = group;
  }

  /** The commands in order of declaration, containers without their subcommands. */
  public final List<Command<C>> commands() {
    return Collections.unmodifiableList(new ArrayList<>(commands.values()));
  }

  /**
   * Begins the declaration of a command, or of a subcommand when its first word was declared by
   * {@link #container}.
   *
   * @param usage the usage line, see the grammar of {@code Usage}: the command's name, then
   *     literals in capitals, arguments in lower case, {@code []} for optional, {@code ()} for
   *     groups, {@code |} between alternatives, {@code ...} after what repeats
   */
  protected final Builder<C> command(String usage) {
    String[] words = usage.strip().split("\\s+", 3);
    Command<C> container = commands.get(words[0].toLowerCase(Locale.ROOT));
    if (container != null && container.isContainer()) {
      return new Builder<>(this, usage, container, false);
    }
    return new Builder<>(this, usage, null, false);
  }

  /**
   * Begins the declaration of a command with subcommands; end it by {@link Builder#holds()}, or
   * runs when it also does something alone.
   */
  protected final Builder<C> container(String usage) {
    return new Builder<>(this, usage, null, true);
  }

  private void add(Command<C> command, @Nullable Command<C> container) {
    if (container != null) {
      container.adopt(command);
    } else if (commands.put(command.name(), command) != null) {
      throw new IllegalArgumentException(command.name() + " is declared twice");
    }
  }

  /** A declaration under way. */
  public static final class Builder<C extends Invocation> {
    private final CommandGroup<C> owner;
    private final String usage;
    private final @Nullable Command<C> container;
    private final boolean isContainer;
    private final List<Argument> arguments;
    private final int nameWords;
    private final List<KeySpec> specs = new ArrayList<>();
    private final List<Integer> derivedKeys = new ArrayList<>();
    private final List<String> history = new ArrayList<>();
    private List<String> tips = List.of();
    private String summary = "";
    private String since = "1.0.0";
    private String complexity = "O(1)";
    private @Nullable String deprecatedSince;
    private @Nullable String replacedBy;
    private @Nullable String helpSince;
    private @Nullable String keyNote;
    private @Nullable MovableKeys movable;
    private @Nullable ChannelSpec channels;
    private @Nullable Integer arity;
    private @Nullable Integer stated;
    private long flags;

    private Builder(
        CommandGroup<C> owner, String usage, @Nullable Command<C> container, boolean isContainer) {
      this.owner = owner;
      this.usage = usage.strip();
      this.container = container;
      this.isContainer = isContainer;
      this.nameWords = container == null ? 1 : 2;
      this.arguments = Usage.arguments(this.usage, nameWords);
    }

    /** What it does, one sentence. */
    public Builder<C> does(String text) {
      summary = text;
      return this;
    }

    /** The version of Redis that brought it. */
    public Builder<C> since(String version) {
      since = version;
      return this;
    }

    /** What it costs. */
    public Builder<C> costs(String text) {
      complexity = text;
      return this;
    }

    /** Its flags. */
    public Builder<C> is(Flag... all) {
      for (Flag flag : all) {
        flags |= flag.bit();
      }
      return this;
    }

    /**
     * What it does to its keys. The keys are found in the usage line: arguments called {@code key},
     * {@code key1}, {@code newkey}, {@code source}, {@code destination} and the like, and those
     * counted by {@code numkeys}. Called several times, each call stands for the next of them; the
     * last call covers all that directly follow.
     */
    public Builder<C> keys(KeyFlag first, KeyFlag... more) {
      derivedKeys.add(first.bit() | KeyFlag.mask(more));
      return this;
    }

    /** A remark of COMMAND INFO on the keys found in the usage line. */
    public Builder<C> keyNote(String text) {
      keyNote = text;
      return this;
    }

    /** Where its keys are, when the usage line cannot tell. */
    public Builder<C> keys(KeySpec... explicit) {
      specs.addAll(List.of(explicit));
      return this;
    }

    /** How to find its keys, when specs cannot tell. */
    public Builder<C> keys(MovableKeys finder) {
      movable = finder;
      return this;
    }

    /** Which of its arguments are channels. */
    public Builder<C> channels(ChannelSpec spec) {
      channels = spec;
      return this;
    }

    /** The number of words, when it is not what the usage line says. */
    public Builder<C> arity(int words) {
      arity = words;
      return this;
    }

    /** The ACL categories in place of the group's; those of flags come in any case. */
    public Builder<C> categories(Category... all) {
      int bits = 0;
      for (Category category : all) {
        bits |= category.bit();
      }
      stated = bits;
      return this;
    }

    private Builder<C> inCategories(@Nullable Integer bits) {
      stated = bits;
      return this;
    }

    /** One change of the past. */
    public Builder<C> history(String version, String change) {
      history.add(version);
      history.add(change);
      return this;
    }

    /** Deprecated since that version, in favour of what is named. */
    public Builder<C> deprecated(String version, String instead) {
      deprecatedSince = version;
      replacedBy = instead;
      return this;
    }

    /** Hints to clients, such as {@code nondeterministic_output}. */
    public Builder<C> tips(String... all) {
      tips = List.of(all);
      return this;
    }

    /** A container's own HELP subcommand, which came with that version. */
    public Builder<C> help(String version) {
      helpSince = version;
      return this;
    }

    /** Ends the declaration of a command that does something. */
    public Command<C> runs(Handler<? super C> handler) {
      return build(handler::run);
    }

    /** Ends the declaration of a container that does nothing by itself. */
    public Command<C> holds() {
      return build(null);
    }

    private Command<C> build(@Nullable Handler<C> handler) {
      if (!isContainer && handler == null) {
        throw new IllegalArgumentException(usage + ": only a container may do nothing");
      }
      var keyBinding = new KeyBinding(arguments, nameWords, derivedKeys);
      specs.addAll(0, keyBinding.specs());
      String note = keyNote;
      if (note != null) {
        specs.replaceAll(spec -> spec.note(note));
      }
      var keySpecs =
          specs.isEmpty() && movable == null ? KeySpecs.NONE : new KeySpecs(specs, movable);
      long mask = flags | (keySpecs.isMovable() ? Flag.MOVABLEKEYS.bit() : 0);
      var docs =
          new CommandDocs(
              usage,
              summary,
              since,
              owner.group,
              complexity,
              deprecatedSince,
              replacedBy,
              List.copyOf(history),
              tips,
              keyBinding.arguments());
      var command =
          new Command<C>(
              name(),
              arityOfUsage(),
              mask,
              categories(mask),
              keySpecs,
              channels,
              docs,
              handler,
              isContainer);
      owner.add(command, container);
      if (helpSince != null) {
        owner
            .command(command.name().toUpperCase(Locale.ROOT) + " HELP")
            .does("Returns helpful text about the different subcommands.")
            .since(helpSince)
            .is(Flag.LOADING, Flag.STALE)
            .inCategories(stated)
            .runs(CommandReplies::help);
      }
      return command;
    }

    private String name() {
      String[] words = usage.split("\\s+", 3);
      String name = words[0].toLowerCase(Locale.ROOT);
      return container == null ? name : name + "|" + words[1].toLowerCase(Locale.ROOT);
    }

    private int arityOfUsage() {
      if (arity != null) {
        return arity;
      }
      return isContainer ? -2 : Usage.arity(arguments, nameWords);
    }

    private int categories(long mask) {
      int bits = stated != null ? stated : isContainer ? 0 : owner.group.categories();
      boolean scripting = (bits & Category.SCRIPTING.bit()) != 0;
      if (has(mask, Flag.WRITE)) {
        bits |= Category.WRITE.bit();
      }
      if (has(mask, Flag.READONLY) && !scripting) {
        bits |= Category.READ.bit();
      }
      if (has(mask, Flag.ADMIN)) {
        bits |= Category.ADMIN.bit() | Category.DANGEROUS.bit();
      }
      if (has(mask, Flag.PUBSUB)) {
        bits |= Category.PUBSUB.bit();
      }
      if (has(mask, Flag.BLOCKING)) {
        bits |= Category.BLOCKING.bit();
      }
      return bits | (has(mask, Flag.FAST) ? Category.FAST.bit() : Category.SLOW.bit());
    }

    private static boolean has(long mask, Flag flag) {
      return (mask & flag.bit()) != 0;
    }
  }
}
