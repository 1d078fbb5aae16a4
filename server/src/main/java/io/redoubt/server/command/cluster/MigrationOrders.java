package io.redoubt.server.command.cluster;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.core.Output;
import io.redoubt.server.cluster.message.NodeIds;
import io.redoubt.server.cluster.migration.Migration;
import io.redoubt.server.cluster.migration.SlotMigrations;
import io.redoubt.server.cluster.node.ClusterNode;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.execution.Call;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The subcommands of CLUSTER for atomic slot migration, with Valkey's errors. */
final class MigrationOrders {

  /** The index of a subcommand's first argument. */
  private static final int FIRST = 2;

  private static final CommandError INVALID_SLOT =
      new CommandError("ERR Invalid or out of range slot");
  private static final CommandError NO_MIGRATION =
      new CommandError("ERR No slot migration uses this connection");

  private final ClusterNode node;

  /** The index of the next argument to read. */
  private int next;

  private record Wanted(SlotSet slots, String target) {}

  MigrationOrders(ClusterNode node) {
    this.node = node;
  }

  private Cluster cluster() {
    return node.cluster();
  }

  private SlotMigrations migrations() {
    return node.migrations();
  }

  private static CommandError error(String text) {
    return new CommandError("ERR " + text);
  }

  private static @Nullable Long number(Call call, int argument) {
    try {
      return call.argLong(argument);
    } catch (CommandError notANumber) {
      return null;
    }
  }

  private static int slot(Call call, int argument) {
    Long slot = number(call, argument);
    if (slot == null || !SlotSet.isSlot(slot)) {
      throw INVALID_SLOT;
    }
    return slot.intValue();
  }

  /** Reads ranges up to the first argument that is not a number. */
  private SlotSet ranges(Call call, int from) {
    SlotSet slots = new SlotSet();
    next = from;
    while (next < call.count() && number(call, next) != null) {
      int first = slot(call, next);
      if (next + 1 >= call.count()) {
        throw error("No end slot for final slot range");
      }
      int last = slot(call, next + 1);
      if (first > last) {
        throw error(
            "Start slot number " + first + " is greater than end slot number " + last + ".");
      }
      for (int slot = first; slot <= last; slot++) {
        if (!slots.add(slot)) {
          throw error("Slot range " + first + "-" + last + " overlaps with a previous range.");
        }
      }
      next += 2;
    }
    if (slots.isEmpty()) {
      throw error("No slot ranges specified");
    }
    return slots;
  }

  void migrate(Call call) {
    if (cluster().me().isReplica()) {
      throw error("Slot migration can only be used on primary nodes.");
    }
    for (int slot = 0; slot < SlotSet.SLOTS; slot++) {
      if (cluster().importingFrom(slot) != null) {
        throw error("Slots are being manually imported");
      }
      if (cluster().migratingTo(slot) != null) {
        throw error("Slots are being manually migrated");
      }
    }
    List<Wanted> wanted = new ArrayList<>();
    next = FIRST;
    while (next < call.count()) {
      if (!call.is(next, "SLOTSRANGE")) {
        throw Errors.SYNTAX;
      }
      SlotSet slots = ranges(call, next + 1);
      requireOurs(slots);
      for (Wanted other : wanted) {
        if (other.slots().intersects(slots)) {
          throw error("Slot ranges in migrations overlap");
        }
      }
      if (next + 1 >= call.count() || !call.is(next, "NODE")) {
        throw Errors.SYNTAX;
      }
      wanted.add(new Wanted(slots, target(call.argText(next + 1))));
      next += 2;
    }
    for (Wanted each : wanted) {
      migrations().migrate(each.slots(), each.target());
    }
    call.reply().ok();
  }

  private void requireOurs(SlotSet slots) {
    Node[] owner = new Node[1];
    slots.forEach(slot -> {
      Node of = cluster().owner(slot);
      if (of == null) {
        throw error("Slot " + slot + " has no node served.");
      }
      if (owner[0] != null && owner[0] != of) {
        throw error("Requested slots span multiple shards");
      }
      owner[0] = of;
    });
    if (owner[0] != cluster().me()) {
      throw error("Slots are not served by this node.");
    }
    slots.forEach(slot -> {
      if (migrations().isExported(slot)) {
        throw error("I am already migrating slot " + slot + ".");
      }
    });
  }

