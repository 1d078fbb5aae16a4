package io.redoubt.dist.process;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.IoThreadCount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The masters with replicas and sentinels of tests, on free ports. */
public final class Topologies {
  private Topologies() {}

  /** Returns a group of this project's programs, not started. */
  static Topology create(Path folder, int downAfterMillis, String... serverLines) {
    return create(folder, Kind.REDOUBT, Kind.REDOUBT, downAfterMillis, serverLines);
  }

  /** Returns a group, not started; skips the test if a program is not installed. */
  public static Topology create(
      Path folder, Kind servers, Kind sentinels, int downAfterMillis, String... serverLines) {
    Topology group =
        new Topology(
            folder,
            servers.server(),
            sentinels.sentinel(),
            FreePorts.several(Topology.NODES),
            downAfterMillis);
    List<String> lines = new ArrayList<>(List.of(serverLines));
    if (servers == Kind.REDOUBT) {
      lines.addAll(IoThreadCount.lines());
    }
    group.configureServers(lines);
    return group;
  }
}
