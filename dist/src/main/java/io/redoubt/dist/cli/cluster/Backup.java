package io.redoubt.dist.cli.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.cli.mode.DumpMode;
import io.redoubt.dist.cli.mode.ModeContext;
import io.redoubt.dist.cli.mode.ModeException;
import io.redoubt.dist.cli.session.OutputForm;
import io.redoubt.dist.cli.session.Session;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Saves an RDB file of each master, and the owners of slots in {@code nodes.json}. */
final class Backup {
  private final DiscoveredCluster topology;
  private final PrintStream out;
  private final PrintStream err;

  Backup(DiscoveredCluster topology, PrintStream out, PrintStream err) {
    this.topology = topology;
    this.out = out;
    this.err = err;
  }

  boolean run(String folderName) throws IOException, ClusterException {
    Path folder = Path.of(folderName);
    boolean good = true;
    List<String> nodes = new ArrayList<>();
    for (Member each : topology.members()) {
      nodes.add(json(each));
      if (!each.isReplica()) {
        good &= save(each, folder.resolve(name(each)));
      }
    }
    Path file = folder.resolve("nodes.json");
    out.print("Saving cluster configuration to: " + file + "\n");
    try {
      Files.writeString(file, "[\n" + String.join(",\n", nodes) + "\n]\n", UTF_8);
    } catch (IOException e) {
      throw new ClusterException("Could not save nodes to: " + file + ": " + SystemErrors.text(e));
    }
    out.print(
        topology.isConsistent() && topology.covered().cardinality() == Member.SLOTS
            ? "[OK] Backup created into: " + folderName + "\n"
            : "[WARNING] The cluster has errors: the backup may not have all keys.\n");
    return good;
  }

  private static String name(Member member) {
    return "redis-node-" + member.host() + "-" + member.port() + "-" + member.id() + ".rdb";
  }

  private boolean save(Member member, Path file) throws IOException {
    out.print(">>> Node " + member.address() + " -> Saving RDB...\n");
    out.flush();
    try (Session session = new Session(member.session().target(), out, err)) {
      if (!session.connect()) {
        return false;
      }
      ModeContext context =
          new ModeContext(session, OutputForm.RAW, 0, InputStream.nullInputStream(), out, err);
      return new DumpMode(context, file.toString(), false).run() == 0;
    } catch (ModeException e) {
      err.print(e.getMessage() + "\n");
      return false;
    }
  }

  private static String json(Member member) {
    List<String> ranges = new ArrayList<>();
    for (String range : DiscoveredCluster.ranges(member.slots()).split(",", -1)) {
      if (!range.isEmpty()) {
        String[] ends = range.substring(1, range.length() - 1).split("-", 2);
        ranges.add("[" + ends[0] + "," + ends[ends.length - 1] + "]");
      }
    }
    String master =
        member.masterId() == null ? "" : "    \"replicate\": \"" + member.masterId() + "\",\n";
    return "  {\n    \"name\": \""
        + member.id()
        + "\",\n    \"host\": \""
        + member.host()
        + "\",\n    \"port\": "
        + member.port()
        + ",\n"
        + master
        + "    \"slots\": ["
        + String.join(",", ranges)
        + "],\n    \"slots_count\": "
        + member.slotCount()
        + ",\n    \"config_epoch\": "
        + member.epoch()
        + "\n  }";
  }
}
