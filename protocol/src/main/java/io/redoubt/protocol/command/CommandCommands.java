package io.redoubt.protocol.command;

import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.resp.ConstantReply;
import io.redoubt.protocol.resp.ReplyText;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** COMMAND and its subcommands: the documentation of this process' commands. */
public final class CommandCommands<C extends Invocation> extends CommandGroup<C> {
  private final CommandTable<C> table;
  private final ConstantReply allInfo = new ConstantReply(this::writeAllInfo);
  private final ConstantReply allDocs = new ConstantReply(this::writeAllDocs);

  final Command<C> command =
      container("COMMAND")
          .does("Returns detailed information about all commands.")
          .since("2.8.13")
          .costs("O(N), N the number of commands")
          .arity(-1)
          .is(LOADING, STALE)
          .categories(Category.CONNECTION)
          .tips("nondeterministic_output_order")
          .help("5.0.0")
          .runs(call -> allInfo.write(call.reply()));

  final Command<C> count =
      command("COMMAND COUNT")
          .does("Returns the number of commands.")
          .since("2.8.13")
          .costs("O(1)")
          .is(LOADING, STALE)
          .categories(Category.CONNECTION)
          .runs(this::count);

  final Command<C> list =
      command(
              "COMMAND LIST [FILTERBY (MODULE module-name | ACLCAT category"
                  + " | PATTERN pattern)]{filterby}")
          .does("Returns the names of all commands, optionally filtered.")
          .since("7.0.0")
          .costs("O(N), N the number of commands")
          .is(LOADING, STALE)
          .categories(Category.CONNECTION)
          .tips("nondeterministic_output_order")
          .runs(this::list);

  final Command<C> info =
      command("COMMAND INFO [command-name...]")
          .does("Returns detailed information about the named commands, or about all commands.")
          .since("2.8.13")
          .costs("O(N), N the number of commands requested")
          .is(LOADING, STALE)
          .categories(Category.CONNECTION)
          .history("7.0.0", "Allowed to be called with no argument to get info on all commands.")
          .tips("nondeterministic_output_order")
          .runs(this::info);

  final Command<C> docs =
      command("COMMAND DOCS [command-name...]")
          .does("Returns documentation of the named commands, or of all commands.")
          .since("7.0.0")
          .costs("O(N), N the number of commands requested")
          .is(LOADING, STALE)
          .categories(Category.CONNECTION)
          .tips("nondeterministic_output_order")
          .runs(this::docs);

  final Command<C> getkeys =
      command("COMMAND GETKEYS command [arg...]")
          .does("Returns the keys in a full command.")
          .since("2.8.13")
          .costs("O(N), N the number of arguments")
          .arity(-3)
          .is(LOADING, STALE)
          .categories(Category.CONNECTION)
          .runs(call -> keys(call, false));

  final Command<C> getkeysandflags =
      command("COMMAND GETKEYSANDFLAGS command [arg...]")
          .does("Returns the keys in a full command, with their access flags.")
          .since("7.0.0")
          .costs("O(N), N the number of arguments")
          .arity(-3)
          .is(LOADING, STALE)
          .categories(Category.CONNECTION)
          .runs(call -> keys(call, true));

  /** Creates the group for the commands of a table. */
  public CommandCommands(CommandTable<C> table) {
    super(Group.SERVER);
    this.table = table;
  }

  private void writeAllInfo(ReplyWriter reply) {
    CommandInfo info = new CommandInfo(reply.resp());
    info.array(table.all().size());
    table.all().forEach(info::write);
    info.writeTo(reply);
  }

  private void writeAllDocs(ReplyWriter reply) {
    writeDocs(table.all(), reply);
  }

  private void writeDocs(Collection<Command<C>> commands, ReplyWriter reply) {
    ReplyText text = new ReplyText(reply.resp());
    text.map(commands.size());
    commands.forEach(each -> CommandReplies.docs(text, each));
    text.writeTo(reply);
  }

