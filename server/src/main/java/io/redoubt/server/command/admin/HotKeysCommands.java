package io.redoubt.server.command.admin;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.monitoring.KeyCosts;
import org.jspecify.annotations.Nullable;

/** HOTKEYS of Redis 8.6: the keys that cost most processor time and network traffic. */
public final class HotKeysCommands extends CommandGroup<Call> {
  private static final int USUAL_KEYS = 10;
  private static final int MAX_KEYS = 64;

  /** Keeps nanoseconds within 64 bits. */
  private static final long MAX_SECONDS = 1_000_000_000;

  private static final CommandError RUNNING =
      new CommandError("ERR hotkeys tracking session already in progress");
  private static final CommandError NOT_STOPPED =
      new CommandError("ERR hotkeys tracking session in progress, stop it with HOTKEYS STOP");
  private static final CommandError NO_METRICS =
      new CommandError("ERR METRICS parameter is required");
  private static final CommandError BAD_METRICS =
      new CommandError("ERR METRICS count must be the number of metrics that follow: CPU, NET");
  private static final CommandError BAD_COUNT =
      new CommandError("ERR COUNT must be between 1 and " + MAX_KEYS);
  private static final CommandError BAD_DURATION =
      new CommandError("ERR DURATION must be between 0 and " + MAX_SECONDS);
  private static final CommandError BAD_SAMPLE =
      new CommandError("ERR SAMPLE ratio must be positive");
  private static final CommandError NO_CLUSTER =
      new CommandError("ERR SLOTS can be used in cluster mode only");
  private static final CommandError BAD_SLOTS =
      new CommandError("ERR SLOTS count must be the number of slots that follow");
  private static final CommandError BAD_SLOT = new CommandError("ERR Invalid or out of range slot");

  private final KeyCosts costs;
  private final KeyCosts.ProcessCosts process;

  final Command<Call> hotkeys =
      container("HOTKEYS")
          .does("A container for commands on the keys that cost most.")
          .since("8.6.0")
          .costs("Depends on subcommand.")
          .help("8.6.0")
          .holds();

  final Command<Call> start =
      command(
              "HOTKEYS START (METRICS count [CPU] [NET]){metrics} [COUNT k{integer}]"
                  + " [DURATION seconds] [SAMPLE ratio{integer}]"
                  + " [SLOTS (count slot...)]{slots}")
          .does("Starts to collect the costs of keys.")
          .since("8.6.0")
          .costs("O(1)")
          .arity(-2)
          .is(ADMIN, NOSCRIPT)
          .runs(this::start);

  final Command<Call> stop =
      command("HOTKEYS STOP")
          .does("Stops the collection and keeps its result.")
          .since("8.6.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT)
          .runs(this::stop);

  final Command<Call> get =
      command("HOTKEYS GET")
          .does("Returns the keys that cost most, and the costs of all commands.")
          .since("8.6.0")
          .costs("O(K), K the number of keys returned")
          .is(ADMIN, NOSCRIPT)
          .tips("nondeterministic_output")
          .runs(call -> costs().reply(call.reply()));

  final Command<Call> reset =
      command("HOTKEYS RESET")
          .does("Releases the result of the last collection.")
          .since("8.6.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT)
          .runs(this::reset);

  // The options of the START that is parsed.
  private boolean cpu;
  private boolean net;
  private int keys;
  private long seconds;
  private int ratio;
  private @Nullable SlotSet slots;

  /** Declares the group. */
  public HotKeysCommands(KeyCosts costs, KeyCosts.ProcessCosts process) {
    super(Group.SERVER);
    this.costs = costs;
    this.process = process;
  }

  private KeyCosts costs() {
    return costs;
  }

  private void start(Call call) {
    cpu = false;
    net = false;
    keys = USUAL_KEYS;
    seconds = 0;
    ratio = 1;
    slots = null;
    for (int i = 2; i < call.count(); i++) {
      i = readOption(call, i, i + 1 < call.count());
    }
    if (!cpu && !net) {
      throw NO_METRICS;
    }
    if (costs.isRunning()) {
      throw RUNNING;
    }
    costs.start(new KeyCosts.Plan(cpu, net, keys, seconds, ratio, slots), process);
    slots = null;
    call.reply().ok();
  }

  /** Reads the option at argument {@code i}; returns its last argument. */
  private int readOption(Call call, int i, boolean hasValue) {
    if (hasValue && !cpu && !net && call.is(i, "METRICS")) {
      return readMetrics(call, i + 1);
    } else if (hasValue && call.is(i, "COUNT")) {
      keys = (int) atMost(MAX_KEYS, call.argAtLeast(1, i + 1, BAD_COUNT), BAD_COUNT);
    } else if (hasValue && call.is(i, "DURATION")) {
      seconds = atMost(MAX_SECONDS, call.argAtLeast(0, i + 1, BAD_DURATION), BAD_DURATION);
    } else if (hasValue && call.is(i, "SAMPLE")) {
      ratio = (int) atMost(Integer.MAX_VALUE, call.argAtLeast(1, i + 1, BAD_SAMPLE), BAD_SAMPLE);
    } else if (hasValue && slots == null && call.is(i, "SLOTS")) {
      return readSlots(call, i + 1);
    } else {
      throw Errors.SYNTAX;
    }
    return i + 1;
  }

  private static long atMost(long most, long value, CommandError error) {
    if (value > most) {
      throw error;
    }
    return value;
  }

  private int readMetrics(Call call, int countArg) {
    long count = atMost(2, call.argAtLeast(1, countArg, BAD_METRICS), BAD_METRICS);
    for (int i = countArg + 1; i <= countArg + count; i++) {
      if (i < call.count() && !cpu && call.is(i, "CPU")) {
        cpu = true;
      } else if (i < call.count() && !net && call.is(i, "NET")) {
        net = true;
      } else {
        throw BAD_METRICS;
      }
    }
    return countArg + (int) count;
  }

  private int readSlots(Call call, int countArg) {
    if (!call.isInCluster()) {
      throw NO_CLUSTER;
    }
    long left = call.count() - (countArg + 1L);
    long count = atMost(left, call.argAtLeast(1, countArg, BAD_SLOTS), BAD_SLOTS);
    SlotSet given = new SlotSet();
    for (int i = countArg + 1; i <= countArg + count; i++) {
      long slot = call.argAtLeast(0, i, BAD_SLOT);
      if (!SlotSet.isSlot(slot)) {
        throw BAD_SLOT;
      }
      given.add((int) slot);
    }
    slots = given;
    return countArg + (int) count;
  }

  private void stop(Call call) {
    if (costs.stop()) {
      call.reply().ok();
    } else {
      call.reply().nil();
    }
  }

  private void reset(Call call) {
    if (costs.isRunning()) {
      throw NOT_STOPPED;
    }
    costs.reset();
    call.reply().ok();
  }
}
