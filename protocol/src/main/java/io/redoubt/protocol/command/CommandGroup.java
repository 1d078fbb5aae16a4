package io.redoubt.protocol.command;

import io.redoubt.protocol.command.usage.UsageLine;
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
 * final Command<Call> hset = command("HSET key (field value){data}...")
 *         .does("Sets fields of a hash, creating the hash if needed.")
 *         .since("2.0.0").costs("O(N), N the number of pairs")
 *         .is(WRITE, DENYOOM, FAST)
 *         .keys(RW, UPDATE)
 *         .runs(HashCommands::hset);
 * }</pre>
 *
 * Arity, key positions, ACL categories and documentation follow from the usage line, the flags and
 * the group; exceptions are stated explicitly. A usage line is parsed when its command is first
 * used; parsing all of them at startup would take milliseconds.
 *
 * @param <C> the invocation that handlers receive
 */
public abstract class CommandGroup<C extends Invocation> {
  private static final int ARITY_OF_CONTAINERS = -2;

  private final Group group;
  private final Map<String, Command<C>> commands = new LinkedHashMap<>();

  /** Creates a group whose commands are listed under {@code group}. */
  protected CommandGroup(Group group) {
    this.group = group;
  }

  /** Returns the commands in order of declaration, containers without their subcommands. */
  public final List<Command<C>> commands() {
    return Collections.unmodifiableList(new ArrayList<>(commands.values()));
  }

  /**
   * Starts the declaration of a command, or of a subcommand if its first word was declared by
   * {@link #container}.
   *
   * @param usage the usage line, see the grammar of {@link UsageLine}: the command's name, then
   *     literals in capitals, arguments in lower case, {@code []} for optional parts, {@code ()}
   *     for groups, {@code |} between alternatives, {@code ...} after repeated parts
   */
  protected final Builder<C> command(String usage) {
    int end = usage.indexOf(' ');
    Command<C> container =
        end < 0 ? null : commands.get(usage.substring(0, end).toLowerCase(Locale.ROOT));
    if (container != null && container.isContainer()) {
      return new Builder<>(this, usage, container, false);
    }
    return new Builder<>(this, usage, null, false);
  }

  /**
   * Starts the declaration of a container of subcommands; finish it with {@link Builder#holds()},
   * or with {@link Builder#runs} if it can also run without a subcommand.
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

  /** An unfinished declaration. */
  public static final class Builder<C extends Invocation> {
    private final CommandGroup<C> owner;
    private final String usage;
    private final @Nullable Command<C> container;
    private final boolean isContainer;
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
    private @Nullable DatabaseSpec databases;
    private @Nullable SecretArguments secrets;
    private @Nullable Integer arity;
    private @Nullable Integer stated;
    private long flags;

    private Builder(
        CommandGroup<C> owner, String usage, @Nullable Command<C> container, boolean isContainer) {
      this.owner = owner;
      this.usage = usage;
      this.container = container;
      this.isContainer = isContainer;
      this.nameWords = container == null ? 1 : 2;
    }

    /** Sets the summary: one sentence on the effect. */
    public Builder<C> does(String text) {
      summary = text;
      return this;
    }

    /** Sets the version of Redis that introduced it. */
    public Builder<C> since(String version) {
      since = version;
      return this;
    }

    /** Sets the time complexity. */
    public Builder<C> costs(String text) {
      complexity = text;
      return this;
    }

    public Builder<C> is(Flag... all) {
      for (Flag flag : all) {
        flags |= flag.bit();
      }
      return this;
    }

    /**
     * Sets the access flags of keys found in the usage line: arguments named {@code key}, {@code
     * key1}, {@code newkey}, {@code source}, {@code destination} and the like, and those counted by
     * {@code numkeys}. Each call applies to the next key; the last call covers all keys that
     * directly follow.
     */
    public Builder<C> keys(KeyFlag first, KeyFlag... more) {
      derivedKeys.add(first.bit() | KeyFlag.mask(more));
      return this;
    }

    /** Sets the remark of COMMAND INFO on the keys found in the usage line. */
    public Builder<C> keyNote(String text) {
      keyNote = text;
      return this;
    }

    /** Adds key specs that the usage line cannot express. */
    public Builder<C> keys(KeySpec... explicit) {
      specs.addAll(List.of(explicit));
      return this;
    }

    /** Sets the finder of keys that key specs cannot express. */
    public Builder<C> keys(MovableKeys finder) {
      movable = finder;
      return this;
    }

    public Builder<C> channels(ChannelSpec spec) {
      channels = spec;
      return this;
    }

    /**
     * Sets the databases that it works on. Otherwise a command in the categories of data works on
     * the current one, as does any other command with keys.
     */
    public Builder<C> databases(DatabaseSpec spec) {
      databases = spec;
      return this;
    }

    /** Sets the arguments that MONITOR and the slow log mask. */
    public Builder<C> hides(SecretArguments arguments) {
      secrets = arguments;
      return this;
    }

    /** Overrides the arity that follows from the usage line. */
    public Builder<C> arity(int words) {
      arity = words;
      return this;
    }

    /**
     * Replaces the group's ACL categories. Categories that follow from flags are added in any case.
     */
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

    public Builder<C> history(String version, String change) {
      history.add(version);
      history.add(change);
      return this;
    }

    /** Marks the command as deprecated since a version and names its replacement. */
    public Builder<C> deprecated(String version, String instead) {
      deprecatedSince = version;
      replacedBy = instead;
      return this;
    }

    /** Sets hints to clients, such as {@code nondeterministic_output}. */
    public Builder<C> tips(String... all) {
      tips = List.of(all);
      return this;
    }

    /** Adds a HELP subcommand to a container, introduced in the given version. */
    public Builder<C> help(String version) {
      helpSince = version;
      return this;
    }

    /** Finishes the declaration of a command with a handler. */
    public Command<C> runs(Handler<? super C> handler) {
      return build(handler);
    }

    /** Finishes the declaration of a container that cannot be run itself. */
    public Command<C> holds() {
      return build(null);
    }

    private Command<C> build(@Nullable Handler<? super C> handler) {
      if (!isContainer && handler == null) {
        throw new IllegalArgumentException(usage + ": only a container may do nothing");
      }
      var syntax =
          new Syntax(
              usage,
              nameWords,
              arity == null && isContainer ? Integer.valueOf(ARITY_OF_CONTAINERS) : arity,
              List.copyOf(derivedKeys),
              List.copyOf(specs),
              movable,
              keyNote);
      var docs =
          new CommandDocs(
              usage,
              summary,
              new CommandDocs.Versions(since, deprecatedSince, replacedBy, List.copyOf(history)),
              owner.group,
              complexity,
              tips);
      int categories = categories(flags);
      DatabaseSpec used = databases == null ? DatabaseSpec.of(categories) : databases;
      var command =
          new Command<C>(
              name(),
              new Command.Properties(flags, categories, used, secrets),
              syntax,
              channels,
              docs,
              handler,
              isContainer);
      owner.add(command, container);
      if (helpSince != null) {
        owner
            .command(command.name().toUpperCase(Locale.ROOT) + " HELP")
            .does("Returns the help text of the subcommands.")
            .since(helpSince)
            .is(Flag.LOADING, Flag.STALE)
            .inCategories(stated)
            .runs(CommandReplies::help);
      }
      return command;
    }

    private String name() {
      String[] words = usage.split(" ", 3);
      String name = words[0].toLowerCase(Locale.ROOT);
      return container == null ? name : name + "|" + words[1].toLowerCase(Locale.ROOT);
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
