package io.redoubt.protocol.acl;

import io.redoubt.protocol.bytes.Ascii;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.bytes.Utf8;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.process.SmallFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All users of a process. The user {@code default} always exists; clients use it until they
 * authenticate.
 */
public final class Users {
  private static final int LINES_BETWEEN_CHECKS = 100;
  private static final int MAX_ERROR_CHARACTERS = 64 << 10;

  private static final Pattern WHITE_ENDS = Pattern.compile("^\\s+|\\s+$");
  private static final ByteString DEFAULT = ByteString.of("default");

  private final CommandTable<?> table;
  private final TreeMap<ByteString, User> byName = new TreeMap<>();
  private final User defaultUser;
  private final UserDefaults defaults = new UserDefaults();

  /**
   * Creates the default user only, with all permissions and no password. All commands must have
   * been added to the table.
   */
  public Users(CommandTable<?> table) {
    this.table = table;
    this.defaultUser = new User(DEFAULT, table, defaults);
    permitEverything(defaultUser);
    byName.put(DEFAULT, defaultUser);
  }

  private User newUser(ByteString name) {
    return new User(name, table, defaults);
  }

  /** Sets {@code acl-pubsub-default}: true if new users and selectors start with all channels. */
  public void setAllChannelsByDefault(boolean all) {
    defaults.setAllChannels(all);
  }

  /** Sets the number of databases, so that commands report an index beyond as out of range. */
  public void setDatabaseCount(int count) {
    defaults.setDatabaseCount(count);
  }

  private static void permitEverything(User user) {
    try {
      for (String rule : List.of("on", "nopass", "~*", "&*", "+@all")) {
        user.apply(rule);
      }
    } catch (AclRuleException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the user of clients before authentication, always the same object. */
  public User defaultUser() {
    return defaultUser;
  }

  /** Returns true if clients need not authenticate. */
  public boolean allowsUnauthenticated() {
    return defaultUser.isEnabled() && defaultUser.needsNoPassword();
  }

  /** Sets {@code requirepass}, the default user's only password; empty for none. */
  public void setRequiredPassword(String password) {
    try {
      defaultUser.apply(password.isEmpty() ? "nopass" : "resetpass");
      if (!password.isEmpty()) {
        defaultUser.apply(">" + password);
      }
    } catch (AclRuleException e) {
      throw new IllegalStateException(e);
    }
  }

  public @Nullable User named(ByteString name) {
    return byName.get(name);
  }

  /** Returns all users in the order of their names. */
  public Collection<User> all() {
    return Collections.unmodifiableCollection(byName.values());
  }

  /** Returns the user if the password is right and the user enabled; otherwise null. */
  public @Nullable User authenticate(ByteString name, byte[] password) {
    User user = byName.get(name);
    return user != null && user.accepts(password) ? user : null;
  }

  /**
   * Creates or changes a user; applies all rules or none.
   *
   * @param rules one rule per element; a selector may be spread over several
   * @throws IllegalArgumentException with Redis' message, such as {@code Error in ACL SETUSER
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
    user.copyFrom(draft);
    return user;
  }

  /** Receives the invalid lines of users, or throws an exception at the first. */
  @FunctionalInterface
  public interface InvalidLines<E extends Exception> {
    /** Receives the index of a line and the reason, with Redis' text. */
    void onInvalidLine(int index, String reason) throws E;
  }

  /** Applies the lines like above, and passes on all invalid ones. */
  public <E extends Exception> void define(List<List<String>> lines, InvalidLines<E> invalid)
      throws E {
    var drafts = new TreeMap<ByteString, User>();
    boolean valid = true;
    for (int i = 0; i < lines.size(); i++) {
      ByteString name = ByteString.of(lines.get(i).getFirst());
      User draft = newUser(name);
      String reason = applied(draft, lines.get(i));
      if (reason == null && drafts.putIfAbsent(name, draft) != null) {
        reason = "Duplicate user found. A user can only be defined once in config files";
      }
      if (reason != null) {
        valid = false;
        invalid.onInvalidLine(i, reason);
      }
    }
    if (!valid) {
      return;
    }
    for (User draft : drafts.values()) {
      User user = byName.putIfAbsent(draft.name(), draft);
      if (user != null) {
        user.copyFrom(draft);
      }
    }
  }

  /** Applies the rules of a line; returns the reason of a refusal, or null. */
  private static @Nullable String applied(User draft, List<String> line) {
    for (String rule : mergeSelectors(line.subList(1, line.size()))) {
      try {
        draft.apply(rule);
      } catch (AclRuleException e) {
        boolean isSecret = "<>#!".indexOf(rule.charAt(0)) >= 0;
        String shown = isSecret ? rule.charAt(0) + "***" : rule;
        return "Error in user declaration '" + shown + "': " + e.getMessage();
      }
    }
    return null;
  }

  /** Joins the rules between parentheses to one. */
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

  /** Removes a user; returns false if it does not exist. The default user cannot be removed. */
  public boolean remove(ByteString name) {
    return !name.equals(DEFAULT) && byName.remove(name) != null;
  }

  /** Returns the lines of ACL LIST, of the ACL file, and of CONFIG REWRITE. */
  public List<String> describe() {
    var lines = new ArrayList<String>(byName.size());
    for (User user : byName.values()) {
      lines.add("user " + user.name().exactText() + " " + user.describe());
    }
    return lines;
  }

  /**
   * Returns the arguments of a line of {@link #describe} for a config file, where quotes and bytes
   * that are not UTF-8 must be quoted.
   */
  public static List<String> arguments(String line) {
    return Stream.of(line.substring("user ".length()).split(" ", -1))
        .map(word -> mustBeQuoted(word) ? Quoting.quote(Utf8.encode(word)) : word)
        .toList();
  }

  private static boolean mustBeQuoted(String word) {
    return word.chars().anyMatch(c -> c == '"' || c == '\'' || Character.isSurrogate((char) c));
  }

  /**
   * Replaces all users by the users of an ACL file; applies all lines or none.
   *
   * @param path the file, for messages
   * @return the replaced users except the default one; as in Redis, their clients must be closed
   * @throws IllegalArgumentException with Redis' message for every invalid line
   */
  public List<User> load(String path, List<String> lines) {
    var drafts = new TreeMap<ByteString, User>();
    var errors = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      String line = WHITE_ENDS.matcher(lines.get(i)).replaceAll("");
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String shortage = i % LINES_BETWEEN_CHECKS == 0 ? shortage() : null;
      if (shortage != null || errors.length() > MAX_ERROR_CHARACTERS) {
        errors.append(shortage == null ? "Further errors are left out. " : shortage);
        break;
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

  /** Returns the error if the heap has no room for more users. */
  private static @Nullable String shortage() {
    try {
      SmallFile.requireRoom();
      return null;
    } catch (IOException e) {
      return e.getMessage() + ". ";
    }
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
      permitEverything(newDefault);
    }
    defaultUser.copyFrom(newDefault);
    byName.remove(DEFAULT);
    List<User> replaced = List.copyOf(byName.values());
    byName.clear();
    byName.putAll(drafts);
    byName.put(DEFAULT, defaultUser);
    return replaced;
  }

  public static boolean isValidName(ByteString name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.byteAt(i) == 0 || Ascii.isSpace(name.byteAt(i))) {
        return false;
      }
    }
    return true;
  }
}
