package io.redoubt.server.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.FaultDisk;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.ThreadCpuTimes;
import io.redoubt.protocol.process.Threads;
import io.redoubt.protocol.session.heap.HeapGate;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A host with its clock and disk, and one process that can be paused and killed. */
public final class SimulatedMachine implements Threads {
  /** The only directory of each disk. */
  public static final Path DIRECTORY = Path.of(System.getProperty("java.io.tmpdir"));

  /**
   * A Java heap that is never full. The real heap contains garbage of other simulations, so a
   * server that checks it would depend on them.
   */
  public static final HeapGate.Heap HEAP =
      new HeapGate.Heap() {
        @Override
        public long usedBytes() {
          return 0;
        }

        @Override
        public long maxBytes() {
          return 1L << 30;
        }

        @Override
        public void collect() {}
      };

  private final Simulation simulation;
  private final SimulatedNetwork network;
  private final SimulatedClock clock;
  private final List<Runnable> held = new ArrayList<>();
  private final List<Consumer<String>> readers = new ArrayList<>();
  final String host;
  private FaultDisk disk;
  private UnaryOperator<Disk> diskDoor = UnaryOperator.identity();
  private SimulatedSockets sockets;
  private boolean paused;

  /** Creates a host with an empty disk. */
  public SimulatedMachine(SimulatedNetwork network, String host) {
    this.simulation = network.simulation();
    this.network = network;
    this.host = host;
    this.clock = new SimulatedClock(simulation);
    this.disk = newDisk();
    this.sockets = new SimulatedSockets(this);
  }

  private FaultDisk newDisk() {
    return new FaultDisk(Seed.from(simulation.random().nextLong()), DIRECTORY);
  }

  /** Returns its address. */
  public String host() {
    return host;
  }

  /** Returns its clock. */
  public SimulatedClock clock() {
    return clock;
  }

  Simulation simulation() {
    return simulation;
  }

  SimulatedNetwork network() {
    return network;
  }

  // The process.

  /** Starts a process, which may use the machine until {@link #kill}. */
  public void boot() {
    network.up(host);
    disk.resume();
    sockets = new SimulatedSockets(this);
  }

  /** Returns the sockets of the running process. */
  public SimulatedSockets sockets() {
    return sockets;
  }

  /** Returns the disk as the process sees it. */
  public Disk disk() {
    return diskDoor.apply(disk);
  }

  /** Wraps the disk that processes see. */
  public void setDiskDoor(UnaryOperator<Disk> door) {
    diskDoor = door;
  }

  /** Returns the disk with its faults. */
  public FaultDisk faultDisk() {
    return disk;
  }

  /** Returns time, log and randomness of a process; the log goes to the simulation's trace. */
  public Environment environment() {
    return new Environment(
        clock,
        new Log(clock, ZoneOffset.UTC, 1, new TraceStream()),
        Seed.from(simulation.random().nextLong()));
  }

  /** Calls a reader with each line of the log. */
  public void onLog(Consumer<String> reader) {
    readers.add(reader);
  }

  /** Copies the lines of the log to the simulation's trace. */
  private final class TraceStream extends OutputStream {
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    @Override
    public void write(int b) {
      if (b == '\n') {
        String text = line.toString(UTF_8).replaceFirst("^\\d+:(.) .{24}", "$1");
        line.reset();
        simulation.note(host + " " + text);
        List.copyOf(readers).forEach(reader -> reader.accept(text));
      } else {
        line.write(b);
      }
    }
  }

  /**
   * Kills the process: its later actions have no effect.
   *
   * @param power true for a power failure: peers are not notified, and {@link #losePower} follows
   *     once the process has been closed
   */
  public void kill(boolean power) {
    disk.stop();
    sockets.die();
    network.down(host, power);
    resume();
  }

  /** Loses the data that was not synced to the disk. */
  public void losePower() {
    disk.restart();
    disk.stop();
  }

  /** Replaces the disk by an empty one. */
  public void loseDisk() {
    disk = newDisk();
  }

  // Pauses.

  /** Stops the process, as SIGSTOP does. */
  public void pause() {
    paused = true;
  }

  /** Continues the process. */
  public void resume() {
    paused = false;
    List<Runnable> turns = List.copyOf(held);
    held.clear();
    turns.forEach(simulation::ready);
  }

  /** Returns true if the process is stopped. */
  public boolean isPaused() {
    return paused;
  }

  private Runnable gated(Runnable turn) {
    return () -> {
      if (paused) {
        held.add(turn);
      } else {
        turn.run();
      }
    };
  }

  // Threads.

  /** Returns a thread that resumes after a random delay, like one that waits for a disk. */
  @Override
  public Thread unstarted(String name, Runnable task) {
    return simulation.unstarted(name, task, turn -> simulation.scheduleLater(gated(turn)));
  }

  /** Returns the thread of an event loop. */
  Thread loop(String name, Runnable task) {
    return simulation.unstarted(name, task, turn -> simulation.scheduleLoop(gated(turn)));
  }

  /** Returns an empty result, because processor times are not simulated. */
  @Override
  public Optional<ThreadCpuTimes> ownTimes() {
    return Optional.empty();
  }

  @Override
  public void parkNanos(long nanos) {
    simulation.parkUntil(simulation.nowNanos() + clock.simulatedNanos(nanos));
  }

  @Override
  public String toString() {
    return host;
  }
}
