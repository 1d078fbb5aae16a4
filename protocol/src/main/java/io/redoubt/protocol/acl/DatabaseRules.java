package io.redoubt.protocol.acl;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.DatabaseSpec;
import io.redoubt.protocol.resp.Request;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The databases that a selector permits: all, or those of a list. */
final class DatabaseRules {
  /** The result of {@link #denied} for a permitted request. */
  static final int NOTHING = -1;

  private static final String LIST = "db=";

  private final UserDefaults defaults;

  /** The permitted databases in ascending order, null for all. */
  private int @Nullable [] permitted;

  DatabaseRules(UserDefaults defaults) {
    this.defaults = defaults;
  }

  DatabaseRules(DatabaseRules other) {
    defaults = other.defaults;
    permitted = other.permitted; // replaced as a whole, never changed
  }

  /** Applies a rule in lower case; returns false if it is no rule on databases. */
  boolean apply(String rule) throws AclRuleException {
    if (rule.equals("alldbs")) {
      permitted = null;
    } else if (rule.equals("resetdbs")) {
      permitted = new int[0];
    } else if (rule.startsWith(LIST)) {
      permitted = parse(rule.substring(LIST.length()));
    } else {
      return false;
    }
    return true;
  }

  private static int[] parse(String list) throws AclRuleException {
    String[] words = list.split(",", -1);
    int[] indices = new int[words.length];
    for (int i = 0; i < words.length; i++) {
      ByteString word = ByteString.of(words[i]);
      if (!Numbers.isLong(word.asSegment(), 0, word.length())) {
        throw new AclRuleException("Syntax error");
      }
      long index = Numbers.parseLong(word.asSegment(), 0, word.length(), NOTHING);
      if (index < 0 || index > Integer.MAX_VALUE) {
        throw new AclRuleException("The provided database ID is out of range");
      }
      indices[i] = (int) index;
    }
    return IntStream.of(indices).sorted().distinct().toArray();
  }

  boolean allowsAll() {
    return permitted == null;
  }

  private boolean allows(int index) {
    int[] list = permitted;
    return list == null || Arrays.binarySearch(list, index) >= 0;
  }

  /**
   * Returns the index of the denied argument of a request, 0 if it names no database, or {@link
   * #NOTHING}.
   *
   * @param keys the keys of the request
   * @param current the database in which it would run
   */
  int denied(Command<?> command, Request request, RequestKeys keys, int current) {
    if (allowsAll()) {
      return NOTHING;
    }
    DatabaseSpec spec = command.databases();
    boolean isDenied =
        switch (spec.scope()) {
          case NONE -> false;
          case OF_KEYS -> !allows(current) && keys.find(command, request) > 0;
          case CURRENT -> !allows(current);
          case ALL -> true;
        };
    if (isDenied) {
      return 0;
    }
    for (int i = 1; i < request.count(); i++) {
      if (spec.arguments().isDatabase(request, i)) {
        long index =
            Numbers.parseLong(request.memory(), request.offset(i), request.length(i), NOTHING);
        if (index >= 0 && index < defaults.databaseCount() && !allows((int) index)) {
          return i;
        }
      }
    }
    return NOTHING;
  }

  /** Returns the rules as ACL GETUSER shows them. */
  String describe() {
    int[] list = permitted;
    if (list == null) {
      return "alldbs";
    }
    return list.length == 0
        ? ""
        : LIST + IntStream.of(list).mapToObj(Integer::toString).collect(Collectors.joining(","));
  }

  /**
   * Returns the rules as ACL LIST and the ACL file have them: empty for all databases, so that
   * Redis 7.2 can read the lines of users without such rules.
   */
  String describeRestriction() {
    return allowsAll() ? "" : describe().isEmpty() ? "resetdbs" : describe();
  }
}
