package io.redoubt.protocol.acl;

import io.redoubt.protocol.bytes.Ascii;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.command.ChannelSpec;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.KeyFlag;
import io.redoubt.protocol.resp.Request;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A set of permissions for commands, keys, channels and databases. Each user has a root selector
 * and possibly further ones, in parentheses.
 */
final class Selector {
  private static final int READ = 1;
  private static final int WRITE = 2;
  private static final int READS = KeyFlag.ACCESS.bit();
  private static final int WRITES =
      KeyFlag.UPDATE.bit() | KeyFlag.INSERT.bit() | KeyFlag.DELETE.bit();
  private static final ByteString EVERY_KEY = ByteString.of("*");

  private record KeyPattern(ByteString glob, int permissions) {
    String describe() {
      return switch (permissions) {
        case READ -> "%R~" + glob.exactText();
        case WRITE -> "%W~" + glob.exactText();
        default -> "~" + glob.exactText();
      };
    }
  }

  private final CommandRules commands;
  private final DatabaseRules databases;
  private final List<KeyPattern> keys = new ArrayList<>();
  private final List<ByteString> channels = new ArrayList<>();
  private boolean allKeys;
  private boolean allChannels;
  private int deniedArgument;

  /** Creates a selector that permits all databases, the channels of the defaults, and no more. */
  Selector(CommandTable<?> table, UserDefaults defaults) {
    commands = new CommandRules(table);
    databases = new DatabaseRules(defaults);
    allChannels = defaults.allChannels();
  }

  Selector(Selector other) {
    commands = new CommandRules(other.commands);
    databases = new DatabaseRules(other.databases);
    keys.addAll(other.keys);
    channels.addAll(other.channels);
    allKeys = other.allKeys;
    allChannels = other.allChannels;
  }

  /** Returns true if the command is allowed with any arguments, apart from its keys. */
  boolean mayRun(Command<?> command) {
    return commands.allowsAll() || commands.allows(command);
  }

  boolean allowsAll() {
    return allKeys && allChannels && databases.allowsAll() && commands.allowsAll();
  }

  /**
   * Applies a rule on commands, keys, channels or databases; returns false if the rule is of
   * another kind.
   */
  boolean apply(String rule) throws AclRuleException {
    String word = rule.toLowerCase(Locale.ROOT);
    switch (word) {
      case "allkeys", "~*" -> {
        allKeys = true;
        keys.clear();
      }
      case "resetkeys" -> {
        allKeys = false;
        keys.clear();
      }
      case "allchannels", "&*" -> {
        allChannels = true;
        channels.clear();
      }
      case "resetchannels" -> {
        allChannels = false;
        channels.clear();
      }
      case "allcommands", "+@all" -> commands.setAll(true);
      case "nocommands", "-@all" -> commands.setAll(false);
      default -> {
        return databases.apply(word) || applyOther(rule);
      }
    }
    return true;
  }

