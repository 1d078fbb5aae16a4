package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.bytes.IpAddress;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.sentinel.core.SentinelState;
import io.redoubt.sentinel.core.SentinelState.KnownSentinel;
import io.redoubt.sentinel.core.SentinelState.MasterState;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.settings.MasterOptions;
import io.redoubt.sentinel.settings.Timings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The lines of sentinel.conf that start with {@code sentinel}: the operator's options and the
 * sentinel's own state. Read in any order, as in Redis; written in Redis' order.
 */
public final class SentinelConfig {
  private static final String NO_SUCH_MASTER = "No such master with specified name.";

  /** The words that may follow {@code sentinel}, for hints on typing errors. */
  static final List<String> OPTIONS =
      List.of(
          "monitor",
          "down-after-milliseconds",
          "failover-timeout",
          "parallel-syncs",
          "notification-script",
          "client-reconfig-script",
          "auth-pass",
          "auth-user",
          "master-reboot-down-after-period",
          "primary-reboot-down-after-period",
          "forget-after",
          "rename-command",
          "myid",
          "current-epoch",
          "config-epoch",
          "leader-epoch",
          "known-replica",
          "known-slave",
          "known-sentinel",
          "known-group",
          "announce-ip",
          "announce-port",
          "deny-scripts-reconfig",
          "resolve-hostnames",
          "announce-hostnames",
          "sentinel-user",
          "sentinel-pass");

  /** Receives errors that can only be detected after all lines were read. */
  @FunctionalInterface
  interface WrongLines {
    /** Receives the index of a line and the reason. */
    void onWrongLine(int index, String reason) throws FatalConfigError;
  }

  /** A line that precedes its master's monitor line. */
  private record Early(int index, List<String> words) {}

  /** A host named in a line. */
  private record NamedHost(int index, String host) {}

  /** A master whose lines are being read. */
  private static final class Draft {
    final Address address;
    MasterOptions options;
    long configEpoch;
    long leaderEpoch;
    final List<Address> replicas = new ArrayList<>();
    final List<KnownSentinel> sentinels = new ArrayList<>();
    @Nullable GroupConfig group;

    Draft(Address address, MasterOptions options) {
      this.address = address;
      this.options = options;
    }
  }

  private final Map<String, Draft> masters = new LinkedHashMap<>();

  /** Lines that precede their master's monitor line, by master. */
  private final Map<String, List<Early>> early = new LinkedHashMap<>();

  /** Hosts to validate at the end, because a later line may allow names. */
  private final List<NamedHost> hosts = new ArrayList<>();

  /**
   * The options present in the file, with their master, and the index of the last such line. They
   * are written back even with default values.
   */
  private final Map<String, Integer> written = new HashMap<>();

  /** The commands that the file has renamed, each after the name of its master. */
  private final Set<String> renamed = new HashSet<>();

  private int lines;

  private String myId = "";
  private long currentEpoch;
  private GlobalOptions global = GlobalOptions.DEFAULTS;

  /**
   * Reads one line.
   *
   * @param words the words after {@code sentinel}
   */
  public void read(List<String> words) throws RefusedValue {
    read(lines, words);
    lines++; // lines with errors are not counted
  }

  private void read(int index, List<String> words) throws RefusedValue {
    String word = words.getFirst().toLowerCase(Locale.ROOT);
    switch (words.size()) {
      case 2 -> readGlobal(index, word, words.get(1));
      case 3, 4, 5 -> {
        if (word.equals("monitor")) {
          monitor(index, words);
        } else {
          aboutMaster(index, word, words);
        }
      }
      default -> throw unrecognized();
    }
  }

  private static RefusedValue unrecognized() {
    return new RefusedValue("Unrecognized sentinel configuration statement.");
  }

  private void readGlobal(int index, String word, String value) throws RefusedValue {
    GlobalOptions.GlobalDraft draft = global.draft();
    switch (word) {
      case "myid" -> {
        if (value.length() != 40) {
          throw new RefusedValue("Malformed Sentinel id in myid option.");
        }
        myId = value;
      }
      case "current-epoch" -> currentEpoch = Math.max(currentEpoch, epoch(value));
      case "announce-ip" -> draft.announceIp = value;
      case "announce-port" -> draft.announcePort = anyPort(value, "Invalid port number.");
      case "deny-scripts-reconfig" -> draft.denyScriptsReconfig = yesNo(word, value);
      case "resolve-hostnames" -> draft.resolveHostnames = yesNo(word, value);
      case "announce-hostnames" -> draft.announceHostnames = yesNo(word, value);
      case "sentinel-user" -> draft.sentinelUser = value;
      case "sentinel-pass" -> draft.sentinelPass = value;
      default -> throw unrecognized();
    }
    global = draft.options();
    written.put(word, index);
  }

