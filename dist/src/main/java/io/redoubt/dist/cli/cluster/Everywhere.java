package io.redoubt.dist.cli.cluster;

import io.redoubt.dist.cli.session.OutputForm;
import io.redoubt.dist.cli.session.Printing;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The subcommands {@code info}, {@code call} and {@code set-timeout}, which address every node. */
final class Everywhere {
  private static final int LEAST_TIMEOUT_MILLIS = 100;
  private static final int SHOWN_ID = 8;

  private final ClusterModeContext talk;
  private final DiscoveredCluster topology;
  private final PrintStream out;

  Everywhere(ClusterModeContext talk, DiscoveredCluster topology) {
    this.talk = talk;
    this.topology = topology;
    this.out = talk.out();
  }

  boolean info() throws IOException, ProtocolException, ClusterException {
    Map<Member, Long> counts = topology.keyCounts();
    long keys = 0;
    for (Member each : topology.masters()) {
      long own = counts.getOrDefault(each, 0L);
      keys += own;
      out.print(
          each.address()
              + " ("
              + each.id().substring(0, Math.min(SHOWN_ID, each.id().length()))
              + "...) -> "
              + own
              + " keys | "
              + each.slotCount()
              + " slots | "
              + topology.replicasOf(each)
              + " slaves.\n");
    }
    out.print("[OK] " + keys + " keys in " + counts.size() + " masters.\n");
    out.printf(Locale.ROOT, "%.2f keys per slot on average.%n", (double) keys / Member.SLOTS);
    return true;
  }

  boolean call(List<String> words) throws IOException, ProtocolException {
    talk.step("Calling " + String.join(" ", words));
    Printing printing = new Printing(OutputForm.STANDARD, "\n", "\n", false, false, false);
    for (Member each : topology.members()) {
      boolean wanted =
          each.isReplica() ? !talk.options().onlyMasters : !talk.options().onlyReplicas;
      if (wanted) {
        Reply reply = each.call(words.toArray(String[]::new));
        String text = printing.formatter().format(reply, true);
        out.print(each.address() + ": " + text + (text.endsWith("\n") ? "" : "\n"));
      }
    }
    return true;
  }

  boolean setTimeout(String text) throws IOException, ProtocolException {
    int millis;
    try {
      millis = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      millis = 0;
    }
    if (millis < LEAST_TIMEOUT_MILLIS) {
      out.flush();
      talk.err().print("Setting a node timeout of less than 100 milliseconds is a bad idea.\n");
      return false;
    }
    talk.step("Reconfiguring node timeout in every cluster node...");
    int good = 0;
    int bad = 0;
    for (Member each : topology.members()) {
      Reply set = each.call("CONFIG", "SET", "cluster-node-timeout", millis + "");
      Reply saved = set.isError() ? set : each.call("CONFIG", "REWRITE");
      if (saved.isError()) {
        out.print("ERR setting node-timeout for " + each.address() + ": " + saved.text() + "\n");
        bad++;
      } else {
        out.print("*** New timeout set for " + each.address() + "\n");
        good++;
      }
    }
    talk.step("New node timeout set. " + good + " OK, " + bad + " ERR.");
    return bad == 0;
  }
}