  private void count(C call) {
    call.reply().integer(table.all().size());
  }

  private void info(C call) {
    Request request = call.request();
    if (request.count() == 2) {
      allInfo.write(call.reply());
      return;
    }
    CommandInfo info = new CommandInfo(call.reply().resp());
    info.array(request.count() - 2);
    for (int i = 2; i < request.count(); i++) {
      Command<C> named = table.byName(request.text(i));
      if (named == null) {
        info.nil();
      } else {
        info.write(named);
      }
    }
    info.writeTo(call.reply());
  }

  private void docs(C call) {
    Request request = call.request();
    if (request.count() == 2) {
      allDocs.write(call.reply());
      return;
    }
    List<Command<C>> shown = new ArrayList<>();
    for (int i = 2; i < request.count(); i++) {
      Command<C> named = table.byName(request.text(i));
      if (named != null) {
        shown.add(named);
      }
    }
    writeDocs(shown, call.reply());
  }

  private void list(C call) {
    Request request = call.request();
    Predicate<Command<C>> filter = each -> true;
    boolean filtered = request.count() == 5 && request.is(2, "FILTERBY");
    if (filtered && request.is(3, "MODULE")) {
      filter = each -> false;
    } else if (filtered && request.is(3, "ACLCAT")) {
      Category category = Category.named(request.text(4));
      filter = each -> category != null && each.isIn(category);
    } else if (filtered && request.is(3, "PATTERN")) {
      String pattern = request.text(4);
      filter = each -> Glob.matches(pattern, each.name(), true);
    } else if (request.count() != 2) {
      throw Errors.SYNTAX;
    }
    List<String> names = new ArrayList<>();
    for (Command<C> each : table.all()) {
      if (filter.test(each)) {
        names.add(each.name());
      }
      for (Command<C> subcommand : each.subcommands()) {
        if (filter.test(subcommand)) {
          names.add(subcommand.name());
        }
      }
    }
    call.reply().array(names.size());
    names.forEach(call.reply()::bulk);
  }

  private void keys(C call, boolean withFlags) {
    Request inner = call.request().from(2);
    try {
      keys(call, inner, withFlags);
    } finally {
      inner.release();
    }
  }

  private void keys(C call, Request inner, boolean withFlags) {
    @Nullable Command<C> named = table.find(inner);
    if (named == null) {
      throw new CommandError("ERR Invalid command specified");
    }
    if (!named.keySpecs().hasKeys()) {
      throw new CommandError("ERR The command has no key arguments");
    }
    if (!named.accepts(inner.count())) {
      throw new CommandError("ERR Invalid number of arguments specified for command");
    }
    var places = new KeyPlaces();
    boolean complete = named.keySpecs().forEach(inner, places::add);
    // A count of keys that does not fit: Redis finds none.
    int found = complete ? places.count : 0;
    if (found == 0 && !named.has(Flag.NO_MANDATORY_KEYS)) {
      throw new CommandError("ERR Invalid arguments specified for command");
    }
    ReplyWriter reply = call.reply();
    reply.array(found);
    for (int i = 0; i < found; i++) {
      if (withFlags) {
        reply.array(2);
      }
      int place = places.places[i];
      reply.bulk(inner.memory(), inner.offset(place), inner.length(place));
      if (withFlags) {
        ReplyText flags = new ReplyText(reply.resp());
        CommandInfo.keyFlags(flags, places.flags[i]);
        flags.writeTo(reply);
      }
    }
  }

  /** The places of the keys of a request, and their flags. */
  private static final class KeyPlaces {
    private static final int FIRST_ROOM = 16;

    private int[] places = new int[FIRST_ROOM];
    private int[] flags = new int[FIRST_ROOM];
    private int count;

    void add(int place, int mask) {
      if (count == places.length) {
        places = Arrays.copyOf(places, 2 * count);
        flags = Arrays.copyOf(flags, 2 * count);
      }
      places[count] = place;
      flags[count++] = mask;
    }
  }
}
