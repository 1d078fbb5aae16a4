package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.Transaction;
import io.redoubt.server.cluster.slot.SlotUsage;
import io.redoubt.server.cluster.slot.SlotUsage.Metric;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * Meters the resources used by the commands of each slot; a transaction or script counts as a
 * whole. Commands without keys and commands from the master belong to no slot.
 */
public final class SlotMeter {
  /** The bytes of {@code *3} and {@code smessage} in RESP. */
  private static final int MESSAGE_BYTES = 4 + 14;

  private final SlotGate gate;
  private final SlotUsage usage;
  private final BooleanSupplier isOn;
  private final IntSupplier replicas;
  private int slot = SlotGate.NO_SLOT;
  private long writtenBefore;

  /**
   * Creates a meter.
   *
   * @param isOn returns true while commands are to be counted
   * @param replicas returns the number of replicas that receive the effects of commands
   */
  public SlotMeter(SlotGate gate, SlotUsage usage, BooleanSupplier isOn, IntSupplier replicas) {
    this.gate = gate;
    this.usage = usage;
    this.isOn = isOn;
    this.replicas = replicas;
  }

  /** Returns true while commands are counted. */
  boolean isOn() {
    return isOn.getAsBoolean();
  }

  /**
   * Starts a command that is not nested in another one.
   *
   * @param again true for the repeated request of a blocked client, whose input has been counted
   */
  void begins(
      ServerClient client,
      Command<?> command,
      Request request,
      CommandTable<?> table,
      boolean again) {
    slot = SlotGate.NO_SLOT;
    if (!isOn() || client.isMaster()) {
      return;
    }
    Transaction transaction = client.transaction();
    long bytes = request.end() - request.start();
    if (transaction == null) {
      slot = gate.slotOf(command, request);
    } else if (command.name().equals("exec")) {
      slot = gate.slotOf(transaction, client, table);
      bytes += transaction.end() - transaction.start();
    }
    writtenBefore = client.writtenBytes();
    if (slot != SlotGate.NO_SLOT && !again) {
      usage.add(Metric.INPUT, slot, bytes);
    }
  }

  /** Counts the time and the reply of the started command. */
  void ran(ServerClient client, long nanos) {
    if (slot != SlotGate.NO_SLOT) {
      usage.add(Metric.TIME, slot, nanos);
      usage.add(Metric.OUTPUT, slot, client.writtenBytes() - writtenBefore);
    }
  }

  /** Counts the messages sent to local subscribers by the running SPUBLISH. */
  void countDelivered(int receivers, Request request) {
    if (slot != SlotGate.NO_SLOT) {
      long bytes = MESSAGE_BYTES + bulkBytes(request.length(1)) + bulkBytes(request.length(2));
      usage.add(Metric.OUTPUT, slot, receivers * bytes);
    }
  }

  private static long bulkBytes(int length) {
    int digits = 1;
    for (int rest = length; rest >= 10; rest /= 10) {
      digits++;
    }
    return 1L + digits + 2 + length + 2;
  }

  /** Counts the bytes that the current command has sent to each replica. */
  void countReplicated(long bytes) {
    if (slot != SlotGate.NO_SLOT) {
      usage.add(Metric.OUTPUT, slot, bytes * replicas.getAsInt());
    }
  }
}
