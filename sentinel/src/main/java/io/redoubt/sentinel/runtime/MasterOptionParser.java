package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.sentinel.settings.MasterOptions;
import io.redoubt.sentinel.settings.NodeAccess;
import io.redoubt.sentinel.settings.ScriptPaths;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Parses the options of one master, as named in sentinel.conf and SENTINEL SET. */
public final class MasterOptionParser {
  /** The options that name a script. */
  static final List<String> SCRIPTS = List.of("notification-script", "client-reconfig-script");

  /** The maximum time; a sum of several is far below the maximum of a long. */
  private static final long MAX_MILLIS = Integer.MAX_VALUE * 1000L;

  private MasterOptionParser() {}

  /** Signals an invalid value or an unknown option. */
  public static final class Refusal extends Exception {
    private static final long serialVersionUID = 1;

    private Refusal(String reason) {
      super(reason, null, false, false);
    }

    /** Returns the reason in the wording of config file errors. */
    public String reason() {
      return String.valueOf(getMessage());
    }
  }

  /**
   * Returns the number of values of an option, or 0 for an unknown one.
   *
   * @param word in any case
   */
  public static int values(String word) {
    return switch (word.toLowerCase(Locale.ROOT)) {
      case "down-after-milliseconds",
          "failover-timeout",
          "parallel-syncs",
          "notification-script",
          "client-reconfig-script",
          "auth-pass",
          "auth-user",
          "quorum",
          "master-reboot-down-after-period",
          "primary-reboot-down-after-period",
          "forget-after" ->
          1;
      case "rename-command" -> 2;
      default -> 0;
    };
  }

  /**
   * Returns the options with one of them set.
   *
   * @param value the value after the option's name
   * @param second the second value; null unless {@link #values} is 2
   */
  public static MasterOptions set(
      MasterOptions options, String word, String value, @Nullable String second) throws Refusal {
    MasterOptions.MasterDraft draft = options.draft();
    switch (word.toLowerCase(Locale.ROOT)) {
      case "down-after-milliseconds" -> draft.downAfterMillis = millis(value);
      case "failover-timeout" -> draft.failoverTimeoutMillis = millis(value);
      case "parallel-syncs" -> draft.parallelSyncs = count(value, "Invalid parallel-syncs value.");
      case "notification-script" ->
          draft.scripts = new ScriptPaths(value, options.scripts().clientReconfig());
      case "client-reconfig-script" ->
          draft.scripts = new ScriptPaths(options.scripts().notification(), value);
      case "auth-pass" -> draft.access = options.access().withLogin(options.access().user(), value);
      case "auth-user" ->
          draft.access = options.access().withLogin(value, options.access().password());
      case "quorum" -> draft.quorum = quorum(value);
      case "master-reboot-down-after-period", "primary-reboot-down-after-period" ->
          draft.masterRebootDownAfterMillis = number(value, 0, "negative time parameter.");
      case "forget-after" -> draft.forgetAfterMillis = number(value, 0, "negative time parameter.");
      case "rename-command" ->
          draft.access = renamed(options.access(), value, second == null ? "" : second);
      default -> throw new Refusal("Unrecognized sentinel configuration statement.");
    }
    return draft.options();
  }

  /**
   * Returns the options with one of them set by a line of a file. Unlike in SENTINEL SET, {@code
   * parallel-syncs} may be 0 there: the other replicas then follow once the failover has timed out.
   */
  static MasterOptions read(
      MasterOptions options, String word, String value, @Nullable String second) throws Refusal {
    return word.equals("parallel-syncs") && value.equals("0")
        ? options.with(draft -> draft.parallelSyncs = 0)
        : set(options, word, value, second);
  }

  private static NodeAccess renamed(NodeAccess access, String command, String name) throws Refusal {
    if (command.isEmpty() || name.isEmpty()) {
      throw new Refusal("Empty command name in rename-command.");
    }
    return access.withRenamed(command, name);
  }

  /**
   * Checks that the scripts are executable.
   *
   * @param directory the base of relative paths
   */
  public static void checkScripts(MasterOptions options, Path directory) throws Refusal {
    for (String word : SCRIPTS) {
      checkScript(options, word, directory);
    }
  }

  /** Checks that the script of an option is executable. */
  static void checkScript(MasterOptions options, String word, Path directory) throws Refusal {
    boolean notification = word.equals("notification-script");
    String path =
        notification ? options.scripts().notification() : options.scripts().clientReconfig();
    if (!path.isEmpty() && !isExecutable(directory, path)) {
      throw new Refusal(
          (notification ? "Notification" : "Client reconfiguration")
              + " script seems non existing or non executable.");
    }
  }

  private static boolean isExecutable(Path directory, String path) {
    try {
      return Files.isExecutable(directory.resolve(path));
    } catch (InvalidPathException e) {
      return false; // a file name can't contain NUL
    }
  }

  public static int quorum(String value) throws Refusal {
    return count(value, "Quorum must be 1 or greater.");
  }

  private static long millis(String value) throws Refusal {
    return number(value, 1, "negative or zero time parameter.");
  }

  private static int count(String value, String refusal) throws Refusal {
    return (int) number(value, 1, Integer.MAX_VALUE, refusal);
  }

  private static long number(String value, long least, String refusal) throws Refusal {
    return number(value, least, MAX_MILLIS, refusal);
  }

  private static long number(String value, long least, long most, String refusal) throws Refusal {
    long number = Numbers.parseLong(value, Long.MIN_VALUE);
    if (number < least || number > most) {
      throw new Refusal(refusal);
    }
    return number;
  }
}
