package io.redoubt.protocol.acl;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Utf8;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.DatabaseSpec;
import io.redoubt.protocol.resp.Request;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A user: credentials and permissions. Rules change it in place and thus apply to its clients at
 * once; {@link Users} applies several rules atomically.
 */
public final class User {
  private static final int HASH_DIGITS = 64;

  private final ByteString name;
  private final CommandTable<?> table;
  private final UserDefaults defaults;
  private boolean enabled;
  private boolean noPassword;
  private boolean sanitizesPayload = true;
  private final Set<String> passwordHashes = new LinkedHashSet<>();
  private final List<Selector> selectors = new ArrayList<>();
  private final RequestKeys keys = new RequestKeys();
  private boolean unrestricted;
  private int deniedArgument;

  /**
   * Creates a disabled user without permissions, except for all channels if these are the default.
   */
  User(ByteString name, CommandTable<?> table, UserDefaults defaults) {
    this.name = name;
    this.table = table;
    this.defaults = defaults;
    selectors.add(new Selector(table, defaults));
  }

  User copy() {
    var copy = new User(name, table, defaults);
    copy.copyFrom(this);
    return copy;
  }

  /** Copies everything but the name from another user. */
  void copyFrom(User other) {
    enabled = other.enabled;
    noPassword = other.noPassword;
    sanitizesPayload = other.sanitizesPayload;
    passwordHashes.clear();
    passwordHashes.addAll(other.passwordHashes);
    List<Selector> copies = new ArrayList<>();
    other.selectors.forEach(selector -> copies.add(new Selector(selector)));
    selectors.clear();
    selectors.addAll(copies);
    updateUnrestricted();
  }

  private void updateUnrestricted() {
    unrestricted = selectors.getFirst().allowsAll();
  }

  public ByteString name() {
    return name;
  }

  /** Returns true if the user may log in. */
  public boolean isEnabled() {
    return enabled;
  }

  /** Returns true if any password is accepted. */
  public boolean needsNoPassword() {
    return noPassword;
  }

  /** Returns the SHA-256 hashes of the passwords, as 64 lower case hexadecimal digits. */
  public Set<String> passwordHashes() {
    return Collections.unmodifiableSet(passwordHashes);
  }

  /**
   * Applies one rule; a selector in parentheses is one rule.
   *
   * @throws AclRuleException if the rule is invalid; the user is then unchanged
   */
  void apply(String rule) throws AclRuleException {
    Selector root = selectors.getFirst();
    switch (rule.toLowerCase(Locale.ROOT)) {
      case "on" -> enabled = true;
      case "off" -> enabled = false;
      case "nopass" -> {
        noPassword = true;
        passwordHashes.clear();
      }
      case "resetpass" -> {
        noPassword = false;
        passwordHashes.clear();
      }
      case "sanitize-payload" -> sanitizesPayload = true;
      case "skip-sanitize-payload" -> sanitizesPayload = false;
      case "clearselectors" -> selectors.subList(1, selectors.size()).clear();
      case "reset" -> copyFrom(new User(name, table, defaults));
      case "" -> {
        // Redis ignores it.
      }
      default -> {
        if (!applyPassword(rule)) {
          if (rule.startsWith("(") && rule.endsWith(")")) {
            selectors.add(parseSelector(rule.substring(1, rule.length() - 1)));
          } else if (!root.apply(rule)) {
            throw new AclRuleException("Syntax error");
          }
        }
      }
    }
    updateUnrestricted();
  }

  private Selector parseSelector(String rules) throws AclRuleException {
    var selector = new Selector(table, defaults);
    for (String rule : rules.split("\\s+")) {
      if (!rule.isEmpty() && !selector.apply(rule)) {
        throw new AclRuleException("Syntax error");
      }
    }
    return selector;
  }

  private boolean applyPassword(String rule) throws AclRuleException {
    String rest = rule.substring(1);
    switch (rule.charAt(0)) {
      case '>' -> addPassword(hash(Utf8.encode(rest)));
      case '#' -> addPassword(checked(rest));
      case '<' -> removePassword(hash(Utf8.encode(rest)));
      case '!' -> removePassword(checked(rest));
      default -> {
        return false;
      }
    }
    return true;
  }

  private void addPassword(String hash) {
    passwordHashes.add(hash);
    noPassword = false;
  }

  private void removePassword(String hash) throws AclRuleException {
    if (!passwordHashes.remove(hash)) {
      throw new AclRuleException(
          "The password you are trying to remove from the user does not exist");
    }
  }

  private static String checked(String hash) throws AclRuleException {
    if (hash.length() != HASH_DIGITS || !hash.matches("[0-9a-f]*")) {
      throw new AclRuleException(
          "The password hash must be exactly 64 characters and contain only lowercase hexadecimal"
              + " characters");
    }
    return hash;
  }

