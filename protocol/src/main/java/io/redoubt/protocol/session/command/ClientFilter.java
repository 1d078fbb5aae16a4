package io.redoubt.protocol.session.command;

import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.ClientType;
import org.jspecify.annotations.Nullable;

/** The filters of CLIENT KILL, all of which must match. */
public final class ClientFilter {
  private long id;
  private @Nullable ClientType type;
  private @Nullable String address;
  private @Nullable String localAddress;
  private @Nullable User user;
  private long maxAgeSeconds;
  private boolean skipsSelf = true;

  /** Parses pairs of option and value. */
  static ClientFilter parse(Request request, int from, ClientRegistry registry) {
    var filter = new ClientFilter();
    for (int i = from; i < request.count(); i += 2) {
      if (i + 1 == request.count()) {
        throw Errors.SYNTAX;
      }
      filter.option(request, i, registry);
    }
    return filter;
  }

  /** Parses the old form {@code CLIENT KILL ip:port}, which may match the caller. */
  static ClientFilter address(String address) {
    var filter = new ClientFilter();
    filter.address = address;
    filter.skipsSelf = false;
    return filter;
  }

  private void option(Request request, int at, ClientRegistry registry) {
    int value = at + 1;
    if (request.is(at, "ID")) {
      id = positive(request, value, "client-id");
    } else if (request.is(at, "TYPE")) {
      type = type(request, value);
    } else if (request.is(at, "ADDR")) {
      address = request.text(value);
    } else if (request.is(at, "LADDR")) {
      localAddress = request.text(value);
    } else if (request.is(at, "USER")) {
      user = registry.users().named(request.string(value));
      if (user == null) {
        throw new CommandError("ERR No such user '" + Errors.shown(request, value) + "'");
      }
    } else if (request.is(at, "SKIPME") && request.is(value, "yes")) {
      skipsSelf = true;
    } else if (request.is(at, "SKIPME") && request.is(value, "no")) {
      skipsSelf = false;
    } else if (request.is(at, "MAXAGE")) {
      maxAgeSeconds = positive(request, value, "maxage");
    } else {
      throw Errors.SYNTAX;
    }
  }

  private static long positive(Request request, int argument, String what) {
    long number =
        Numbers.parseLong(request.memory(), request.offset(argument), request.length(argument), 0);
    if (number <= 0) {
      throw new CommandError("ERR " + what + " should be greater than 0");
    }
    return number;
  }

  static ClientType type(Request request, int argument) {
    ClientType type = ClientType.named(request.text(argument));
    if (type == null) {
      throw new CommandError("ERR Unknown client type '" + Errors.shown(request, argument) + "'");
    }
    return type;
  }

  boolean fits(Client client, Client self, long nowMillis) {
    return (id == 0 || client.id() == id)
        && (type == null || client.type() == type)
        && (address == null || client.address().equals(address))
        && (localAddress == null || client.localAddress().equals(localAddress))
        && (user == null || user.equals(client.user()))
        && (maxAgeSeconds == 0 || nowMillis - client.createdMillis() >= maxAgeSeconds * 1000)
        && !(skipsSelf && client.equals(self));
  }
}
