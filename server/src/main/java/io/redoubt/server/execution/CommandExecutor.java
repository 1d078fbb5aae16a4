package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.UserText;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.monitoring.CommandTrace;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.execution.refusal.MemoryRoom;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.tracking.TrackedKeys;
import org.jspecify.annotations.Nullable;

/**
 * Runs commands that have passed all checks; commands of EXEC and of scripts run within another
 * one. Each run is measured, counted and traced; a failure becomes an error reply.
 */
final class CommandExecutor {
  private static final CommandError INTERNAL =
      new CommandError("ERR internal error, see the log of the server");

  private final CommandTable<Call> table;
  private final Call call;
  private final Keyspace keyspace;
  private final ServerStats stats;
  private final Propagation propagation;
  private final TrackedKeys trackedKeys;
  private final CommandTrace trace;
  private final Clock clock;
  private final CommandClock commandClock;
  private final Log log;
  private final MemoryRoom room;

  /** Meters the resources used by commands of each slot in cluster mode; null without it. */
  private final @Nullable SlotMeter meter;

  /** True while a command runs; further commands are then nested in it. */
  private boolean running;

  /**
   * Creates an executor.
   *
   * @param call the call with which all commands are executed
   * @param room is notified of commands that ran out of memory
   * @param meter meters the commands of each slot, null without cluster mode
   */
  CommandExecutor(
      CommandTable<Call> table,
      Call call,
      CommandTrace trace,
      Environment environment,
      MemoryRoom room,
      @Nullable SlotMeter meter) {
    this.table = table;
    this.call = call;
    this.keyspace = call.keyspace();
    this.stats = call.stats();
    this.propagation = call.propagation();
    this.trackedKeys = call.observers().tracked();
    this.trace = trace;
    this.clock = environment.clock();
    commandClock = new CommandClock(clock, trace, stats, meter);
    this.log = environment.log();
    this.room = room;
    this.meter = meter;
  }

  /** Counts the messages sent to subscribers by the running SPUBLISH. */
  void countDelivered(int receivers) {
    if (meter != null) {
      meter.countDelivered(receivers, call.request());
    }
  }

  /** Counts the bytes of the last command sent to each replica. */
  void countReplicated(long bytes) {
    if (meter != null) {
      meter.countReplicated(bytes);
    }
  }

  /** Returns true while a command runs. */
  boolean isRunning() {
    return running;
  }

  /** Marks the end of the running command, even after an error half-way. */
  void onUnitEnd() {
    running = false;
  }

  void beginBatch() {
    commandClock.beginBatch();
    keyspace.setNowMicros(clock.wallMicros());
  }

  void endBatch() {
    commandClock.endBatch();
  }

  /**
   * Advances the time that commands see. The time since the last command is not charged to the
   * next.
   */
  void refreshClock() {
    commandClock.discardElapsed();
    keyspace.setNowMicros(clock.wallMicros());
  }

  void run(ServerClient client, Command<Call> command, Request request) {
    run(client, command, request, client.reply());
  }

  /** Runs a command whose reply goes to the client or to the calling script. */
  void run(ServerClient client, Command<Call> command, Request request, ReplyWriter reply) {
    boolean inScript = reply != client.reply();
    boolean again = client.waiting() != null;
    KeyWait before = client.waiting() instanceof KeyWait wait ? wait : null;
    trace.starts(client, command, request, inScript);
    boolean nested = running;
    SlotMeter measured = nested ? null : meter;
    if (measured != null) {
      measured.begins(client, command, request, table, again);
    }
    long started = commandClock.begin(command, request, reply);
    running = true;
    long changesBefore = keyspace.changeCount();
    call.begin(client, request, command, reply);
    try {
      command.handler().run(call);
    } catch (CommandError error) {
      command.countFailed();
      stats.countError(error.code());
      reply.error(error.text());
      if (client.isMaster() && !inScript) {
        onFailureForMaster(command, error);
      }
    } catch (OutOfMemoryError full) {
      outOfMemory(client, command, full, reply, changesBefore);
    } catch (RuntimeException | LinkageError fault) { // with too many open files no class loads
      fault(client, command, fault, reply);
    }
    if (client.remembersReads()) {
      trackedKeys.read(client, command, request);
    }
    call.end();
    running = nested;
    long nanos;
    if (call.isWaiting()) {
      nanos = commandClock.endUncounted(started, nested);
      if (client.waiting() instanceof KeyWait wait) {
        wait.addSpent(nanos);
      }
    } else {
      stats.countCommand();
      nanos = commandClock.end(client, command, request, reply, started, nested);
      if (nanos != CommandClock.NOT_MEASURED) {
        long total = before == null ? nanos : nanos + before.spentNanos();
        trace.ran(client, command, request, inScript, total);
      }
    }
    if (!again) {
      trace.show(client, command, request, inScript);
    }
    if (measured != null) {
      measured.ran(client, nanos);
    }
    if (nanos > CommandTrace.LONG_COMMAND_NANOS) {
      trace.took(command, nanos);
      if (!nested) { // time is frozen in scripts and transactions
        refreshClock();
      }
    }
  }

  /**
   * Ends a command that ran out of memory after it had started. A call of a script fails as a
   * whole, because its reply may be incomplete.
   */
  private void outOfMemory(
      ServerClient client,
      Command<Call> command,
      OutOfMemoryError full,
      ReplyWriter reply,
      long changesBefore) {
    CommandError error = room.failed("in command '" + command.name() + "'", full);
    if (command.has(Flag.WRITE) || client.isMaster()) {
      onFailureHalfWay(client, command, changesBefore);
    }
    command.countFailed();
    stats.countError(error.code());
    if (reply != client.reply()) {
      call.end();
      throw full;
    }
    reply.error(error.text());
    client.closeAfterReply();
  }

  /** Marks a client's write as failed half-way, unless no key has changed since it started. */
  void onFailureHalfWay(ServerClient client, Command<Call> command, long changesBefore) {
    boolean mayHaveChanged =
        keyspace.changeCount() != changesBefore
            || (command.has(Flag.WRITE) && command.keySpecs().isEmpty()); // no declared keys
    if (mayHaveChanged || client.isMaster()) {
      propagation.markLost();
      client.fellOutOfStep();
    }
  }

  /**
   * Reports a bug as an error instead of stopping the server; the reply may be incomplete, so the
   * client is closed.
   */
  private void fault(
      ServerClient client, Command<Call> command, Throwable fault, ReplyWriter reply) {
    log.fault("in command '" + command.name() + "'", fault);
    command.countFailed();
    stats.unexpectedErrors.increment();
    reply.error(INTERNAL.text());
    client.closeAfterReply();
  }

  /** Reports a failed command of the master, which means that the data sets differ. */
  void onFailureForMaster(@Nullable Command<Call> command, CommandError error) {
    stats.unexpectedErrors.increment();
    log.warning(
        "== CRITICAL == This replica is sending an error to its master: '%s' after processing the"
            + " command '%s'",
        new UserText(error.text(), error.code() + " " + UserText.HIDDEN),
        command == null ? "<unknown>" : command.name());
  }

  /** Replies with an error to a queued command that is now denied. */
  void deny(CommandError error, ReplyWriter reply) {
    stats.countError(error.code());
    reply.error(error.text());
  }

  /** Replies with an error instead of executing a command, which may be unknown. */
  void reject(@Nullable Command<Call> command, CommandError error, ReplyWriter reply) {
    if (command != null) {
      command.countRejected();
    }
    deny(error, reply);
  }
}
