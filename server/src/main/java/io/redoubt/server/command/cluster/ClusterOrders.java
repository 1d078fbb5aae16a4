package io.redoubt.server.command.cluster;

import io.redoubt.protocol.bytes.IpAddress;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Output;
import io.redoubt.server.cluster.node.ClusterNode;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.execution.Call;
import java.util.function.Consumer;

/**
 * The subcommands of CLUSTER that change the cluster. The reply may wait for the disk, see {@link
 * OrderWait}.
 */
final class ClusterOrders {
  private static final int BUS_PORT_DISTANCE = 10_000;
  private static final int MAX_PORT = 65_535;

  /** The index of a subcommand's first argument. */
  private static final int FIRST = 2;

  private static final CommandError NOT_EMPTY =
      new CommandError("ERR DB must be empty to perform CLUSTER FLUSHSLOTS.");
  private static final CommandError INVALID_ACTION =
      new CommandError(
          "ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP");
  private static final CommandError NOT_A_MASTER =
      new CommandError("ERR Please use SETSLOT only with masters.");

  private final ClusterNode node;

  ClusterOrders(ClusterNode node) {
    this.node = node;
  }

  private Cluster cluster() {
    return node.cluster();
  }

  private void order(Call call, Input order) {
    if (!call.mayWait()) {
      OrderWait.reply(call.reply(), node.decide(order));
      return;
    }
    await(call, reply -> node.order(order, reply));
  }

  private static void await(Call call, Consumer<Consumer<Output>> action) {
    OrderWait wait = new OrderWait(call);
    action.accept(wait::onDecided);
    Output result = wait.result();
    if (result == null) {
      call.client().block(wait, 0);
    } else {
      OrderWait.reply(call.reply(), result);
    }
  }

  /** Adds a slot to a set after checking that it has an owner or that it has none. */
  private void add(SlotSet slots, int slot, boolean owned) {
    if ((cluster().owner(slot) != null) != owned) {
      throw new CommandError(
          "ERR Slot " + slot + (owned ? " is already unassigned" : " is already busy"));
    }
    if (!slots.add(slot)) {
      throw new CommandError("ERR Slot " + slot + " specified multiple times");
    }
  }

  private SlotSet slots(Call call, boolean owned) {
    SlotSet slots = new SlotSet();
    for (int i = FIRST; i < call.count(); i++) {
      add(slots, SlotArguments.slot(call, i), owned);
    }
    return slots;
  }

  private SlotSet ranges(Call call, boolean owned) {
    if (call.count() % 2 != 0) {
      throw Errors.wrongArity(call.command());
    }
    SlotSet slots = new SlotSet();
    for (int i = FIRST; i < call.count(); i += 2) {
      int first = SlotArguments.slot(call, i);
      int last = SlotArguments.slot(call, i + 1);
      if (first > last) {
        throw new CommandError(
            "ERR start slot number " + first + " is greater than end slot number " + last);
      }
      for (int slot = first; slot <= last; slot++) {
        add(slots, slot, owned);
      }
    }
    return slots;
  }

  void addSlots(Call call) {
    order(call, new Input.AddSlots(slots(call, false)));
  }

  void addSlotsRange(Call call) {
    order(call, new Input.AddSlots(ranges(call, false)));
  }

  void deleteSlots(Call call) {
    order(call, new Input.DeleteSlots(slots(call, true)));
  }

  void deleteSlotsRange(Call call) {
    order(call, new Input.DeleteSlots(ranges(call, true)));
  }

  void flushSlots(Call call) {
    if (node.hasKeys()) {
      throw NOT_EMPTY;
    }
    order(call, new Input.FlushSlots());
  }

