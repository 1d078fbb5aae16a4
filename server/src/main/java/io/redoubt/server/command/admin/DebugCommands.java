package io.redoubt.server.command.admin;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.PROTECTED;
import static io.redoubt.protocol.command.Flag.STALE;
import static io.redoubt.protocol.command.Flag.SYSCMD;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.DatabaseSpec;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.WordNumbers;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.execution.Scripting;
import io.redoubt.server.structure.list.Quicklist;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** DEBUG, for tests and developers; refused unless {@code enable-debug-command} permits it. */
public final class DebugCommands extends CommandGroup<Call> {
  /** Operations of the server as a whole. */
  public interface Host {
    /** Blocks the command thread. */
    void sleep(long millis);

    /** Enables or disables active expiry. Without it, due keys are removed on access only. */
    void setActiveExpire(boolean on);

    /** Pauses or resumes the periodic tasks. */
    void pauseCron(boolean paused);

    void log(String line);

    /**
     * Loads the data set, after a save if {@code save}; removes the present keys first if {@code
     * flush}.
     */
    void reload(boolean save, boolean flush, boolean merge);

    /** Delays each write to the append-only file. */
    void appendFlushSleep(long millis);

    /** Replaces the data set by the content of the append-only file. */
    void loadAppendOnlyFile();

    /** Disables or enables the check of checksums of RESTORE. */
    void skipPayloadChecksums(boolean skip);

    /** Changes the replication id, so that replicas need a full sync. */
    void changeReplicationId();

    /**
     * Closes connections of the cluster bus to and from a node.
     *
     * @throws CommandError without cluster mode, or if the node is unknown
     */
    void killLinks(String node, boolean to, boolean from);

    /** Ignores received messages of a type on the cluster bus; -1 for none, -2 for all. */
    void dropPackets(long type);
  }

  private record Subcommand(int leastWords, int mostWords, String help, Action action) {}

  @FunctionalInterface
  private interface Action {
    void run(Call call);
  }

  /** The prefix of an argument that strtod(3) reads; the rest is ignored, as in Redis. */
  private static final Pattern LEADING_NUMBER =
      Pattern.compile("\\s*[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?");

  private static final int ANY = Integer.MAX_VALUE;

  private final Host host;
  private final Scripting scripting;
  private final Map<String, Subcommand> subcommands = new LinkedHashMap<>();

  final Command<Call> debug =
      command("DEBUG")
          .arity(-2)
          .does("A container for debugging commands.")
          .since("1.0.0")
          .costs("Depends on subcommand.")
          .is(ADMIN, NOSCRIPT, LOADING, STALE, PROTECTED, SYSCMD)
          .databases(DatabaseSpec.ALL)
          .runs(this::debug);