  private static String hash(byte[] password) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(password));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Returns true if the user may log in with the password. Takes constant time, however wrong the
   * password is.
   */
  boolean accepts(byte[] password) {
    if (!enabled) {
      return false;
    }
    if (noPassword) {
      return true;
    }
    byte[] hash = hash(password).getBytes(StandardCharsets.US_ASCII);
    boolean found = false;
    for (String known : passwordHashes) {
      found |= MessageDigest.isEqual(hash, known.getBytes(StandardCharsets.US_ASCII));
    }
    Arrays.fill(hash, (byte) 0);
    return found;
  }

  /** Returns true if everything is permitted, so that no check is needed. */
  public boolean isUnrestricted() {
    return unrestricted;
  }

  /** Returns true if the command is permitted with any arguments, apart from its keys. */
  public boolean mayRun(Command<?> command) {
    return selectors.stream().anyMatch(selector -> selector.mayRun(command));
  }

  /**
   * Checks a request.
   *
   * @param database the database in which it would run, 0 in a process without databases
   * @return null if it is permitted; otherwise {@link #deniedObject} returns what is denied
   */
  public @Nullable Denial check(Command<?> command, Request request, int database) {
    if (unrestricted || command.has(io.redoubt.protocol.command.Flag.NO_AUTH)) {
      return null;
    }
    Denial mostSpecific = null;
    int argument = 0;
    keys.clear();
    for (int i = 0; i < selectors.size(); i++) {
      Selector selector = selectors.get(i);
      Denial denial = selector.check(command, request, keys, database);
      if (denial == null) {
        return null;
      }
      if (mostSpecific == null
          || denial.compareTo(mostSpecific) > 0
          || (denial == mostSpecific && selector.deniedArgument() > argument)) {
        mostSpecific = denial;
        argument = selector.deniedArgument();
      }
    }
    deniedArgument = argument;
    return mostSpecific;
  }

  /**
   * Returns what the last {@link #check} denied, with its arguments: a key, a channel, the index of
   * a database, or the name of the command.
   */
  public ByteString deniedObject(Denial denial, Command<?> command, Request request, int database) {
    if (deniedArgument > 0) {
      return request.string(deniedArgument);
    }
    boolean isCurrent =
        denial == Denial.DATABASE && command.databases().scope() != DatabaseSpec.Scope.ALL;
    return ByteString.of(isCurrent ? Integer.toString(database) : command.name());
  }

  /** Returns true if a channel is permitted or, compared literally, a pattern of channels. */
  public boolean allowsChannel(ByteString channel, boolean isPattern) {
    for (Selector selector : selectors) {
      if (selector.allowsChannel(channel.asSegment(), 0, channel.length(), isPattern)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns true if the command may read keys that are determined during its execution (SORT BY,
   * GET).
   */
  public boolean readsAllKeys(Command<?> command, Request request, int database) {
    keys.clear();
    for (Selector selector : selectors) {
      if (selector.readsAllKeys() && selector.check(command, request, keys, database) == null) {
        return true;
      }
    }
    return false;
  }

  /** Returns the flags of ACL GETUSER. */
  public List<String> flags() {
    var flags = new ArrayList<String>();
    flags.add(enabled ? "on" : "off");
    if (noPassword) {
      flags.add("nopass");
    }
    flags.add(sanitizesPayload ? "sanitize-payload" : "skip-sanitize-payload");
    return flags;
  }

  /** Returns the permissions of each selector as rules, the root selector first. */
  public List<Permissions> permissions() {
    return selectors.stream()
        .map(each ->
            new Permissions(
                each.describeCommands(),
                each.describeKeys(),
                each.describeChannels(),
                each.describeDatabases()))
        .toList();
  }

  /**
   * A selector as ACL GETUSER shows it.
   *
   * @param commands such as {@code +@all -keys}
   * @param keys such as {@code ~a* %R~b*}
   * @param channels such as {@code &*}
   * @param databases {@code alldbs}, such as {@code db=0,1}, or empty for none
   */
  public record Permissions(String commands, String keys, String channels, String databases) {}

  /**
   * Returns the rules that create this user, as in ACL LIST and the ACL file, without {@code user}
   * and the name.
   */
  public String describe() {
    var text = new StringBuilder();
    for (String flag : flags()) {
      text.append(flag).append(' ');
    }
    for (String hash : passwordHashes) {
      text.append('#').append(hash).append(' ');
    }
    text.append(selectors.getFirst().describe());
    for (Selector selector : selectors.subList(1, selectors.size())) {
      text.append(" (").append(selector.describe()).append(')');
    }
    return text.toString();
  }
}
