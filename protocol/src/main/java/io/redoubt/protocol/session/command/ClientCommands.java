package io.redoubt.protocol.session.command;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.protocol.session.ClientOutput;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.protocol.session.Tracking;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The CLIENT command: queries and changes of the own connection, and administration of all. */
public final class ClientCommands<C extends SessionCall> extends CommandGroup<C> {
  /**
   * The maximum length of a client's name. Redis has no such limit, although CLIENT LIST shows the
   * name.
   */
  private static final int MAX_NAME_BYTES = 512;

  private static final CommandError UNBLOCKED =
      new CommandError("UNBLOCKED client unblocked via CLIENT UNBLOCK");
  private static final CommandError NOT_TRACKED =
      new CommandError(
          "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or"
              + " OPTOUT mode enabled");

  private static final CommandError NOT_OPT_IN =
      new CommandError(
          "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  private static final CommandError NOT_OPT_OUT =
      new CommandError(
          "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");

  /**
   * The filters of CLIENT LIST that CLIENT KILL already has in 7.2, with the Valkey version that
   * added them.
   */
  private static final List<String> LIST_FILTERS =
      List.of(
          "USER username{since 8.1.0}",
          "ADDR ip:port{addr, since 8.1.0}",
          "LADDR ip:port{laddr, since 8.1.0}",
          "SKIPME (YES | NO){skipme, since 8.1.0}",
          "MAXAGE seconds{since 8.1.0}");

  /** The filters that Valkey 9 added to both commands. */
  private static final List<String> FILTERS =
      List.of(
          "NAME name{since 9.0.0}",
          "IDLE seconds{idle, since 9.0.0}",
          "FLAGS flags{since 9.0.0}",
          "LIB-NAME lib-name{since 9.0.0}",
          "LIB-VER lib-ver{since 9.0.0}",
          "DB db{since 9.0.0}",
          "CAPA capa{since 9.0.0}",
          "IP ip{since 9.0.0}",
          "NOT-ID not-id{integer, since 9.0.0}...",
          "NOT-TYPE not-type{since 9.0.0}",
          "NOT-USER not-user{since 9.0.0}",
          "NOT-ADDR not-addr{since 9.0.0}",
          "NOT-LADDR not-laddr{since 9.0.0}",
          "NOT-NAME not-name{since 9.0.0}",
          "NOT-FLAGS not-flags{since 9.0.0}",
          "NOT-LIB-NAME not-lib-name{since 9.0.0}",
          "NOT-LIB-VER not-lib-ver{since 9.0.0}",
          "NOT-DB not-db{integer, since 9.0.0}",
          "NOT-CAPA not-capa{since 9.0.0}",
          "NOT-IP not-ip{since 9.0.0}");

  private final ClientRegistry registry;

  public final Command<C> client =
      container("CLIENT")
          .does("A container for commands on connections.")
          .since("2.4.0")
          .costs("Depends on subcommand.")
          .help("5.0.0")
          .holds();

  public final Command<C> id =
      command("CLIENT ID")
          .does("Returns the id of the connection.")
          .since("5.0.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .runs(call -> call.reply().integer(call.client().id()));

  final Command<C> getname =
      command("CLIENT GETNAME")
          .does("Returns the name of the connection.")
          .since("2.6.9")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .runs(ClientCommands::getName);

  final Command<C> setname =
      command("CLIENT SETNAME connection-name")
          .does("Sets the name of the connection.")
          .since("2.6.9")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .tips("request_policy:all_nodes", "response_policy:all_succeeded")
          .runs(ClientCommands::setName);

  final Command<C> setinfo =
      command("CLIENT SETINFO (LIB-NAME libname | LIB-VER libver){attr}")
          .does("Sets the name or version of the client's library.")
          .since("7.2.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .tips("request_policy:all_nodes", "response_policy:all_succeeded")
          .runs(ClientCommands::setInfo);

  final Command<C> info =
      command("CLIENT INFO")
          .does("Returns information about the connection.")
          .since("6.2.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .tips("nondeterministic_output")
          .runs(call -> call.reply().verbatim("txt", call.client() + "\n"));

  final Command<C> list =
      command(
              "CLIENT LIST [TYPE (NORMAL | MASTER | REPLICA"
                  + " | PUBSUB)]{client-type, since 5.0.0} [ID client-id{since 6.2.0}...] ["
                  + String.join("] [", LIST_FILTERS)
                  + "] ["
                  + String.join("] [", FILTERS)
                  + "]")
          .does("Lists open connections.")
          .since("2.4.0")
          .costs("O(N), N the number of connections")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .tips("nondeterministic_output")
          .history("2.8.12", "Added unique client `id` field.")
          .history("5.0.0", "Added optional `TYPE` filter.")
          .history("6.0.0", "Added `user` field.")
          .history(
              "6.2.0",
              "Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID`"
                  + " filter.")
          .history("7.0.0", "Added `resp`, `multi-mem`, `rbs` and `rbp` fields.")
          .history("7.0.3", "Added `ssub` field.")
          .history("8.1.0", "Added the filters of `CLIENT KILL`, as Valkey has them.")
          .history("9.0.0", "Added filters by more fields and negated ones, as Valkey has them.")
          .runs(call -> call.replyInSlices(() -> listing(call)));

  final Command<C> kill =
      command(
              "CLIENT KILL (ip:port{old-format, deprecated 2.8.12} | ([ID client-id{since"
                  + " 2.8.12}...] | [TYPE (NORMAL | MASTER{since 3.2.0} | SLAVE | REPLICA{since"
                  + " 5.0.0} | PUBSUB)]{client-type, since 2.8.12} | [USER username] | [ADDR"
                  + " ip:port{addr}] | [LADDR ip:port{laddr, since 6.2.0}] | [SKIPME (YES |"
                  + " NO)]{skipme} | [MAXAGE seconds] | ["
                  + String.join("] | [", FILTERS)
                  + "]){new-format}...){filter}")
          .does("Closes connections.")
          .since("2.4.0")
          .costs("O(N), N the number of connections")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .history("2.8.12", "Added new filter format.")
          .history("2.8.12", "`ID` option.")
          .history("3.2.0", "Added `master` type in for `TYPE` option.")
          .history(
              "5.0.0",
              "Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward"
                  + " compatibility.")
          .history("6.2.0", "`LADDR` option.")
          .history("8.1.0", "Several ids for `ID`, as Valkey has them.")
          .history("9.0.0", "Added filters by more fields and negated ones, as Valkey has them.")
          .runs(this::kill);

  final Command<C> pause =
      command("CLIENT PAUSE timeout{integer} [WRITE | ALL]{mode, since 6.2.0}")
          .does("Suspends the commands of clients for a number of milliseconds.")
          .since("3.0.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .history("6.2.0", "`CLIENT PAUSE WRITE` mode added along with the `mode` option.")
          .runs(this::pause);

  final Command<C> unpause =
      command("CLIENT UNPAUSE")
          .does("Ends a pause.")
          .since("6.2.0")
          .costs("O(N), N the number of paused clients")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .runs(this::unpause);

  public final Command<C> unblock =
      command("CLIENT UNBLOCK client-id [TIMEOUT | ERROR]{unblock-type}")
          .does("Unblocks a client that waits in a blocking command.")
          .since("5.0.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .runs(this::unblock);

  public final Command<C> reply =
      command("CLIENT REPLY (ON | OFF | SKIP){action}")
          .does("Sets whether the connection receives replies.")
          .since("3.2.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .runs(ClientCommands::reply);

  final Command<C> noEvict =
      command("CLIENT NO-EVICT (ON | OFF){enabled}")
          .does("Excludes the connection from client eviction.")
          .since("7.0.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .runs(call -> setFlag(call, ClientFlag.NO_EVICT));

  final Command<C> getredir =
      command("CLIENT GETREDIR")
          .does("Returns the connection to which invalidation messages are redirected.")
          .since("6.0.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .runs(call -> call.reply().integer(call.client().redirectId()));

  final Command<C> tracking =
      command(
              "CLIENT TRACKING (ON | OFF){status} [REDIRECT client-id{integer}]"
                  + " [PREFIX prefix{string}]... [BCAST] [OPTIN] [OPTOUT] [NOLOOP]")
          .does("Turns client-side caching on or off.")
          .since("6.0.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .runs(this::track);

  final Command<C> caching =
      command("CLIENT CACHING (YES | NO){mode}")
          .does("Includes the next command in client-side caching, or leaves it out.")
          .since("6.0.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .runs(ClientCommands::setCaching);

  final Command<C> trackinginfo =
      command("CLIENT TRACKINGINFO")
          .does("Returns the state of client-side caching.")
          .since("6.2.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .runs(ClientCommands::trackingInfo);

  /** Creates the group for the clients of a registry. */
  public ClientCommands(ClientRegistry registry) {
    super(Group.CONNECTION);
    this.registry = registry;
  }

  private static void getName(SessionCall call) {
    ByteString name = call.client().names().name();
    if (name.isEmpty()) {
      call.reply().nil();
    } else {
      call.reply().bulk(name);
    }
  }

  private static void setName(SessionCall call) {
    call.client().names().setName(checkedName(call.request().string(2)));
    call.reply().ok();
  }

  /** Validates a name for a client; its line in CLIENT LIST must remain parseable. */
  static ByteString checkedName(ByteString name) {
    return checked(name, "Client names");
  }

  private static ByteString checked(ByteString text, String what) {
    if (text.length() > MAX_NAME_BYTES) {
      throw new CommandError(
          "ERR " + what + " cannot be longer than " + MAX_NAME_BYTES + " bytes.");
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.byteAt(i) < '!' || text.byteAt(i) > '~') {
        throw new CommandError(
            "ERR " + what + " cannot contain spaces, newlines or special characters.");
      }
    }
    return text;
  }

  private static void setInfo(SessionCall call) {
    Request request = call.request();
    if (request.is(2, "LIB-NAME")) {
      call.client().names().setLibrary(checked(request.string(3), "lib-name"));
    } else if (request.is(2, "LIB-VER")) {
      call.client().names().setLibraryVersion(checked(request.string(3), "lib-ver"));
    } else {
      throw new CommandError("ERR Unrecognized option '" + Errors.excerpt(request, 2) + "'");
    }
    call.reply().ok();
  }

  private static void reply(SessionCall call) {
    Request request = call.request();
    ClientOutput output = call.client().output();
    if (request.is(2, "ON")) {
      output.setMode(ClientOutput.ReplyMode.ON);
      call.reply().ok();
    } else if (request.is(2, "OFF")) {
      output.setMode(ClientOutput.ReplyMode.OFF);
    } else if (!request.is(2, "SKIP")) {
      throw Errors.SYNTAX;
    } else if (output.mode() != ClientOutput.ReplyMode.OFF) {
      output.setMode(ClientOutput.ReplyMode.SKIP_NEXT);
    }
  }

  /** Sets a flag of the own connection by the argument after the subcommand. */
  static void setFlag(SessionCall call, ClientFlag flag) {
    boolean on = call.request().is(2, "ON");
    if (!on && !call.request().is(2, "OFF")) {
      throw Errors.SYNTAX;
    }
    call.client().setFlag(flag, on);
    call.reply().ok();
  }

  private ClientListing listing(C call) {
    Request request = call.request();
    if (request.count() == 2) {
      return ClientListing.of(registry, call.client(), each -> true);
    }
    if (request.is(2, "ID") && hasOnlyIds(request)) {
      ClientListing listing =
          new ClientListing(registry, call.client(), each -> true, request.count() - 3);
      for (int i = 3; i < request.count(); i++) {
        listing.add(ClientFilter.number(request, i));
      }
      return listing;
    }
    Client own = call.client();
    var filter = ClientFilter.parse(ClientFilter.Use.LIST, request, 2, registry);
    return ClientListing.of(registry, own, each -> filter.fits(each, own));
  }

  /** Returns true if the arguments from 3 on are ids; the clients are listed in their order. */
  private static boolean hasOnlyIds(Request request) {
    for (int i = 3; i < request.count(); i++) {
      if (!ClientFilter.isNumber(request, i)) {
        return false;
      }
    }
    return request.count() > 3;
  }

  private void kill(C call) {
    Request request = call.request();
    boolean isOldForm = request.count() == 3;
    ClientFilter filter =
        isOldForm
            ? ClientFilter.address(request.text(2))
            : ClientFilter.parse(ClientFilter.Use.KILL, request, 2, registry);
    int killed = 0;
    for (Client each : registry.all()) {
      if (filter.fits(each, call.client())) {
        registry.closeOrFinish(each);
        killed++;
        if (isOldForm) {
          break;
        }
      }
    }
    if (!isOldForm) {
      call.reply().integer(killed);
    } else if (killed > 0) {
      call.reply().ok();
    } else {
      throw new CommandError("ERR No such client");
    }
  }

  private void pause(C call) {
    Request request = call.request();
    Pauses.Scope what = Pauses.Scope.ALL;
    if (request.count() == 4 && request.is(3, "WRITE")) {
      what = Pauses.Scope.WRITES;
    } else if (request.count() > 4 || (request.count() == 4 && !request.is(3, "ALL"))) {
      throw new CommandError("ERR CLIENT PAUSE mode must be WRITE or ALL");
    }
    long millis =
        Numbers.parseLong(request.memory(), request.offset(2), request.length(2), Long.MIN_VALUE);
    if (millis == Long.MIN_VALUE) {
      throw new CommandError("ERR timeout is not an integer or out of range");
    }
    if (millis < 0) {
      throw new CommandError("ERR timeout is negative");
    }
    long now = registry.clock().wallMillis();
    if (millis > Long.MAX_VALUE - now) {
      throw new CommandError("ERR timeout is out of range");
    }
    registry.pauses().begin(Pauses.Cause.COMMAND, what, now + millis);
    call.reply().ok();
  }

  private void unpause(C call) {
    registry.pauses().end(Pauses.Cause.COMMAND);
    call.reply().ok();
  }

  private void unblock(C call) {
    Request request = call.request();
    boolean withError = request.count() == 4 && request.is(3, "ERROR");
    if (request.count() > 4 || (request.count() == 4 && !withError && !request.is(3, "TIMEOUT"))) {
      throw new CommandError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
    long wanted =
        Numbers.parseLong(request.memory(), request.offset(2), request.length(2), Long.MIN_VALUE);
    if (wanted == Long.MIN_VALUE) {
      throw Errors.NOT_INTEGER;
    }
    Client target = registry.byId(wanted);
    if (target == null || target.waiting() == null) {
      call.reply().integer(0);
      return;
    }
    if (withError) {
      target.unblock(UNBLOCKED);
    } else {
      target.timeOut();
    }
    call.reply().integer(1);
  }

  private void track(C call) {
    Request request = call.request();
    TrackingOptions options = new TrackingOptions(request, registry);
    if (request.is(2, "ON")) {
      options.apply(call.client(), registry.trackedClients());
    } else if (request.is(2, "OFF")) {
      registry.trackedClients().stop(call.client());
    } else {
      throw Errors.SYNTAX;
    }
    call.reply().ok();
  }

  private static void setCaching(SessionCall call) {
    Tracking tracking = call.client().tracking();
    if (tracking == null) {
      throw NOT_TRACKED;
    }
    if (call.request().is(2, "YES")) {
      if (!tracking.mode().optIn()) {
        throw NOT_OPT_IN;
      }
    } else if (!call.request().is(2, "NO")) {
      throw Errors.SYNTAX;
    } else if (!tracking.mode().optOut()) {
      throw NOT_OPT_OUT;
    }
    tracking.setCachingGiven(true);
    call.reply().ok();
  }

  private static void trackingInfo(SessionCall call) {
    Client client = call.client();
    Tracking tracking = client.tracking();
    ReplyWriter reply = call.reply();
    reply.map(3);
    reply.bulk("flags");
    List<String> flags = trackingFlags(client, tracking);
    reply.set(flags.size());
    flags.forEach(reply::bulk);
    reply.bulk("redirect");
    reply.integer(client.redirectId());
    reply.bulk("prefixes");
    reply.array(tracking == null ? 0 : tracking.prefixes().size());
    if (tracking != null) {
      tracking.prefixes().forEach(reply::bulk);
    }
  }

  private static List<String> trackingFlags(Client client, @Nullable Tracking tracking) {
    List<String> flags = new ArrayList<>();
    if (tracking == null) {
      flags.add("off");
      return flags;
    }
    Tracking.Mode mode = tracking.mode();
    flags.add("on");
    add(flags, mode.broadcast(), "bcast");
    add(flags, mode.optIn(), "optin");
    add(flags, mode.optIn() && tracking.isCachingGiven(), "caching-yes");
    add(flags, mode.optOut(), "optout");
    add(flags, mode.optOut() && tracking.isCachingGiven(), "caching-no");
    add(flags, mode.noLoop(), "noloop");
    add(flags, client.is(ClientFlag.TRACKING_BROKEN), "broken_redirect");
    return flags;
  }

  private static void add(List<String> flags, boolean on, String name) {
    if (on) {
      flags.add(name);
    }
  }
}
