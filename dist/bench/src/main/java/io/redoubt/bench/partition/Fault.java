package io.redoubt.bench.partition;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/** A fault of the machine of a master, in a group of servers and sentinels. */
public enum Fault {
  /** The machine is cut off. */
  CUT("cut", 3),
  /** The machine receives everything, but none of its packets arrive. */
  MUTE("mute", 3),
  /** No packet arrives at the machine, but its own packets arrive. */
  DEAF("deaf", 3),
  /**
   * The machine and the machine of one replica are cut off together; three of five sentinels
   * remain.
   */
  CUT_WITH_REPLICA("cut-with-replica", 5),
  /** The master is stopped by SIGSTOP. */
  STOP("stop", 3),
  /** The master is killed by SIGKILL and restarted when the fault ends. */
  KILL("kill", 3),
  /** The machine is cut off, and each fsync of its server takes long. */
  CUT_WITH_SLOW_DISK("slow-disk", 3),
  /** The machine is connected by a slow link and then cut off. */
  CUT_WITH_SLOW_LINK("slow-link", 3);

  private static final int SLOW_LINK_KILOBITS = 1000;

  private final String word;
  private final int machines;

  Fault(String word, int machines) {
    this.word = word;
    this.machines = machines;
  }

  /** Returns the number of machines in the group. */
  public int machines() {
    return machines;
  }

  /** Returns the number of machines on the master's side. */
  public int cutOff() {
    return this == CUT_WITH_REPLICA ? 2 : 1;
  }

  /**
   * Returns true if packets are lost between the first machine and the others, in either direction.
   */
  public boolean separates() {
    return this != STOP && this != KILL;
  }

  /** Prepares the network before the load. */
  public void prepare(MachineNetwork network) throws IOException, InterruptedException {
    if (this == CUT_WITH_SLOW_LINK) {
      network.limit(0, SLOW_LINK_KILOBITS);
    }
  }

  public void begin(MachineNetwork network, MachineGroup group)
      throws IOException, InterruptedException {
    switch (this) {
      case STOP -> group.server(0).signal("STOP");
      case KILL -> group.server(0).kill();
      case CUT, MUTE, DEAF, CUT_WITH_REPLICA, CUT_WITH_SLOW_DISK, CUT_WITH_SLOW_LINK -> {
        List<Integer> near = IntStream.range(0, cutOff()).boxed().toList();
        List<Integer> far = IntStream.range(cutOff(), machines).boxed().toList();
        if (this != DEAF) {
          network.cut(near, far);
        }
        if (this != MUTE) {
          network.cut(far, near);
        }
      }
    }
  }

  public void end(MachineNetwork network, MachineGroup group)
      throws IOException, InterruptedException {
    switch (this) {
      case STOP -> group.server(0).signal("CONT");
      case KILL -> group.restart(0);
      case CUT, MUTE, DEAF, CUT_WITH_REPLICA, CUT_WITH_SLOW_DISK, CUT_WITH_SLOW_LINK ->
          network.heal();
    }
  }

  @Override
  public String toString() {
    return word;
  }
}
