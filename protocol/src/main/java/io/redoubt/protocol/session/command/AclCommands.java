package io.redoubt.protocol.session.command;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.acl.AclFile;
import io.redoubt.protocol.acl.AclLog;
import io.redoubt.protocol.acl.Denial;
import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.SecretArguments;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.pubsub.ChannelKind;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientRegistry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The ACL command: manages users and their permissions. */
public final class AclCommands<C extends SessionCall> extends CommandGroup<C> {
  private static final int MAX_PASSWORD_BITS = 4096;
  private static final int USUAL_PASSWORD_BITS = 256;
  private static final int USUAL_LOG_ENTRIES = 10;
  private static final CommandError NO_FILE =
      new CommandError(
          "ERR This Redis instance is not configured to use an ACL file. You may want to specify"
              + " users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you"
              + " have a Redis configuration file set) in order to store users in the Redis"
              + " configuration.");

  private final ClientRegistry registry;
  private final CommandTable<C> table;
  private final RandomGenerator random;
  private final Supplier<@Nullable AclFile> file;

  public final Command<C> acl =
      container("ACL")
          .does("A container for commands on users and permissions.")
          .since("6.0.0")
          .costs("Depends on subcommand.")
          .help("6.0.0")
          .holds();

  final Command<C> cat =
      command("ACL CAT [category]")
          .does("Lists the categories, or the commands of one.")
          .since("6.0.0")
          .costs("O(N), N the number of commands")
          .is(NOSCRIPT, LOADING, STALE)
          .runs(this::cat);

  final Command<C> deluser =
      command("ACL DELUSER username...")
          .does("Deletes users and closes their connections.")
          .since("6.0.0")
          .costs("O(N), N the number of connections")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .tips("request_policy:all_nodes", "response_policy:all_succeeded")
          .runs(this::deluser);