  private boolean applyOther(String rule) throws AclRuleException {
    char first = rule.isEmpty() ? ' ' : rule.charAt(0);
    switch (first) {
      case '~' -> addKeys(rule.substring(1), READ | WRITE);
      case '%' -> {
        checkNotAllKeys();
        int permissions = 0;
        int at = 1;
        for (; at < rule.length() && rule.charAt(at) != '~'; at++) {
          int letter = permission(rule.charAt(at));
          if (letter == 0 || (permissions & letter) != 0) {
            return false; // each letter at most once
          }
          permissions |= letter;
        }
        if (permissions == 0) {
          return false;
        }
        // Redis accepts permissions without a pattern as an empty pattern.
        addKeys(at < rule.length() ? rule.substring(at + 1) : "", permissions);
      }
      case '&' -> addChannels(rule.substring(1));
      case '+', '-' -> {
        boolean allow = first == '+';
        if (rule.startsWith("@", 1)) {
          commands.category(rule.substring(2), allow);
        } else {
          commands.command(rule.substring(1), allow);
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static int permission(char letter) {
    return switch (letter) {
      case 'R', 'r' -> READ;
      case 'W', 'w' -> WRITE;
      default -> 0;
    };
  }

  private void checkNotAllKeys() throws AclRuleException {
    if (allKeys) {
      throw new AclRuleException(
          "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not"
              + " have any effect. Try 'resetkeys' to start with an empty list of patterns");
    }
  }

  private void addKeys(String glob, int permissions) throws AclRuleException {
    checkNotAllKeys();
    checkPattern(glob);
    ByteString bytes = ByteString.of(glob);
    for (int i = 0; i < keys.size(); i++) {
      if (keys.get(i).glob().equals(bytes)) {
        keys.set(i, new KeyPattern(bytes, keys.get(i).permissions() | permissions));
        return;
      }
    }
    keys.add(new KeyPattern(bytes, permissions));
  }

  private void addChannels(String glob) throws AclRuleException {
    if (allChannels) {
      throw new AclRuleException(
          "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does"
              + " not have any effect. Try 'resetchannels' to start with an empty list of"
              + " channels");
    }
    checkPattern(glob);
    ByteString bytes = ByteString.of(glob);
    if (!channels.contains(bytes)) {
      channels.add(bytes);
    }
  }

  /** Refuses what an ACL file could not hold: it separates rules by white space. */
  static void checkPattern(String glob) throws AclRuleException {
    if (glob.chars().anyMatch(c -> c == 0 || Ascii.isSpace(c))) {
      throw new AclRuleException("Syntax error");
    }
  }

  /**
   * Checks a request; returns null if permitted, otherwise sets {@link #deniedArgument()}.
   *
   * @param keys the keys of the request, determined at the first selector that needs them
   * @param database the database in which it would run
   */
  @Nullable Denial check(Command<?> command, Request request, RequestKeys keys, int database) {
    int inDatabase = databases.denied(command, request, keys, database);
    deniedArgument = Math.max(inDatabase, 0);
    if (inDatabase != DatabaseRules.NOTHING) {
      return Denial.DATABASE;
    }
    if (!commands.allows(command, request)) {
      return Denial.COMMAND;
    }
    if (!allKeys && !command.keySpecs().isEmpty()) {
      int count = keys.find(command, request);
      for (int i = 0; i < count; i++) {
        int key = keys.argument(i);
        if (!allowsKey(request.memory(), request.offset(key), request.length(key), keys.flags(i))) {
          deniedArgument = key;
          return Denial.KEY;
        }
      }
    }
    ChannelSpec spec = command.channels();
    if (!allChannels && spec != null) {
      int end = spec.all() ? request.count() : spec.first() + 1;
      for (int i = spec.first(); i < end; i++) {
        if (!allowsChannel(
            request.memory(), request.offset(i), request.length(i), spec.patterns())) {
          deniedArgument = i;
          return Denial.CHANNEL;
        }
      }
    }
    return null;
  }

  int deniedArgument() {
    return deniedArgument;
  }

  /** Returns true if a channel is permitted or, compared literally, a pattern of channels. */
  boolean allowsChannel(MemorySegment memory, long offset, int length, boolean isPattern) {
    if (allChannels) {
      return true;
    }
    for (ByteString glob : channels) {
      if (isPattern
          ? glob.equals(memory, offset, length)
          : Glob.matches(glob.asSegment(), 0, glob.length(), memory, offset, length, false)) {
        return true;
      }
    }
    return false;
  }

  boolean allowsKey(MemorySegment memory, long offset, int length, int keyFlags) {
    if (allKeys) {
      return true;
    }
    int needed = ((keyFlags & READS) != 0 ? READ : 0) | ((keyFlags & WRITES) != 0 ? WRITE : 0);
    for (KeyPattern pattern : keys) {
      ByteString glob = pattern.glob();
      if ((pattern.permissions() & needed) == needed
          && Glob.matches(glob.asSegment(), 0, glob.length(), memory, offset, length, false)) {
        return true;
      }
    }
    return false;
  }

  /** Returns true if every key may be read, as SORT BY and similar options require. */
  boolean readsAllKeys() {
    return allKeys
        || keys.stream()
            .anyMatch(key -> key.glob().equals(EVERY_KEY) && (key.permissions() & READ) != 0);
  }

  String describeKeys() {
    return allKeys ? "~*" : join(keys.stream().map(KeyPattern::describe).toList());
  }

  String describeChannels() {
    return allChannels
        ? "&*"
        : join(channels.stream().map(each -> "&" + each.exactText()).toList());
  }

  String describeCommands() {
    return commands.describe();
  }

  String describeDatabases() {
    return databases.describe();
  }

  String describe() {
    var text = new StringBuilder();
    String keyRules = describeKeys();
    if (!keyRules.isEmpty()) {
      text.append(keyRules).append(' ');
    }
    if (!allChannels) {
      text.append("resetchannels ");
    }
    String channelRules = describeChannels();
    if (!channelRules.isEmpty()) {
      text.append(channelRules).append(' ');
    }
    String restriction = databases.describeRestriction();
    if (!restriction.isEmpty()) {
      text.append(restriction).append(' ');
    }
    return text.append(describeCommands()).toString();
  }

  private static String join(List<String> rules) {
    return String.join(" ", rules);
  }
}
