package io.redoubt.embedded.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.persistence.io.WholeFile;
import io.redoubt.sentinel.SentinelHost;
import io.redoubt.sentinel.SentinelServer;
import io.redoubt.sentinel.core.SentinelState;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.sentinel.runtime.StateStore;
import io.redoubt.sentinel.settings.Timing;
import io.redoubt.sentinel.settings.Timings;
import io.redoubt.server.simulation.SimulatedMachine;
import io.redoubt.server.simulation.SimulatedNetwork;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A host with a sentinel, which stores its state on the host's disk. */
final class SentinelProcess {
  static final int PORT = 26379;

  private static final Path FILE = SimulatedMachine.DIRECTORY.resolve("sentinel.state");
  private static final Path BESIDE = SimulatedMachine.DIRECTORY.resolve("sentinel.state.tmp");

  private final SimulatedMachine machine;
  private final List<String> monitored;
  private final Timings timings;
  private @Nullable SentinelServer server;
  private boolean busy;

  /** Creates a host without starting its sentinel. */
  SentinelProcess(SimulatedNetwork network, String host, List<String> monitored) {
    this.machine = new SimulatedMachine(network, host);
    this.monitored = monitored;
    this.timings = timings(network.simulation().random());
  }

  SimulatedMachine machine() {
    return machine;
  }

  boolean isUp() {
    return server != null;
  }

  /** Returns true if it has learned of the acknowledgement group, with all members. */
  boolean knowsGroup(String group) {
    try {
      String state = new String(machine.faultDisk().bytes(FILE), UTF_8);
      return state.contains("known-group " + SimulatedGroup.MASTER + " " + group + "\n");
    } catch (IOException e) {
      return false;
    }
  }

  /** Starts the sentinel with its stored state, or for the first time. */
  void start() throws Exception {
    if (server != null || busy) {
      return;
    }
    busy = true;
    machine.boot();
    String lines =
        machine.disk().exists(FILE)
            ? new String(WholeFile.read(machine.disk(), FILE), UTF_8)
            : String.join("\n", monitored);
    SentinelDirectives directives = new SentinelDirectives();
    directives.load(
        null,
        new byte[0],
        "dir %s\nbind %s\nport %d\n%s\n"
            .formatted(SimulatedMachine.DIRECTORY, machine.host(), PORT, lines));
    server =
        SentinelServer.start(
            directives,
            new SentinelHost(
                machine.environment(),
                name -> {
                  throw new UnknownHostException(name);
                },
                machine.sockets(),
                machine,
                SimulatedMachine.HEAP,
                (own, state) -> written -> save(own, written),
                timings,
                () -> {}),
            () -> {});
    busy = false;
  }

  private StateStore.Write save(SentinelDirectives directives, SentinelState state) {
    StringBuilder lines = new StringBuilder();
    for (List<String> words : directives.words().lines(state)) {
      lines.append("sentinel ").append(String.join(" ", words)).append('\n');
    }
    byte[] bytes = lines.toString().getBytes(UTF_8);
    return () -> replace(bytes);
  }

  private void replace(byte[] bytes) throws IOException {
    WholeFile.write(machine.disk(), BESIDE, bytes);
    machine.disk().rename(BESIDE, FILE);
    machine.disk().syncDirectory(SimulatedMachine.DIRECTORY);
  }

  /**
   * Returns random periods, mostly shorter than the defaults: they pass in simulated time, but each
   * costs real time.
   */
  private static Timings timings(Random random) {
    Timings timings = Timings.DEFAULTS;
    timings = Objects.requireNonNull(timings.with(Timing.PING_PERIOD.text(), 500));
    timings =
        Objects.requireNonNull(
            timings.with(Timing.INFO_PERIOD.text(), 1000 + random.nextInt(2000)));
    timings = Objects.requireNonNull(timings.with(Timing.ASK_PERIOD.text(), 500));
    timings =
        Objects.requireNonNull(
            timings.with(Timing.PUBLISH_PERIOD.text(), 500 + random.nextInt(1500)));
    return Objects.requireNonNull(timings.with(Timing.ELECTION_TIMEOUT.text(), 3000));
  }

  /** Kills it; a power failure also loses unsynced writes. */
  void kill(boolean power) {
    SentinelServer dying = server;
    if (dying == null) {
      return;
    }
    busy = true;
    server = null;
    machine.kill(power);
    dying.close(); // may let other threads continue
    if (power) {
      machine.losePower();
    }
    busy = false;
  }

  /** Closes it at the end of the simulation. */
  void close() {
    kill(false);
  }

  @Override
  public String toString() {
    return machine.host();
  }
}
