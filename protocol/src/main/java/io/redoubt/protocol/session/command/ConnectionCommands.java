package io.redoubt.protocol.session.command;

import static io.redoubt.protocol.command.Flag.ALLOW_BUSY;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.NO_AUTH;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.SecretArguments;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.protocol.session.Refusals;
import java.util.function.Predicate;

/**
 * Commands of the connection itself: AUTH, HELLO, PING, ECHO, RESET, QUIT. {@link ClientCommands}
 * has CLIENT.
 */
public final class ConnectionCommands<C extends SessionCall> extends CommandGroup<C> {
  private static final CommandError NO_PASSWORD_SET =
      new CommandError(
          "ERR AUTH <password> called without any password configured for the default user. Are you"
              + " sure your configuration is correct?");
  private static final CommandError HELLO_NOAUTH =
      new CommandError(
          "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO"
              + " AUTH <user> <pass> option can be used to authenticate the client and select the"
              + " RESP protocol version at the same time");
  private static final CommandError NOPROTO =
      new CommandError("NOPROTO unsupported protocol version");
  private static final CommandError NOT_A_VERSION =
      new CommandError("ERR Protocol version is not an integer or out of range");

  private final Hello hello;
  private final Predicate<? super C> answersPing;

  final Command<C> auth =
      command("AUTH [username{since 6.0.0}] password")
          .does("Authenticates the connection.")
          .since("1.0.0")
          .costs("O(N), N the number of passwords of the user")
          .is(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY)
          .history("6.0.0", "Added ACL style (username and password).")
          .hides(SecretArguments.from(1))
          .runs(this::auth);

