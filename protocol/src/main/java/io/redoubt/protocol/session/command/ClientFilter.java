package io.redoubt.protocol.session.command;

import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.protocol.session.ClientLine;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.ClientType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The filters of CLIENT KILL and CLIENT LIST, as in Redis 7.2 and 7.4 and Valkey 8.1 and 9. All of
 * them must match. If a filter is repeated, its last value counts.
 */
public final class ClientFilter {
  /** The commands with filters, which differ in an error text and in the default of SKIPME. */
  enum Use {
    KILL,
    LIST
  }

  private static final String NOT = "NOT-";
  private static final String NO_FLAGS = "N";

  /** The only capability of CLIENT CAPA in Valkey; without that command no client declares any. */
  private static final String CAPABILITIES = "r";

  private static final CommandError INVALID_ID = new CommandError("ERR Invalid client ID");

  private final Use use;
  private final Map<String, Predicate<Client>> tests = new HashMap<>();
  private boolean skipsSelf;

  private ClientFilter(Use use) {
    this.use = use;
    skipsSelf = use == Use.KILL;
  }

  /** Parses filters with their values, from an argument on. */
  static ClientFilter parse(Use use, Request request, int from, ClientRegistry registry) {
    var filter = new ClientFilter(use);
    boolean afterIds = false;
    for (int i = from; i < request.count(); ) {
      if (i + 1 == request.count()) {
        throw afterIds && use == Use.LIST ? INVALID_ID : Errors.SYNTAX;
      }
      String name = request.text(i).toUpperCase(Locale.ROOT);
      boolean isNegated = name.startsWith(NOT);
      String plain = isNegated ? name.substring(NOT.length()) : name;
      afterIds = plain.equals("ID");
      if (afterIds) {
        int end = endOfIds(request, i + 1);
        filter.add(name, isNegated, filter.ids(request, i + 1, end));
        i = end;
      } else {
        Predicate<Client> test = filter.test(plain, isNegated, request, i + 1, registry);
        if (test != null) {
          filter.add(name, isNegated, test);
        } else if (isNegated || !filter.option(plain, request, i + 1, registry)) {
          throw Errors.SYNTAX;
        }
        i += 2;
      }
    }
    return filter;
  }

  /** Parses the old form {@code CLIENT KILL ip:port}, which may match the caller. */
  static ClientFilter address(String address) {
    var filter = new ClientFilter(Use.KILL);
    filter.skipsSelf = false;
    filter.add("ADDR", false, client -> client.address().equals(address));
    return filter;
  }

  private void add(String name, boolean isNegated, Predicate<Client> test) {
    tests.put(name, isNegated ? test.negate() : test);
  }

  /** Returns the argument after the ids: at least one, and as many integers as follow. */
  private static int endOfIds(Request request, int first) {
    int end = first + 1;
    while (end < request.count() && isNumber(request, end)) {
      end++;
    }
    return end;
  }

  private Predicate<Client> ids(Request request, int first, int end) {
    Set<Long> ids = new HashSet<>();
    for (int i = first; i < end; i++) {
      if (use == Use.LIST && !isNumber(request, i)) {
        throw INVALID_ID;
      }
      ids.add(use == Use.LIST ? number(request, i) : positive(request, i, "client-id"));
    }
    return client -> ids.contains(client.id());
  }

