package io.redoubt.server.execution.monitoring;

import io.redoubt.protocol.net.LoopStats;
import java.util.List;
import java.util.function.LongSupplier;

/** The rates of INFO's section Stats. Confined to the command thread. */
public final class Rates {
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  /**
   * The counters of bytes, all from the start or the last reset.
   *
   * @param input all received bytes
   * @param output all sent bytes
   * @param replicationInput the bytes received from the master
   * @param replicationOutput the bytes sent to replicas
   */
  public record Traffic(
      LongSupplier input,
      LongSupplier output,
      LongSupplier replicationInput,
      LongSupplier replicationOutput) {}

  private final ServerStats stats;
  private final LoopStats loop;
  private final Traffic traffic;
  private final Rate commands = new Rate(NANOS_PER_SECOND);
  private final Rate input = new Rate(NANOS_PER_SECOND);
  private final Rate output = new Rate(NANOS_PER_SECOND);
  private final Rate replicationInput = new Rate(NANOS_PER_SECOND);
  private final Rate replicationOutput = new Rate(NANOS_PER_SECOND);
  private final Rate cycles = new Rate(NANOS_PER_SECOND);
  private final Rate nanosPerCycle = new Rate(1);

  public Rates(ServerStats stats, LoopStats loop, Traffic traffic) {
    this.stats = stats;
    this.loop = loop;
    this.traffic = traffic;
  }

  /** Samples all counters; called ten times a second. */
  public void sample(long nowNanos) {
    commands.sample(stats.commands(), nowNanos);
    input.sample(traffic.input().getAsLong(), nowNanos);
    output.sample(traffic.output().getAsLong(), nowNanos);
    replicationInput.sample(traffic.replicationInput().getAsLong(), nowNanos);
    replicationOutput.sample(traffic.replicationOutput().getAsLong(), nowNanos);
    cycles.sample(loop.cycles(), nowNanos);
    nanosPerCycle.sample(loop.busyNanos(), loop.cycles());
  }

  /** Resets all rates to 0, for CONFIG RESETSTAT. */
  public void reset() {
    List.of(commands, input, output, replicationInput, replicationOutput, cycles, nanosPerCycle)
        .forEach(Rate::reset);
  }

  /** Returns the counters of bytes. */
  public Traffic traffic() {
    return traffic;
  }

  /** Returns the commands per second. */
  public long commands() {
    return commands.average();
  }

  /** Returns the received KiB per second. */
  public double inputKib() {
    return input.average() / 1024.0;
  }

  /** Returns the sent KiB per second. */
  public double outputKib() {
    return output.average() / 1024.0;
  }

  /** Returns the KiB per second received from the master. */
  public double replicationInputKib() {
    return replicationInput.average() / 1024.0;
  }

  /** Returns the KiB per second sent to replicas. */
  public double replicationOutputKib() {
    return replicationOutput.average() / 1024.0;
  }

  /** Returns the cycles of the event loop per second. */
  public long cycles() {
    return cycles.average();
  }

  /** Returns the average busy time of a cycle of the event loop. */
  public long microsPerCycle() {
    return nanosPerCycle.average() / 1000;
  }
}
