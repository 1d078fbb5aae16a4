package io.redoubt.server.execution.monitoring;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.flight.FlightRecording;
import io.redoubt.protocol.flight.SlowCommandEvent;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;

/**
 * The observers of running commands: the latency monitor, the slow log, clients in MONITOR, the
 * sampler of hot keys and HOTKEYS. Without active observers, a command costs a few comparisons.
 */
public final class CommandTrace {
  /** The minimum threshold of latency events; faster commands are never events. */
  public static final long LONG_COMMAND_NANOS = 1_000_000;

  private final Latency latency;
  private final SlowLog slowLog;
  private final Monitors monitors;
  private final HotKeys hotKeys;
  private final KeyCosts keyCosts;
  private final ServerState state;

  public CommandTrace(
      Latency latency,
      SlowLog slowLog,
      Monitors monitors,
      HotKeys hotKeys,
      KeyCosts keyCosts,
      ServerState state) {
    this.latency = latency;
    this.slowLog = slowLog;
    this.monitors = monitors;
    this.hotKeys = hotKeys;
    this.keyCosts = keyCosts;
    this.state = state;
  }

  /** Returns true if commands must be measured one by one. */
  public boolean measuresEach() {
    return latency.isOn() || slowLog.measuresEach() || keyCosts.isOn();
  }

  public void starts(ServerClient client, Command<?> command, Request request, boolean inScript) {
    if (!monitors.isEmpty() && !state.is(Refusal.LOADING)) {
      monitors.starts(client, command, request, inScript);
    }
    if (hotKeys.isOn()) {
      hotKeys.runs(client.databaseIndex(), command, request);
    }
    if (keyCosts.isOn() && !inScript) {
      keyCosts.starts(client);
    }
  }

  /** Observes the duration of one execution of a command. */
  public void took(Command<?> command, long nanos) {
    latency.took(command.has(Flag.FAST) ? LatencyEvent.FAST_COMMAND : LatencyEvent.COMMAND, nanos);
  }

  /**
   * Observes the end of a command.
   *
   * @param nanos its execution time; for a blocked command the sum of all executions
   */
  public void ran(
      ServerClient client, Command<?> command, Request request, boolean inScript, long nanos) {
    if (nanos >= slowLog.thresholdNanos()) {
      slow(client, command, request, inScript, nanos);
    }
    if (keyCosts.isOn() && !inScript) {
      keyCosts.ran(client, command, request, nanos);
    }
  }

  /** Shows a command to the monitors after it ran or when it first blocked. */
  public void show(ServerClient client, Command<?> command, Request request, boolean inScript) {
    if (!monitors.isEmpty() && !state.is(Refusal.LOADING)) {
      monitors.ran(client, command, request, inScript);
    }
  }

  /** Shows a refused EXEC to the monitors, so that they see the end of the transaction. */
  public void showRefusedTransaction(ServerClient client, Command<?> exec, Request request) {
    if (!monitors.isEmpty() && !state.is(Refusal.LOADING)) {
      monitors.show(client, exec, request, false);
    }
  }

  private void slow(
      ServerClient client, Command<?> command, Request request, boolean inScript, long nanos) {
    if (client.isMaster() && state.is(Refusal.LOADING)) {
      return; // of the append-only file
    }
    if (FlightRecording.isOn()) {
      SlowCommandEvent.record(
          command.name(), nanos, request.count(), client.databaseIndex(), client.id(), inScript);
    }
    if (inScript) {
      slowLog.recordOfScript(command, request, nanos);
    } else {
      slowLog.record(command, request, client, nanos);
    }
  }
}
