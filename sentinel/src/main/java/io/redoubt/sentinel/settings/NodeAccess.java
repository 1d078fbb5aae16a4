package io.redoubt.sentinel.settings;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The login at data nodes or other sentinels, and their renamed commands.
 *
 * @param user the user for AUTH, empty for none
 * @param password the password for AUTH, empty for none
 * @param renamedCommands the nodes' names of commands, by the ordinary name in any case
 */
public record NodeAccess(String user, String password, Map<String, String> renamedCommands) {
  /** Returns the access with a login and ordinary command names. */
  public static NodeAccess of(String user, String password) {
    return new NodeAccess(user, password, Map.of());
  }

  /** Returns a copy with another user and password. */
  public NodeAccess withLogin(String newUser, String newPassword) {
    return new NodeAccess(newUser, newPassword, renamedCommands);
  }

  /** Returns a copy with one command renamed; renaming a command to itself restores its name. */
  public NodeAccess withRenamed(String command, String name) {
    Map<String, String> renamed = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    renamed.putAll(renamedCommands);
    renamed.remove(command);
    if (!command.equalsIgnoreCase(name)) {
      renamed.put(command, name);
    }
    return new NodeAccess(user, password, Collections.unmodifiableMap(renamed));
  }

  /** Returns true if another access has the same user and password. */
  public boolean hasLoginOf(NodeAccess other) {
    return user.equals(other.user) && password.equals(other.password);
  }

  /** Returns a command with the nodes' name of it. */
  public List<String> renamed(String... words) {
    String name = renamedCommands.get(words[0]);
    if (name != null) {
      words[0] = name;
    }
    return List.of(words);
  }
}