  /** Returns the test of a filter that can be negated, or null for another word. */
  private @Nullable Predicate<Client> test(
      String name, boolean isNegated, Request request, int value, ClientRegistry registry) {
    ByteString bytes = request.string(value);
    String text = request.text(value);
    return switch (name) {
      case "TYPE" -> {
        ClientType type = type(request, value);
        yield client -> client.type() == type;
      }
      case "USER" -> {
        User user = registry.users().named(bytes);
        if (user == null) {
          throw new CommandError("ERR No such user '" + Errors.excerpt(request, value) + "'");
        }
        yield client -> user.equals(client.user());
      }
      case "ADDR" -> client -> client.address().equals(text);
      case "LADDR" -> client -> client.localAddress().equals(text);
      case "NAME" -> client -> client.names().name().equals(bytes);
      case "LIB-NAME" -> client -> client.names().library().equals(bytes);
      case "LIB-VER" -> client -> client.names().libraryVersion().equals(bytes);
      case "IP" -> client -> ip(client.address()).equals(ip(text + ":"));
      case "FLAGS" -> flags(request, value, isNegated);
      case "CAPA" -> {
        requireLetters(request, value, CAPABILITIES, "capa", isNegated);
        yield client -> text.isEmpty() || client.followsRedirects();
      }
      case "DB" -> {
        if (!isNumber(request, value)) {
          throw new CommandError("ERR DB number should be an integer");
        }
        long index = number(request, value);
        yield client -> client.databaseIndex() == index;
      }
      default -> null;
    };
  }

  /** Parses a filter that can't be negated; returns false for another word. */
  private boolean option(String name, Request request, int value, ClientRegistry registry) {
    long now = registry.clock().wallMillis();
    if (name.equals("SKIPME") && (request.is(value, "yes") || request.is(value, "no"))) {
      skipsSelf = request.is(value, "yes");
    } else if (name.equals("MAXAGE")) {
      long millis = millis(positive(request, value, "maxage"));
      add(name, false, client -> now - client.createdMillis() >= millis);
    } else if (name.equals("IDLE")) {
      long millis = millis(positive(request, value, "idle"));
      add(name, false, client -> now - client.lastInteractionMillis() >= millis);
    } else {
      return false;
    }
    return true;
  }

  private static long millis(long seconds) {
    return seconds > Long.MAX_VALUE / 1000 ? Long.MAX_VALUE : seconds * 1000;
  }

  /** Returns the test for all of some letters of the flags in CLIENT LIST. */
  private static Predicate<Client> flags(Request request, int value, boolean isNegated) {
    var known = new StringBuilder(NO_FLAGS);
    for (ClientFlag flag : ClientFlag.values()) {
      known.append(flag.letter());
    }
    requireLetters(request, value, known.toString(), "flags", isNegated);
    String wanted = request.text(value);
    return client -> {
      String flags = ClientLine.flags(client);
      return wanted.chars().allMatch(letter -> flags.indexOf(letter) >= 0);
    };
  }

  private static void requireLetters(
      Request request, int argument, String known, String what, boolean isNegated) {
    if (!request.text(argument).chars().allMatch(letter -> known.indexOf(letter) >= 0)) {
      throw new CommandError(
          "ERR Unknown "
              + what
              + " found in the "
              + (isNegated ? NOT + what.toUpperCase(Locale.ROOT) : "provided")
              + " filter: "
              + Errors.excerpt(request, argument));
    }
  }

  /** Returns an address without its port, and without the brackets of IPv6. */
  private static String ip(String address) {
    int colon = address.lastIndexOf(':');
    String ip = colon < 0 ? address : address.substring(0, colon);
    return ip.startsWith("[") && ip.endsWith("]") ? ip.substring(1, ip.length() - 1) : ip;
  }

  static boolean isNumber(Request request, int argument) {
    return Numbers.isLong(request.memory(), request.offset(argument), request.length(argument));
  }

  static long number(Request request, int argument) {
    return Numbers.parseLong(
        request.memory(), request.offset(argument), request.length(argument), 0);
  }

  private static long positive(Request request, int argument, String what) {
    long number = number(request, argument);
    if (number <= 0) {
      throw new CommandError("ERR " + what + " should be greater than 0");
    }
    return number;
  }

  private static ClientType type(Request request, int argument) {
    ClientType type = ClientType.named(request.text(argument));
    if (type == null) {
      throw new CommandError("ERR Unknown client type '" + Errors.excerpt(request, argument) + "'");
    }
    return type;
  }

  boolean fits(Client client, Client self) {
    if (skipsSelf && client.equals(self)) {
      return false;
    }
    for (Predicate<Client> test : tests.values()) {
      if (!test.test(client)) {
        return false;
      }
    }
    return true;
  }
}