  private String target(String id) {
    if (id.length() != NodeIds.LENGTH) {
      throw error("Invalid node name: " + id);
    }
    Node target = cluster().node(id);
    if (target == null) {
      throw error("Unknown node name: " + id);
    }
    if (target == cluster().me()) {
      throw error("Target node can not be this node.");
    }
    if (target.isReplica()) {
      throw error("Target node is not a master");
    }
    return id;
  }

  void cancel(Call call) {
    if (!migrations().cancel()) {
      throw error(
          migrations().isTakenOver()
              ? "The target is taking over, which can't be cancelled"
              : "No migrations ongoing");
    }
    call.reply().ok();
  }

  void list(Call call) {
    ReplyWriter reply = call.reply();
    reply.array(migrations().count());
    for (Migration each : migrations().all()) {
      reply.map(12);
      text(reply, "name", each.name());
      text(reply, "operation", each.exports() ? "EXPORT" : "IMPORT");
      text(reply, "slot_ranges", each.ranges());
      text(reply, "target_node", each.target());
      text(reply, "source_node", each.source());
      number(reply, "create_time", each.createdSeconds());
      number(reply, "last_update_time", each.updatedSeconds());
      number(reply, "last_ack_time", each.heardSeconds());
      text(reply, "state", each.state().wireName());
      text(reply, "message", each.message());
      number(reply, "cow_size", 0); // nothing is forked
      number(reply, "remaining_repl_size", each.remainingBytes());
    }
  }

  private static void text(ReplyWriter reply, String name, String value) {
    reply.bulk(name);
    reply.bulk(value);
  }

  private static void number(ReplyWriter reply, String name, long value) {
    reply.bulk(name);
    reply.integer(value);
  }

  /** Executes an order of another node, or an effect of the master or of a file. */
  void synchronize(Call call) {
    if (call.client().isMaster() && executeEffect(call)) {
      call.reply().ok();
    } else if (call.is(FIRST, "ESTABLISH") && call.count() > 8) {
      establish(call);
    } else if (call.is(FIRST, "FINISH")) {
      if (!migrations().finish(call.client())) {
        throw NO_MIGRATION;
      }
      call.reply().integer(cluster().currentEpoch());
    } else if (call.is(FIRST, "CLAIM") && call.count() == FIRST + 2) {
      claim(call);
    } else if (call.is(FIRST, "OUTCOME")
        && call.count() > FIRST + 3
        && call.is(FIRST + 2, "SLOTSRANGE")) {
      boolean taken = migrations().hasTaken(call.argText(FIRST + 1), ranges(call, FIRST + 3));
      call.reply().simple(taken ? "CLAIMED" : "NONE");
    } else {
      throw Errors.SYNTAX;
    }
  }

  private boolean executeEffect(Call call) {
    for (SlotMigrations.Effect effect : SlotMigrations.Effect.values()) {
      if (call.is(FIRST, effect.name())) {
        migrations().executeEffect(effect, ranges(call, FIRST + 1));
        return true;
      }
    }
    return false;
  }

  private void establish(Call call) {
    if (!call.is(3, "SOURCE") || !call.is(5, "NAME") || !call.is(7, "SLOTSRANGE")) {
      throw Errors.SYNTAX;
    }
    if (!call.mayWait()) {
      throw error("Not within a transaction");
    }
    String source = call.argText(4);
    SlotSet slots = ranges(call, 8);
    String refusal = migrations().refusal(source, slots);
    if (refusal != null) {
      throw error(refusal);
    }
    migrations().establish(call.client(), source, call.argText(6), slots);
    call.reply().ok();
  }

  private void claim(Call call) {
    Input order = migrations().claim(call.client(), call.argLong(FIRST + 1));
    if (order == null) {
      throw NO_MIGRATION;
    }
    ServerClient client = call.client();
    OrderWait wait = new OrderWait(call);
    node.order(
        order,
        output -> {
          migrations().onClaimResult(client, output);
          wait.onDecided(output);
        });
    Output result = wait.result();
    if (result == null) {
      call.client().block(wait, 0);
    } else {
      OrderWait.reply(call.reply(), result);
    }
  }
}
