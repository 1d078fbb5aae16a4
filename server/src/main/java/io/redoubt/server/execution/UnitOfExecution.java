package io.redoubt.server.execution;

import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.Transaction;
import io.redoubt.server.execution.refusal.MemoryRoom;
import io.redoubt.server.keyspace.Keyspace;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A unit of execution: a command with all that runs within it (the commands of EXEC or of a
 * script), or a slice of expiry, of eviction or of a migration. {@link #end} is its only end: it
 * propagates the effects, and then serves the clients blocked on changed keys. A server has one
 * instance, reused for every unit.
 */
final class UnitOfExecution {
  private final Keyspace keyspace;
  private final Propagation propagation;
  private final BlockedClients blockedClients;
  private final MemoryRoom room;
  private final Runnable throttle;
  private final LongConsumer onReplicated;

  /** The nesting depth of commands being dispatched. */
  private int depth;

  /** The number of changes at the last call of the throttle. */
  private long throttledChanges;

  /** The executed transaction, whose memory effects may refer to until they are propagated. */
  private @Nullable Transaction executed;

  /**
   * Creates the unit of a server.
   *
   * @param room is notified of blocked clients that ran out of memory
   * @param throttle slows down writes; called at each end of a unit with changes or effects
   * @param onReplicated receives the number of bytes propagated to replicas for a command
   */
  UnitOfExecution(
      Keyspace keyspace,
      Propagation propagation,
      BlockedClients blockedClients,
      MemoryRoom room,
      Runnable throttle,
      LongConsumer onReplicated) {
    this.keyspace = keyspace;
    this.propagation = propagation;
    this.blockedClients = blockedClients;
    this.room = room;
    this.throttle = throttle;
    this.onReplicated = onReplicated;
  }

  void enter() {
    depth++;
  }

  /** Leaves a command; returns true if it was the outermost one, after which the unit ends. */
  boolean leave() {
    depth--;
    return depth == 0;
  }

  /** Returns true while a command is being dispatched. */
  boolean isOpen() {
    return depth > 0;
  }

  /** Releases an executed transaction at the end of the unit. */
  void keep(Transaction transaction) {
    executed = transaction;
  }

  /**
   * Ends the unit. If effects of a command were lost, its client is closed without a reply, which
   * would acknowledge them.
   *
   * @param client the author of the effects, or null if the unit was not a command
   * @param together true if the effects are one change; keys that SCAN finds expired, or that a
   *     slice removes, are separate changes
   */
  void end(@Nullable ServerClient client, boolean together) {
    boolean hasEffects = propagation.isPending();
    if (client == null) {
      propagate(together);
    } else if (hasEffects) {
      propagate(client, together);
    }
    if (executed != null) {
      executed.release();
      executed = null;
    }
    if (blockedClients.areServable()) {
      serveBlocked();
    }
    if (hasEffects || keyspace.changeCount() != throttledChanges) {
      throttledChanges = keyspace.changeCount();
      throttle.run();
    }
  }

  private void propagate(ServerClient client, boolean together) {
    long before = propagation.offset(Propagation.TO_REPLICAS);
    if (!propagate(together) && !client.isEnding()) {
      client.close();
    }
    onReplicated.accept(propagation.offset(Propagation.TO_REPLICAS) - before);
    client.setWrittenOffsets(
        propagation.offset(Propagation.TO_REPLICAS),
        propagation.offset(Propagation.TO_APPEND_ONLY_FILE));
  }

  private boolean propagate(boolean together) {
    return together ? propagation.endUnit() : propagation.endSeparately();
  }

  /** Executes the requests of blocked clients, each a unit of its own. */
  private void serveBlocked() {
    long changesBefore = keyspace.changeCount();
    try {
      blockedClients.serve();
    } catch (OutOfMemoryError full) {
      room.failed("while serving blocked clients", full);
      if (keyspace.changeCount() != changesBefore) {
        propagation.markLost();
      }
    }
    propagate(true); // removals of keys that were found expired
  }

  /** Reports as lost the effects left by a task that ran out of memory half-way. */
  void abandon() {
    if (!isOpen() && propagation.isPending()) {
      propagation.markLost();
      propagate(true);
    }
  }
}
