package io.redoubt.protocol.acl;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.CommandTable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All users of a process. There is always one called {@code default}: who a client is before it
 * authenticates.
 */
public final class Users {
  private static final ByteString DEFAULT = ByteString.of("default");

  private final CommandTable<?> table;
  private final TreeMap<ByteString, User> byName = new TreeMap<>();
  private final User defaultUser;
  private boolean allChannelsAtFirst;

  /**
   * Only the default user, who may do everything without a password. All commands must be in the
   * table.
   */
  public Users(CommandTable<?> table) {
    this.table = table;
    this.defaultUser = new User(DEFAULT, table, () -> allChannelsAtFirst);
    becomeUnlimited(defaultUser);
    byName.put(DEFAULT, defaultUser);
  }

  private User newUser(ByteString name) {
    return new User(name, table, () -> allChannelsAtFirst);
  }

  /** {@code acl-pubsub-default}: whether new users and selectors begin with all channels. */
  public void allChannelsAtFirst(boolean all) {
    allChannelsAtFirst = all;
  }

  private static void becomeUnlimited(User user) {
    try {
      for (String rule : List.of("on", "nopass", "~*", "&*", "+@all")) {
        user.apply(rule);
      }
    } catch (AclRuleException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Who a client is before it authenticates; the same object for ever. */
  public User defaultUser() {
    return defaultUser;
  }

  /** Whether clients may do without AUTH. */
  public boolean admitsWithoutPassword() {
    return defaultUser.isEnabled() && defaultUser.needsNoPassword();
  }

  /** {@code requirepass}: the default user's only password; empty for none. */
  public void requirePassword(String password) {
    try {
      defaultUser.apply(password.isEmpty() ? "nopass" : "resetpass");
      if (!password.isEmpty()) {
        defaultUser.apply(">" + password);
      }
    } catch (AclRuleException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The user of that name, or null. */
  public @Nullable User named(ByteString name) {
    return byName.get(name);
  }

  /** All users in the order of their names. */
  public Collection<User> all() {
    return Collections.unmodifiableCollection(byName.values());
  }

  /** The user, when the password is right and the user is on; otherwise null. */
  public @Nullable User authenticate(ByteString name, byte[] password) {
    User user = byName.get(name);
    return user != null && user.accepts(password) ? user : null;
  }

  /**
   * Makes or changes a user: all rules or none.
   *
   * @param rules one a word; a selector may be spread over several
   * @throws IllegalArgumentException with Redis' words, such as {@code Error in ACL SETUSER
   *     modifier 'x': Syntax error}
   */
  public User set(ByteString name, List<String> rules) {
    List<String> merged = mergeSelectors(rules);
    User user = byName.get(name);
    User draft = user == null ? newUser(name) : user.copy();
    for (String rule : merged) {
      try {
        draft.apply(rule);
      } catch (AclRuleException e) {
        throw new IllegalArgumentException(
            "Error in ACL SETUSER modifier '" + rule + "': " + e.getMessage(), e);
      }
    }
    if (user == null) {
      byName.put(name, draft);
      return draft;
    }
    user.become(draft);
    return user;
  }

  /**
   * Takes the {@code user} lines of a configuration: each makes its user anew, also the default
   * one.
   *
   * @param lines each a name and rules
   * @throws IllegalArgumentException with Redis' words for the first bad line; no user is changed
   */
  public void define(List<List<String>> lines) {
    var drafts = new TreeMap<ByteString, User>();
    for (List<String> line : lines) {
      ByteString name = ByteString.of(line.getFirst());
      User draft = newUser(name);
      for (String rule : mergeSelectors(line.subList(1, line.size()))) {
        try {
          draft.apply(rule);
        } catch (AclRuleException e) {
          throw new IllegalArgumentException(
              "Error in user declaration '" + rule + "': " + e.getMessage(), e);
        }
      }
      if (drafts.putIfAbsent(name, draft) != null) {
        throw new IllegalArgumentException(
            "Duplicate user found. A user can only be defined once in config files");
      }
    }
    for (User draft : drafts.values()) {
      User user = byName.putIfAbsent(draft.name(), draft);
      if (user != null) {
        user.become(draft);
      }
    }
  }

  /** Joins the words between parentheses to one rule. */
  static List<String> mergeSelectors(List<String> words) {
    var rules = new ArrayList<String>();
    StringBuilder open = null;
    for (String word : words) {
      if (open != null) {
        open.append(' ').append(word);
      } else if (word.startsWith("(") && !word.endsWith(")")) {
        open = new StringBuilder(word);
        continue;
      } else {
        rules.add(word);
        continue;
      }
      if (word.endsWith(")")) {
        rules.add(open.toString());
        open = null;
      }
    }
    if (open != null) {
      throw new IllegalArgumentException(
          "Unmatched parenthesis in acl selector starting at '"
              + words.get(firstOpen(words))
              + "'.");
    }
    return rules;
  }

  private static int firstOpen(List<String> words) {
    int open = 0;
    for (int i = 0; i < words.size(); i++) {
      if (words.get(i).startsWith("(") && !words.get(i).endsWith(")")) {
        open = i;
      }
    }
    return open;
  }

  /** Removes a user; false when there is none. The default user cannot be removed. */
  public boolean remove(ByteString name) {
    return !name.equals(DEFAULT) && byName.remove(name) != null;
  }

  /** The lines of ACL LIST, of the ACL file, and of CONFIG REWRITE. */
  public List<String> describe() {
    return byName.values().stream()
        .map(user -> "user " + user.name() + " " + user.describe())
        .toList();
  }

  /**
   * Replaces all users by those of an ACL file: all lines or none.
   *
   * @param path the file, for messages
   * @param lines its lines
   * @return the users of before, the default one excepted: as in Redis their clients are to be
   *     closed
   * @throws IllegalArgumentException with Redis' words for every bad line
   */
  public List<User> load(String path, List<String> lines) {
    var drafts = new TreeMap<ByteString, User>();
    var errors = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String error = loadLine(line, drafts);
      if (error != null) {
        errors.append(path).append(':').append(i + 1).append(error).append(". ");
      }
    }
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(
          errors
              + "WARNING: ACL errors detected, no change to the previously active ACL rules was"
              + " performed");
    }
    return replaceAll(drafts);
  }

  private @Nullable String loadLine(String line, TreeMap<ByteString, User> drafts) {
    String[] words = line.split("\\s+");
    if (words.length < 2 || !words[0].equals("user")) {
      return " should start with user keyword followed by the username";
    }
    ByteString name = ByteString.of(words[1]);
    var draft = newUser(name);
    try {
      for (String rule : mergeSelectors(List.of(words).subList(2, words.length))) {
        try {
          draft.apply(rule);
        } catch (AclRuleException e) {
          return ": " + e.getMessage();
        }
      }
    } catch (IllegalArgumentException e) {
      return ": Unmatched parenthesis in selector definition";
    }
    if (drafts.putIfAbsent(name, draft) != null) {
      return ": Duplicate user '" + words[1] + "' found";
    }
    return null;
  }

  private List<User> replaceAll(TreeMap<ByteString, User> drafts) {
    User newDefault = drafts.remove(DEFAULT);
    if (newDefault == null) {
      newDefault = newUser(DEFAULT);
      becomeUnlimited(newDefault);
    }
    defaultUser.become(newDefault);
    byName.remove(DEFAULT);
    List<User> replaced = List.copyOf(byName.values());
    byName.clear();
    byName.putAll(drafts);
    byName.put(DEFAULT, defaultUser);
    return replaced;
  }

  /** Whether a name may be given to a user. */
  public static boolean isValidName(ByteString name) {
    String text = new String(name.toByteArray(), StandardCharsets.ISO_8859_1);
    return text.chars().noneMatch(c -> c == 0 || Character.isWhitespace(c));
  }
}
