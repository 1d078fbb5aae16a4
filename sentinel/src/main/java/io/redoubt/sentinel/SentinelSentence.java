package io.redoubt.sentinel;

import io.redoubt.protocol.http.Figures;
import io.redoubt.sentinel.core.Instance;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.Replica;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.message.NodeInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** A summary of the monitored masters in a few sentences, shown at the top of the page. */
final class SentinelSentence {
  /** The number of masters above which they are counted rather than described. */
  private static final int MAX_DESCRIBED = 3;

  private final Sentinel sentinel;

  SentinelSentence(Sentinel sentinel) {
    this.sentinel = sentinel;
  }

  String text() {
    Collection<Master> masters = sentinel.masters();
    if (masters.isEmpty()) {
      return "Sentinel without a master: SENTINEL MONITOR adds one.";
    }
    List<String> sentences = new ArrayList<>();
    if (masters.size() <= MAX_DESCRIBED) {
      masters.forEach(master -> sentences.add(of(master)));
    } else {
      List<Master> down = masters.stream().filter(master -> !isUp(master)).toList();
      sentences.add(
          Figures.count(masters.size(), "master")
              + ", "
              + (down.isEmpty() ? "all up." : down.size() + " of them down."));
      down.stream().limit(MAX_DESCRIBED).forEach(master -> sentences.add(of(master)));
    }
    return String.join(" ", sentences);
  }

  private boolean isUp(Instance instance) {
    return !instance.isSubjectivelyDown() && SentinelPage.answers(sentinel, instance);
  }

  private String of(Master master) {
    String address = sentinel.displayed(master.address()).toString();
    StringBuilder text = new StringBuilder(master.name()).append(": master ").append(address);
    if (isUp(master)) {
      text.append(" is up");
    } else {
      text.append(" has not answered for ").append(silence(master));
      if (master.isObjectivelyDown()) {
        text.append(", as a quorum agrees");
      }
    }
    if (master.isFailoverInProgress()) {
      text.append(", failover in progress (").append(master.failoverState()).append(')');
    }
    return text.append("; ")
        .append(replicas(master))
        .append("; ")
        .append(sentinel.reachableSentinels(master))
        .append(" of ")
        .append(Figures.count(master.sentinels().size() + 1L, "sentinel"))
        .append(" reachable.")
        .toString();
  }

  private String silence(Instance instance) {
    return Figures.duration(instance.link().sinceAvailableMillis(sentinel.nowMillis()));
  }

  private String replicas(Master master) {
    if (master.replicas().isEmpty()) {
      return "no replica";
    }
    int inStep = 0;
    long worst = 0;
    NodeInfo of = master.info();
    for (Replica replica : master.replicas()) {
      NodeInfo info = replica.info();
      if (isUp(replica) && info != null && info.masterLink().isUp()) {
        inStep++;
        worst = Math.max(worst, of == null ? 0 : of.offset() - info.offset());
      }
    }
    return (inStep == master.replicas().size() ? "" : inStep + " of ")
        + Figures.count(master.replicas().size(), "replica")
        + " in step"
        + (worst > 0 && isUp(master) ? ", worst " + Figures.bytes(worst) + " behind by INFO" : "");
  }
}