  /** Replicas and files receive the removal of each key, because Redis 7.2 lacks the command. */
  void flushSlot(Call call) {
    int slot = SlotArguments.slot(call, FIRST);
    boolean lazily = call.settings().memory.lazyfreeLazyUserFlush.value();
    if (call.count() > FIRST + 2) {
      throw Errors.SYNTAX;
    }
    if (call.count() == FIRST + 2) {
      lazily = call.is(FIRST + 1, "ASYNC");
      if (!lazily && !call.is(FIRST + 1, "SYNC")) {
        throw Errors.SYNTAX;
      }
    }
    long removed = node.migrations().flush(slot, lazily);
    if (removed > 0) {
      call.recordFullChange(removed);
      call.propagateNothing();
    }
    call.reply().ok();
  }

  void setSlot(Call call) {
    if (cluster().me().isReplica()) {
      throw NOT_A_MASTER;
    }
    int slot = SlotArguments.slot(call, FIRST);
    boolean named = call.count() == FIRST + 3;
    if (call.is(3, "MIGRATING") && named) {
      order(call, new Input.MigrateSlot(slot, call.argText(4)));
    } else if (call.is(3, "IMPORTING") && named) {
      order(call, new Input.ImportSlot(slot, call.argText(4)));
    } else if (call.is(3, "STABLE") && call.count() == FIRST + 2) {
      order(call, new Input.StabilizeSlot(slot));
    } else if (call.is(3, "NODE") && named) {
      order(call, new Input.AssignSlot(slot, call.argText(4), node.keys().count(slot)));
    } else {
      throw INVALID_ACTION;
    }
  }

  void meet(Call call) {
    String ip = call.argText(FIRST);
    long port = port(call, FIRST + 1, "ERR Invalid TCP base port specified: ");
    long busPort =
        call.count() > FIRST + 2
            ? port(call, FIRST + 2, "ERR Invalid TCP bus port specified: ")
            : port + BUS_PORT_DISTANCE;
    boolean literal = IpAddress.isLiteral(ip) && ip.indexOf('%') < 0;
    if (!literal || !isPort(port) || !isPort(busPort)) {
      throw new CommandError(
          "ERR Invalid node address specified: " + ip + ":" + call.argText(FIRST + 1));
    }
    order(call, new Input.Meet(IpAddress.canonical(ip), (int) port, (int) busPort));
  }

  private static long port(Call call, int argument, String error) {
    try {
      return call.argLong(argument);
    } catch (CommandError notANumber) {
      throw new CommandError(error + call.argText(argument));
    }
  }

  private static boolean isPort(long port) {
    return port > 0 && port <= MAX_PORT;
  }

  void forget(Call call) {
    order(call, new Input.Forget(call.argText(FIRST)));
  }

  void replicate(Call call) {
    if (call.count() > FIRST + 1) {
      if (call.count() != FIRST + 2 || !call.is(FIRST, "NO") || !call.is(FIRST + 1, "ONE")) {
        throw Errors.SYNTAX;
      }
      order(call, new Input.ReplicateNoOne());
      return;
    }
    order(call, new Input.Replicate(call.argText(FIRST), node.hasKeys()));
  }

  void failover(Call call) {
    Input.FailoverKind kind = Input.FailoverKind.DEFAULT;
    if (call.count() > FIRST) {
      if (call.is(FIRST, "FORCE")) {
        kind = Input.FailoverKind.FORCE;
      } else if (call.is(FIRST, "TAKEOVER")) {
        kind = Input.FailoverKind.TAKEOVER;
      } else {
        throw Errors.SYNTAX;
      }
    }
    order(call, new Input.Failover(kind));
  }

  void reset(Call call) {
    boolean hard = call.count() > FIRST && call.is(FIRST, "HARD");
    if (call.count() > FIRST && !hard && !call.is(FIRST, "SOFT")) {
      throw Errors.SYNTAX;
    }
    order(call, new Input.Reset(hard, node.hasKeys()));
  }

  void bumpEpoch(Call call) {
    order(call, new Input.BumpEpoch());
  }

  void setConfigEpoch(Call call) {
    order(call, new Input.SetConfigEpoch(call.argLong(FIRST)));
  }

  void saveConfig(Call call) {
    if (call.mayWait()) {
      await(call, node::save);
    } else {
      // A transaction can't wait; a failed write is only logged.
      node.save(unused -> {});
      call.reply().ok();
    }
  }
}