  public DebugCommands(Host host, Scripting scripting) {
    super(Group.SERVER);
    this.host = host;
    this.scripting = scripting;
    add(
        "aof-flush-sleep",
        3,
        3,
        "<microsec>: server will sleep before flushing the AOF, this is used for testing.",
        this::appendFlushSleep);
    add("change-repl-id", 2, 2, "Change the replication id.", this::changeReplicationId);
    add(
        "clusterlink",
        5,
        5,
        "KILL <to|from|all> <node-id>: close the connections to or from a node of the cluster.",
        this::killLinks);
    add(
        "config-rewrite-force-all",
        2,
        2,
        "Like CONFIG REWRITE, but with a line for every directive.",
        DebugCommands::rewriteEveryDirective);
    add("digest", 2, 2, "Output a hex signature of the dataset.", DataInspection::digest);
    add(
        "digest-value",
        2,
        ANY,
        "<key> [<key> ...]: output a hex signature of the values of keys.",
        DataInspection::digestValue);
    add(
        "drop-cluster-packet-filter",
        3,
        3,
        "<packet-type>: ignore messages of that type on the cluster bus; -1 for none, -2 for all.",
        this::dropPackets);
    add("error", 3, 3, "<string>: reply with that error.", DebugCommands::error);
    add(
        "htstats",
        3,
        3,
        "<dbid>: show how the tables of a database are filled.",
        DataInspection::tableStatistics);
    add(
        "htstats-key",
        3,
        4,
        "<key> [full]: show how the table of a large hash, set or sorted set is filled.",
        DataInspection::valueTableStatistics);
    add("loadaof", 2, 2, "Load the append-only file in place of the data set.", this::loadAof);
    add("log", 3, 3, "<message>: write a message to the server log.", this::log);
    add("object", 3, 4, "<key>: show low level info about a key.", DataInspection::object);
    add("pause-cron", 3, 3, "<0|1>: stop or resume the periodic work.", this::pauseCron);
    add(
        "populate",
        3,
        5,
        "<count> [<prefix>] [<size>]: create keys <prefix>:<num> with values value:<num>.",
        DebugCommands::populate);
    add("protocol", 3, 3, "<type>: reply with a value of that type.", SampleReplies::protocol);
    add(
        "quicklist-packed-threshold",
        3,
        3,
        "<size>: elements from that size on are list nodes by themselves; 0 for the usual size.",
        DebugCommands::quicklistPackedThreshold);
    add(
        "reload",
        2,
        ANY,
        "[NOSAVE] [NOFLUSH] [MERGE]: save the data set and load it again.",
        this::reload);
    add(
        "replybuffer",
        4,
        4,
        "resizing <0|1>, peak-reset-time <never|reset|milliseconds>: accepted without effect; a"
            + " client has a reply buffer only while it needs one.",
        DebugCommands::replyBuffer);
    add(
        "set-active-expire",
        3,
        3,
        "<0|1>: remove due keys only when they are asked for, or on their own.",
        this::setActiveExpire);
    add(
        "set-disable-deny-scripts",
        3,
        3,
        "<0|1>: let scripts call commands that they must not call.",
        this::setDisableDenyScripts);
    add(
        "set-skip-checksum-validation",
        3,
        3,
        "<0|1>: take payloads of RESTORE whatever their checksum is.",
        this::setSkipChecksumValidation);
    add(
        "replicate",
        3,
        ANY,
        "<word> [<word> ...]: send a command to the replicas without running it.",
        DebugCommands::replicate);
    add("sleep", 3, 3, "<seconds>: stop the server for that time; decimals allowed.", this::sleep);
  }

  private void add(String name, int leastWords, int mostWords, String help, Action action) {
    subcommands.put(name, new Subcommand(leastWords, mostWords, help, action));
  }

  private void debug(Call call) {
    String name = call.argText(1).toLowerCase(Locale.ROOT);
    if (name.equals("help")) {
      help(call);
      return;
    }
    Subcommand subcommand = subcommands.get(name);
    if (subcommand == null
        || call.count() < subcommand.leastWords()
        || call.count() > subcommand.mostWords()) {
      throw unknown(call);
    }
    subcommand.action().run(call);
  }

  private static CommandError unknown(Call call) {
    return new CommandError(
        "ERR unknown subcommand or wrong number of arguments for '"
            + call.argText(1)
            + "'. Try DEBUG HELP.");
  }

  private static void rewriteEveryDirective(Call call) {
    if (call.settings().configFile() == null) {
      throw ConfigCommands.NO_FILE;
    }
    try {
      call.settings().rewriteEveryDirective();
    } catch (IOException failed) {
      throw new CommandError("ERR CONFIG-REWRITE-FORCE-ALL failed: " + SystemErrors.text(failed));
    }
    call.reply().ok();
  }

