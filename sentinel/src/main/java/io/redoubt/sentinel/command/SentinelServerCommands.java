package io.redoubt.sentinel.command;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.ALLOW_BUSY;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.NO_MULTI;
import static io.redoubt.protocol.command.Flag.SENTINEL;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.info.InfoText;
import io.redoubt.sentinel.core.Master;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** INFO, ROLE, PUBLISH and SHUTDOWN of a sentinel. */
public final class SentinelServerCommands extends CommandGroup<SentinelCall> {
  private static final Set<String> SHUTDOWN_WORDS =
      Set.of("nosave", "save", "now", "force", "abort");

  private static final String HELLO_CHANNEL = "__sentinel__:hello";

  private final Info infoSections;
  private final Runnable stop;

  final Command<SentinelCall> info =
      command("INFO [section...]")
          .does("Returns information and statistics about the server.")
          .since("1.0.0")
          .is(LOADING, STALE, SENTINEL)
          .categories(Category.DANGEROUS)
          .history("7.0.0", "Added support for taking multiple section arguments.")
          .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
          .runs(this::info);

  final Command<SentinelCall> role =
      command("ROLE")
          .does("Returns the role of the sentinel and the names of its masters.")
          .since("2.8.12")
          .is(NOSCRIPT, LOADING, STALE, FAST, SENTINEL)
          .categories(Category.ADMIN, Category.DANGEROUS)
          .runs(SentinelServerCommands::role);

  final Command<SentinelCall> shutdown =
      command(
              "SHUTDOWN [NOSAVE | SAVE]{save-selector} [NOW]{since 7.0.0}"
                  + " [FORCE]{since 7.0.0} [ABORT]{since 7.0.0}")
          .does("Shuts down the server.")
          .since("1.0.0")
          .history("7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers.")
          .is(ADMIN, NOSCRIPT, LOADING, STALE, NO_MULTI, SENTINEL, ALLOW_BUSY)
          .runs(this::shutdown);

  /** Creates the group; one instance per server. */
  public SentinelServerCommands(Info infoSections, Runnable stop) {
    super(Group.SERVER);
    this.infoSections = infoSections;
    this.stop = stop;
  }

  private void info(SentinelCall call) {
    List<String> selectors = new ArrayList<>();
    for (int i = 1; i < call.count(); i++) {
      selectors.add(call.text(i));
    }
    InfoText text = infoSections.render(selectors);
    call.reply().verbatim("txt", text.memory(), 0, text.length());
  }

  private static void role(SentinelCall call) {
    Collection<Master> masters = call.sentinel().masters();
    call.reply().array(2);
    call.reply().bulk("sentinel");
    call.reply().array(masters.size());
    masters.forEach(master -> call.reply().bulk(master.name()));
  }

  /**
   * Handles a hello message published by a client. Clients may subscribe to all events of a
   * sentinel, but publish nothing else.
   */
  public static void publish(SentinelCall call) {
    if (!call.text(1).equals(HELLO_CHANNEL)) {
      throw new CommandError("ERR Only HELLO messages are accepted by Sentinel instances.");
    }
    call.control().hello(call.text(2));
    call.reply().integer(1);
  }

  private void shutdown(SentinelCall call) {
    for (int i = 1; i < call.count(); i++) {
      if (!SHUTDOWN_WORDS.contains(call.text(i).toLowerCase(Locale.ROOT))) {
        throw Errors.SYNTAX;
      }
    }
    call.client().closeAfterReply();
    stop.run();
  }
}