  private static boolean yesNo(String word, String value) throws RefusedValue {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "yes" -> true;
      case "no" -> false;
      default ->
          throw new RefusedValue(
              "Please specify yes or no for the "
                  + word
                  + (word.equals("deny-scripts-reconfig") ? " options." : " option."));
    };
  }

  private void monitor(int index, List<String> words) throws RefusedValue {
    if (words.size() != 5) {
      throw unrecognized();
    }
    String name = words.get(1);
    if (masters.containsKey(name)) {
      throw new RefusedValue("Duplicate master name.");
    }
    String host = words.get(2);
    hosts.add(new NamedHost(index, host));
    Address address = new Address(host, port(words.get(3), "Invalid port number"));
    try {
      int quorum = MasterOptionParser.quorum(words.get(4));
      masters.put(name, new Draft(address, MasterOptions.defaults(quorum, Timings.DEFAULTS)));
    } catch (MasterOptionParser.Refusal e) {
      throw new RefusedValue(e.reason());
    }
    List<Early> before = early.remove(name);
    if (before != null) {
      for (Early line : before) {
        read(line.index(), line.words());
      }
    }
  }

  private void aboutMaster(int index, String word, List<String> words) throws RefusedValue {
    String name = words.get(1);
    Draft master = masters.get(name);
    if (master == null) {
      checkWord(word, words.size());
      early.computeIfAbsent(name, key -> new ArrayList<>()).add(new Early(index, words));
      return;
    }
    String value = words.get(2);
    @Nullable String second = words.size() > 3 ? words.get(3) : null;
    checkWord(word, words.size());
    switch (word) {
      case "config-epoch" -> master.configEpoch = epoch(value);
      case "leader-epoch" -> master.leaderEpoch = epoch(value);
      case "known-group" -> {
        master.group = GroupConfig.parse(value);
        if (master.group == null) {
          throw new RefusedValue("Invalid group.");
        }
      }
      case "known-replica", "known-slave" -> {
        hosts.add(new NamedHost(index, value));
        master.replicas.add(
            new Address(value, port(second, "Wrong hostname or port for replica.")));
      }
      case "known-sentinel" -> {
        if (words.size() == 5) {
          int port = anyPort(second, "Wrong hostname or port for sentinel.");
          if (port != 0) {
            hosts.add(new NamedHost(index, value));
            master.sentinels.add(new KnownSentinel(new Address(value, port), words.get(4)));
          }
        }
      }
      default -> {
        if (word.equals("rename-command")
            && !renamed.add(name + " " + value.toLowerCase(Locale.ROOT))) {
          throw new RefusedValue("Same command renamed multiple times with rename-command.");
        }
        try {
          master.options = MasterOptionParser.read(master.options, word, value, second);
        } catch (MasterOptionParser.Refusal e) {
          throw new RefusedValue(e.reason());
        }
        written.put(word.replace("primary-", "master-") + " " + name, index);
      }
    }
    currentEpoch = Math.max(currentEpoch, Math.max(master.configEpoch, master.leaderEpoch));
  }

  private static void checkWord(String word, int size) throws RefusedValue {
    boolean right =
        switch (word) {
          case "config-epoch", "leader-epoch", "known-group" -> size == 3;
          case "known-replica", "known-slave" -> size == 4;
          case "known-sentinel" -> size == 4 || size == 5;
          case "quorum" -> false;
          default ->
              MasterOptionParser.values(word) > 0 && size == 2 + MasterOptionParser.values(word);
        };
    if (!right) {
      throw unrecognized();
    }
  }

  private static long epoch(String value) throws RefusedValue {
    long epoch = Numbers.parseLong(value, -1);
    if (epoch < 0) {
      throw new RefusedValue("Invalid epoch.");
    }
    return epoch;
  }

  private static int port(@Nullable String value, String refusal) throws RefusedValue {
    int port = anyPort(value, refusal);
    if (port == 0) {
      throw new RefusedValue(refusal);
    }
    return port;
  }

  /**
   * Parses a port; 0 is valid, since Redis writes it for a sentinel whose address another one has
   * taken.
   */
  private static int anyPort(@Nullable String value, String refusal) throws RefusedValue {
    long port = value == null ? -1 : Numbers.parseLong(value, -1);
    if (port < 0 || port > 65535) {
      throw new RefusedValue(refusal);
    }
    return (int) port;
  }

  /**
   * Reports errors that depend on several lines.
   *
   * @param directory the base of relative paths
   */
  void finish(Path directory, WrongLines wrong) throws FatalConfigError {
    for (NamedHost named : hosts) {
      if (!global.resolveHostnames() && !IpAddress.isLiteral(IpAddress.canonical(named.host()))) {
        wrong.onWrongLine(named.index(), "Can't resolve instance hostname.");
      }
    }
    for (List<Early> left : early.values()) {
      for (Early line : left) {
        wrong.onWrongLine(line.index(), NO_SUCH_MASTER);
      }
    }
    for (Map.Entry<String, Draft> master : masters.entrySet()) {
      for (String word : MasterOptionParser.SCRIPTS) {
        try {
          MasterOptionParser.checkScript(master.getValue().options, word, directory);
        } catch (MasterOptionParser.Refusal e) {
          int index = written.getOrDefault(word + " " + master.getKey(), 0);
          wrong.onWrongLine(index, e.reason());
        }
      }
    }
  }

  /** Returns the options for all masters. */
  public GlobalOptions global() {
    return global;
  }

  /** Sets the options for all masters, for SENTINEL CONFIG SET. */
  public void setGlobal(GlobalOptions changed) {
    global = changed;
  }

  /**
   * Returns the state recorded in the lines.
   *
   * @param newId the id for a sentinel without one
   */
  public SentinelState state(String newId) {
    List<MasterState> states = new ArrayList<>();
    masters.forEach((name, draft) ->
        states.add(
            new MasterState(
                name,
                draft.address,
                draft.options,
                draft.configEpoch,
                draft.leaderEpoch,
                List.copyOf(draft.replicas),
                List.copyOf(draft.sentinels),
                draft.group)));
    return new SentinelState(myId.isEmpty() ? newId : myId, currentEpoch, List.copyOf(states));
  }

  /** Returns the lines for a state, each without the word {@code sentinel}. */
  public List<List<String>> lines(SentinelState state) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(List.of("myid", state.myId()));
    globalLine(lines, "deny-scripts-reconfig", word(global.denyScriptsReconfig()), "yes");
    // Without it neither this program nor Redis could read the names of known nodes.
    boolean resolves = global.resolveHostnames() || state.hasHostNames();
    globalLine(lines, "resolve-hostnames", word(resolves), "no");
    globalLine(lines, "announce-hostnames", word(global.announceHostnames()), "no");
    for (MasterState master : state.masters()) {
      masterLines(lines, master);
    }
    lines.add(List.of("current-epoch", Long.toString(state.currentEpoch())));
    globalLine(lines, "announce-ip", global.announceIp(), "");
    globalLine(
        lines,
        "announce-port",
        global.announcePort() == 0 ? "" : Integer.toString(global.announcePort()),
        "");
    globalLine(lines, "sentinel-user", global.sentinelUser(), "");
    globalLine(lines, "sentinel-pass", global.sentinelPass(), "");
    return lines;
  }

  private static String word(boolean value) {
    return value ? "yes" : "no";
  }

  private void globalLine(
      List<List<String>> lines, String word, String value, String defaultValue) {
    if (!value.equals(defaultValue) || (written.containsKey(word) && !value.isEmpty())) {
      lines.add(List.of(word, value));
    }
  }

  private void masterLines(List<List<String>> lines, MasterState master) {
    String name = master.name();
    MasterOptions options = master.options();
    MasterOptions usual = MasterOptions.defaults(options.quorum(), Timings.DEFAULTS);
    lines.add(
        List.of(
            "monitor",
            name,
            master.address().host(),
            Integer.toString(master.address().port()),
            Integer.toString(options.quorum())));
    number(
        lines, "down-after-milliseconds", name, options.downAfterMillis(), usual.downAfterMillis());
    number(
        lines,
        "failover-timeout",
        name,
        options.failoverTimeoutMillis(),
        usual.failoverTimeoutMillis());
    number(lines, "parallel-syncs", name, options.parallelSyncs(), usual.parallelSyncs());
    text(lines, "notification-script", name, options.scripts().notification());
    text(lines, "client-reconfig-script", name, options.scripts().clientReconfig());
    text(lines, "auth-pass", name, options.access().password());
    text(lines, "auth-user", name, options.access().user());
    number(
        lines,
        "master-reboot-down-after-period",
        name,
        options.masterRebootDownAfterMillis(),
        usual.masterRebootDownAfterMillis());
    number(lines, "forget-after", name, options.forgetAfterMillis(), usual.forgetAfterMillis());
    options
        .access()
        .renamedCommands()
        .forEach((from, to) -> lines.add(List.of("rename-command", name, from, to)));
    lines.add(List.of("config-epoch", name, Long.toString(master.configEpoch())));
    lines.add(List.of("leader-epoch", name, Long.toString(master.leaderEpoch())));
    GroupConfig group = master.group();
    if (group != null) {
      lines.add(List.of("known-group", name, group.format()));
    }
    for (Address replica : master.replicas()) {
      lines.add(List.of("known-replica", name, replica.host(), Integer.toString(replica.port())));
    }
    for (KnownSentinel known : master.sentinels()) {
      lines.add(
          List.of(
              "known-sentinel",
              name,
              known.address().host(),
              Integer.toString(known.address().port()),
              known.runId()));
    }
  }

  private void number(List<List<String>> lines, String word, String name, long value, long usual) {
    if (value != usual || written.containsKey(word + " " + name)) {
      lines.add(List.of(word, name, Long.toString(value)));
    }
  }

  private static void text(List<List<String>> lines, String word, String name, String value) {
    if (!value.isEmpty()) {
      lines.add(List.of(word, name, value));
    }
  }
}