  private void help(Call call) {
    ReplyWriter reply = call.reply();
    reply.array(subcommands.size() * 2 + 3);
    reply.simple("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    subcommands.forEach((name, subcommand) -> {
      reply.simple(name.toUpperCase(Locale.ROOT));
      reply.simple("    " + subcommand.help());
    });
    reply.simple("HELP");
    reply.simple("    Print this help.");
  }

  private static void replyBuffer(Call call) {
    if (call.is(2, "peak-reset-time")) {
      if (!call.is(3, "never") && !call.is(3, "reset")) {
        call.argLong(3);
      }
    } else if (!call.is(2, "resizing")) {
      throw unknown(call);
    }
    call.reply().ok();
  }

  private void changeReplicationId(Call call) {
    host.changeReplicationId();
    call.reply().ok();
  }

  private void killLinks(Call call) {
    if (!call.is(2, "KILL")) {
      throw unknown(call);
    }
    boolean all = call.is(3, "all");
    host.killLinks(call.argText(4), all || call.is(3, "to"), all || call.is(3, "from"));
    call.reply().ok();
  }

  private void dropPackets(Call call) {
    host.dropPackets(call.argLong(2));
    call.reply().ok();
  }

  private void log(Call call) {
    host.log("DEBUG LOG: " + call.argText(2));
    call.reply().ok();
  }

  /** The limit of packed-node sizes, as in Redis. */
  private static final long MAX_PACKED_BYTES = (1L << 32) - (1 << 20);

  private static final String PACKED_THRESHOLD =
      "argument must be a memory value bigger than 1 and smaller than 4gb";

  private static void quicklistPackedThreshold(Call call) {
    long bytes;
    try {
      bytes = WordNumbers.bytes(call.argText(2), PACKED_THRESHOLD);
    } catch (RefusedValue refused) {
      throw new CommandError("ERR " + refused.getMessage());
    }
    if (bytes > MAX_PACKED_BYTES) {
      throw new CommandError("ERR " + PACKED_THRESHOLD);
    }
    long threshold = bytes == 0 ? Quicklist.PLAIN_BYTES : Math.min(bytes, Integer.MAX_VALUE);
    call.values().lists().quicklists().setPlainBytes((int) threshold);
    call.reply().ok();
  }

  private static void error(Call call) {
    throw new CommandError(call.argText(2).replaceAll("[\\r\\n]", " "));
  }

  private static void replicate(Call call) {
    if (call.propagates()) {
      Effect effect = call.propagateAs(call.count() - 2);
      for (int i = 2; i < call.count(); i++) {
        effect.argument(i);
      }
    }
    call.reply().ok();
  }

  private void pauseCron(Call call) {
    host.pauseCron(call.argLong(2) != 0);
    call.reply().ok();
  }

  private static void populate(Call call) {
    long count = notNegative(call, 2, Long.MAX_VALUE);
    String prefix = call.count() > 3 ? call.argText(3) : "key";
    long size = call.count() > 4 ? notNegative(call, 4, Integer.MAX_VALUE) : 0;
    for (long i = 0; i < count; i++) {
      byte[] value = ("value:" + i).getBytes(StandardCharsets.UTF_8);
      if (size > 0) {
        value = Arrays.copyOf(value, (int) size);
      }
      call.putIfAbsent((prefix + ":" + i).getBytes(StandardCharsets.UTF_8), value);
    }
    call.propagateNothing(); // not propagated in Redis either: for tests of this server
    call.reply().ok();
  }

  private static long notNegative(Call call, int argument, long highest) {
    long number = call.argAtLeast(0, argument, Errors.NOT_POSITIVE);
    if (number > highest) {
      throw Errors.NOT_POSITIVE;
    }
    return number;
  }

  private void appendFlushSleep(Call call) {
    host.appendFlushSleep(call.argLong(2) / 1000);
    call.reply().ok();
  }

  private void loadAof(Call call) {
    call.whileOthersRun(host::loadAppendOnlyFile);
    call.reply().ok();
  }

  private void reload(Call call) {
    boolean save = true;
    boolean flush = true;
    boolean merge = false;
    for (int i = 2; i < call.count(); i++) {
      if (call.is(i, "NOSAVE")) {
        save = false;
      } else if (call.is(i, "NOFLUSH")) {
        flush = false;
      } else if (call.is(i, "MERGE")) {
        merge = true;
      } else {
        throw new CommandError(
            "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
      }
    }
    host.reload(save, flush, merge);
    call.reply().ok();
  }

  private void setActiveExpire(Call call) {
    host.setActiveExpire(call.argLong(2) != 0);
    call.reply().ok();
  }

  private void setDisableDenyScripts(Call call) {
    scripting.setAllowsAllCommands(call.argLong(2) != 0);
    call.reply().ok();
  }

  private void setSkipChecksumValidation(Call call) {
    host.skipPayloadChecksums(call.argLong(2) != 0);
    call.reply().ok();
  }

  private void sleep(Call call) {
    Matcher number = LEADING_NUMBER.matcher(call.argText(2));
    double seconds = number.lookingAt() ? Double.parseDouble(number.group()) : 0;
    host.sleep((long) (seconds * 1000));
    call.reply().ok();
  }
}