  final Command<C> helloCommand =
      command(
              "HELLO [protover [AUTH username password]{auth}"
                  + " [SETNAME clientname]]{arguments}")
          .does(
              "Selects the protocol version, and optionally authenticates and names the"
                  + " connection.")
          .since("6.0.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY)
          .hides(ConnectionCommands::isLoginOfHello)
          .history(
              "6.2.0",
              "`protover` made optional; when called without arguments the command reports the"
                  + " current connection's context.")
          .runs(this::hello);

  final Command<C> ping =
      command("PING [message]")
          .does("Returns PONG, or the given message.")
          .since("1.0.0")
          .costs("O(1)")
          .is(FAST)
          .tips("request_policy:all_shards", "response_policy:all_succeeded")
          .runs(this::ping);

  final Command<C> echo =
      command("ECHO message")
          .does("Returns the given message.")
          .since("1.0.0")
          .costs("O(1)")
          .is(LOADING, STALE, FAST)
          .runs(ConnectionCommands::echo);

  public final Command<C> reset =
      command("RESET")
          .does("Resets the state of the connection.")
          .since("6.2.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY)
          .runs(ConnectionCommands::reset);

  final Command<C> quit =
      command("QUIT")
          .does("Closes the connection.")
          .since("1.0.0")
          .costs("O(1)")
          .arity(-1)
          .is(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY)
          .deprecated("7.2.0", "just closing the connection")
          .runs(ConnectionCommands::quit);

  /** Creates the group with the reply fields of HELLO. */
  public ConnectionCommands(Hello hello) {
    this(hello, call -> false);
  }

  /**
   * Creates the group.
   *
   * @param hello the reply fields of HELLO
   * @param answersPing replies to a PING with a message that this process understands; returns
   *     false, and does nothing, for any other
   */
  public ConnectionCommands(Hello hello, Predicate<? super C> answersPing) {
    super(Group.CONNECTION);
    this.hello = hello;
    this.answersPing = answersPing;
  }

  private void ping(C call) {
    Request request = call.request();
    ReplyWriter reply = call.reply();
    if (request.count() > 2) {
      throw Errors.wrongArity(call.command());
    }
    if (request.count() == 2 && answersPing.test(call)) {
      return;
    }
    if (call.client().is(ClientFlag.PUBSUB) && reply.resp() == 2) {
      reply.array(2);
      reply.bulk("pong");
      if (request.count() == 1) {
        reply.bulk(ByteString.EMPTY);
      } else {
        reply.bulk(request.memory(), request.offset(1), request.length(1));
      }
    } else if (request.count() == 1) {
      reply.pong();
    } else {
      reply.bulk(request.memory(), request.offset(1), request.length(1));
    }
  }

  private static void echo(SessionCall call) {
    Request request = call.request();
    call.reply().bulk(request.memory(), request.offset(1), request.length(1));
  }

  private static void quit(SessionCall call) {
    call.reply().ok();
    call.client().closeWithReply();
  }

  private static void reset(SessionCall call) {
    Client client = call.client();
    boolean isNormal = !client.is(ClientFlag.REPLICA) || client.is(ClientFlag.MONITOR);
    if (client.isMaster() || !isNormal) {
      throw new CommandError("ERR can only reset normal client connections");
    }
    client.reset();
    call.reply().simple("RESET");
  }

  private void auth(SessionCall call) {
    Request request = call.request();
    if (request.count() > 3) {
      throw Errors.SYNTAX;
    }
    Client client = call.client();
    ByteString name = client.context().users().defaultUser().name();
    if (request.count() == 3) {
      name = request.string(1);
    } else if (client.context().users().defaultUser().needsNoPassword()) {
      throw NO_PASSWORD_SET;
    }
    authenticate(call, name, request.bytes(request.count() - 1));
    call.reply().ok();
  }

  private static void authenticate(SessionCall call, ByteString name, byte[] password) {
    Client client = call.client();
    User user = client.context().users().authenticate(name, password);
    if (user == null) {
      Refusals.logFailedLogin(client, call.request().string(0), name);
      throw Errors.WRONGPASS;
    }
    client.authenticate(user);
  }

  private void hello(SessionCall call) {
    Request request = call.request();
    Client client = call.client();
    int version = 0;
    if (request.count() > 1) {
      long asked =
          Numbers.parseLong(request.memory(), request.offset(1), request.length(1), Long.MIN_VALUE);
      if (asked == Long.MIN_VALUE) {
        throw NOT_A_VERSION;
      }
      if (asked != 2 && asked != 3) {
        throw NOPROTO;
      }
      version = (int) asked;
    }
    ByteString name = null;
    int userAt = 0;
    for (int i = 2; i < request.count(); i++) {
      if (request.is(i, "AUTH") && i + 2 < request.count()) {
        userAt = i + 1;
        i += 2;
      } else if (request.is(i, "SETNAME") && i + 1 < request.count()) {
        name = ClientCommands.checkedName(request.string(++i));
      } else {
        throw new CommandError(
            "ERR Syntax error in HELLO option '" + Errors.excerpt(request, i) + "'");
      }
    }
    if (userAt > 0) {
      authenticate(call, request.string(userAt), request.bytes(userAt + 1));
    }
    if (!client.isAuthenticated()) {
      throw HELLO_NOAUTH;
    }
    if (name != null) {
      client.names().setName(name);
    }
    if (version > 0) {
      client.reply().setResp(version);
      call.reply().setResp(version);
    }
    writeHello(call.reply(), client);
  }

  /** Returns true for the name and the password that follow AUTH. */
  private static boolean isLoginOfHello(Request request, int i) {
    for (int at = 2; at < i; at++) {
      if (request.is(at, "AUTH")) {
        if (i <= at + 2) {
          return true;
        }
        at += 2;
      } else if (request.is(at, "SETNAME")) {
        at++;
      }
    }
    return false;
  }

  private void writeHello(ReplyWriter reply, Client client) {
    var role = hello.role();
    reply.map(role == null ? 6 : 7);
    field(reply, "server", "redis");
    field(reply, "version", hello.version());
    reply.bulk("proto");
    reply.integer(reply.resp());
    reply.bulk("id");
    reply.integer(client.id());
    field(reply, "mode", hello.mode());
    if (role != null) {
      field(reply, "role", role.get());
    }
    reply.bulk("modules");
    reply.array(0);
  }

  private static void field(ReplyWriter reply, String name, String value) {
    reply.bulk(name);
    reply.bulk(value);
  }
}