  final Command<C> dryrun =
      command("ACL DRYRUN username command [arg...]")
          .does("Checks whether a user is permitted to run a command.")
          .since("7.0.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .runs(this::dryrun);

  final Command<C> genpass =
      command("ACL GENPASS [bits]")
          .does("Returns a random password.")
          .since("6.0.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .runs(this::genpass);

  final Command<C> getuser =
      command("ACL GETUSER username")
          .does("Returns the rules of a user.")
          .since("6.0.0")
          .costs("O(N), N the number of rules")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .history("6.2.0", "Added Pub/Sub channel patterns.")
          .history(
              "7.0.0",
              "Added selectors and changed the format of key and channel patterns from a list to"
                  + " their rule representation.")
          .history("9.1.0", "Added databases, as in Valkey.")
          .runs(this::getuser);

  final Command<C> list =
      command("ACL LIST")
          .does("Lists the users as lines of an ACL file.")
          .since("6.0.0")
          .costs("O(N), N the number of users")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .runs(this::list);

  final Command<C> load =
      command("ACL LOAD")
          .does("Reloads the users from the ACL file.")
          .since("6.0.0")
          .costs("O(N), N the number of users")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .runs(this::load);

  final Command<C> log =
      command("ACL LOG [count | RESET]{operation}")
          .does("Returns or clears the log of denied commands.")
          .since("6.0.0")
          .costs("O(N), N the number of entries shown")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .history("7.2.0", "Added entry ID, timestamp created, and timestamp last updated.")
          .runs(this::log);

  final Command<C> save =
      command("ACL SAVE")
          .does("Writes all users to the ACL file.")
          .since("6.0.0")
          .costs("O(N), N the number of users")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .tips("request_policy:all_nodes", "response_policy:all_succeeded")
          .runs(this::save);

  final Command<C> setuser =
      command("ACL SETUSER username [rule...]")
          .does("Creates a user or changes its rules.")
          .since("6.0.0")
          .costs("O(N), N the number of rules")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .history("6.2.0", "Added Pub/Sub channel patterns.")
          .history("7.0.0", "Added selectors and key based permissions.")
          .history("9.1.0", "Added database permissions, as in Valkey.")
          .hides(SecretArguments.from(2))
          .tips("request_policy:all_nodes", "response_policy:all_succeeded")
          .runs(this::setuser);

  final Command<C> usersCommand =
      command("ACL USERS")
          .does("Lists the names of all users.")
          .since("6.0.0")
          .costs("O(N), N the number of users")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .runs(this::users);

  final Command<C> whoami =
      command("ACL WHOAMI")
          .does("Returns the name of the connection's user.")
          .since("6.0.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE)
          .runs(call -> call.reply().bulk(call.client().user().name()));

  /**
   * Creates the group.
   *
   * @param registry the clients, with the users and the ACL log
   * @param table the commands that rules can refer to
   * @param random generates passwords: must be cryptographically secure
   * @param file stores users, or null without {@code aclfile}
   */
  public AclCommands(
      ClientRegistry registry,
      CommandTable<C> table,
      RandomGenerator random,
      Supplier<@Nullable AclFile> file) {
    super(Group.SERVER);
    this.registry = registry;
    this.table = table;
    this.random = random;
    this.file = file;
  }

  private Users users() {
    return registry.users();
  }

  private void cat(C call) {
    Request request = call.request();
    if (request.count() > 3) {
      throw Errors.wrongArguments(request);
    }
    var names = new ArrayList<String>();
    if (request.count() == 2) {
      for (Category category : Category.values()) {
        names.add(category.label());
      }
    } else {
      Category category = Category.named(request.text(2));
      if (category == null) {
        throw new CommandError("ERR Unknown category '" + Errors.excerpt(request, 2) + "'");
      }
      for (Command<C> command : table.numbered()) {
        if (command.isIn(category)) {
          names.add(command.name());
        }
      }
    }
    bulks(call.reply(), names);
  }

  private static void bulks(ReplyWriter reply, Collection<String> texts) {
    reply.array(texts.size());
    texts.forEach(reply::bulk);
  }

  private void deluser(C call) {
    Request request = call.request();
    int removed = 0;
    for (int i = 2; i < request.count(); i++) {
      if (request.string(i).equals(users().defaultUser().name())) {
        throw new CommandError("ERR The 'default' user cannot be removed");
      }
    }
    for (int i = 2; i < request.count(); i++) {
      User user = users().named(request.string(i));
      if (user != null && users().remove(user.name())) {
        registry.closeClientsOf(user);
        removed++;
      }
    }
    call.reply().integer(removed);
  }

  private void dryrun(C call) {
    Request request = call.request();
    User user = users().named(request.string(2));
    if (user == null) {
      throw new CommandError("ERR User '" + Errors.excerpt(request, 2) + "' not found");
    }
    Request inner = request.from(3);
    try {
      dryrun(call, user, inner);
    } finally {
      inner.release();
    }
  }

  private void dryrun(C call, User user, Request inner) {
    Command<C> command = table.find(inner);
    if (command == null) {
      throw new CommandError("ERR Command '" + Errors.excerpt(call.request(), 3) + "' not found");
    }
    if (!command.accepts(inner.count())) {
      throw Errors.wrongArity(command);
    }
    int database = call.client().nextDatabaseIndex();
    Denial denial = user.check(command, inner, database);
    if (denial == null) {
      call.reply().ok();
    } else {
      ByteString object = user.deniedObject(denial, command, inner, database);
      String action =
          switch (denial) {
            case COMMAND -> "run the '" + object.exactText() + "' command";
            case DATABASE -> "access database " + object;
            default -> "access the '" + object.exactText() + "' " + denial.label();
          };
      call.reply().bulk("User " + user.name().exactText() + " has no permissions to " + action);
    }
  }

  private void genpass(C call) {
    Request request = call.request();
    if (request.count() > 3) {
      throw Errors.wrongArguments(request);
    }
    long bits = USUAL_PASSWORD_BITS;
    if (request.count() == 3) {
      bits = integer(request, 2);
      if (bits <= 0 || bits > MAX_PASSWORD_BITS) {
        throw new CommandError(
            "ERR ACL GENPASS argument must be the number of bits for the output password, a"
                + " positive number up to "
                + MAX_PASSWORD_BITS);
      }
    }
    int digits = (int) (bits + 3) / 4;
    byte[] drawn = new byte[(digits + 1) / 2];
    random.nextBytes(drawn);
    call.reply().bulk(HexFormat.of().formatHex(drawn).substring(0, digits));
  }

  private static long integer(Request request, int argument) {
    long number =
        Numbers.parseLong(
            request.memory(), request.offset(argument), request.length(argument), Long.MIN_VALUE);
    if (number == Long.MIN_VALUE) {
      throw Errors.NOT_INTEGER;
    }
    return number;
  }

  private void getuser(C call) {
    ReplyWriter reply = call.reply();
    User user = users().named(call.request().string(2));
    if (user == null) {
      reply.nil();
      return;
    }
    reply.map(7);
    reply.bulk("flags");
    List<String> flags = user.flags();
    reply.set(flags.size());
    flags.forEach(reply::bulk);
    reply.bulk("passwords");
    bulks(reply, user.passwordHashes());
    List<User.Permissions> permissions = user.permissions();
    permissions(reply, permissions.getFirst());
    reply.bulk("selectors");
    reply.array(permissions.size() - 1);
    for (User.Permissions selector : permissions.subList(1, permissions.size())) {
      reply.map(4);
      permissions(reply, selector);
    }
  }

  private static void permissions(ReplyWriter reply, User.Permissions permissions) {
    reply.bulk("commands");
    reply.bulk(permissions.commands());
    reply.bulk("keys");
    reply.bulk(permissions.keys());
    reply.bulk("channels");
    reply.bulk(permissions.channels());
    reply.bulk("databases");
    reply.bulk(permissions.databases());
  }

  private void list(C call) {
    bulks(call.reply(), users().describe());
  }

  private void users(C call) {
    Collection<User> all = users().all();
    call.reply().array(all.size());
    all.forEach(user -> call.reply().bulk(user.name()));
  }

  private void setuser(C call) {
    Request request = call.request();
    ByteString name = request.string(2);
    if (!Users.isValidName(name)) {
      throw new CommandError("ERR Usernames can't contain spaces or null characters");
    }
    var rules = new ArrayList<String>();
    for (int i = 3; i < request.count(); i++) {
      rules.add(request.text(i));
    }
    try {
      User user = users().set(name, rules);
      closeThoseWhoMayNoLongerListen(user);
    } catch (IllegalArgumentException e) {
      throw new CommandError("ERR " + e.getMessage());
    }
    call.reply().ok();
  }

  private void closeThoseWhoMayNoLongerListen(User user) {
    if (user.isUnrestricted()) {
      return;
    }
    for (Client client : registry.all()) {
      if (client.user() == user && !mayListen(client, user)) {
        registry.closeOrFinish(client);
      }
    }
  }

  private static boolean mayListen(Client client, User user) {
    for (ChannelKind kind : ChannelKind.values()) {
      for (ByteString name : client.subscriptions().names(kind)) {
        if (!user.allowsChannel(name, kind == ChannelKind.PATTERN)) {
          return false;
        }
      }
    }
    return true;
  }

  private void log(C call) {
    Request request = call.request();
    if (request.count() > 3) {
      throw Errors.wrongArguments(request);
    }
    AclLog entries = registry.aclLog();
    long shown = USUAL_LOG_ENTRIES;
    if (request.count() == 3) {
      if (request.is(2, "RESET")) {
        entries.clear();
        call.reply().ok();
        return;
      }
      shown = Math.max(0, integer(request, 2));
    }
    ReplyWriter reply = call.reply();
    long left = Math.min(shown, entries.size());
    reply.array((int) left);
    for (AclLog.Entry entry : entries.entries()) {
      if (left-- == 0) {
        break;
      }
      entry(reply, entry, registry.clock().wallMillis());
    }
  }

  private static void entry(ReplyWriter reply, AclLog.Entry entry, long nowMillis) {
    reply.map(10);
    reply.bulk("count");
    reply.integer(entry.count());
    reply.bulk("reason");
    reply.bulk(entry.denial().label());
    reply.bulk("context");
    reply.bulk(entry.context());
    reply.bulk("object");
    reply.bulk(entry.object());
    reply.bulk("username");
    reply.bulk(entry.user());
    reply.bulk("age-seconds");
    reply.doubleValue((nowMillis - entry.createdMillis()) / 1000.0);
    reply.bulk("client-info");
    reply.bulk(entry.clientInfo());
    reply.bulk("entry-id");
    reply.integer(entry.id());
    reply.bulk("timestamp-created");
    reply.integer(entry.createdMillis());
    reply.bulk("timestamp-last-updated");
    reply.integer(entry.updatedMillis());
  }

  private void load(C call) {
    AclFile source = file.get();
    if (source == null) {
      throw NO_FILE;
    }
    try {
      users().load(source.path(), source.read()).forEach(registry::closeClientsOf);
    } catch (IOException e) {
      throw new CommandError(
          "ERR Error loading ACLs, opening file '" + source.path() + "': " + SystemErrors.text(e));
    } catch (IllegalArgumentException e) {
      throw new CommandError("ERR " + e.getMessage());
    }
    call.reply().ok();
  }

  private void save(C call) {
    AclFile target = file.get();
    if (target == null) {
      throw NO_FILE;
    }
    try {
      target.write(users().describe());
    } catch (IOException e) {
      registry.log().warning("Writing ACL file for ACL SAVE: %s", SystemErrors.text(e));
      throw new CommandError(
          "ERR There was an error trying to save the ACLs. Please check the server logs for more"
              + " information");
    }
    call.reply().ok();
  }
}
