package io.redoubt.server.cluster.migration;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.message.NodeFlag;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hands the slots of this master over to a replica before a shutdown. Asks one replica after
 * another for CLUSTER FAILOVER, as a client, so that a Redis 7.0 can take over, too. The replica
 * has this node pause writes and stands for election with the final offset: no acknowledged write
 * is lost.
 */
public final class ShutdownHandover implements TargetLink.User {
  /** The time after which a silent replica is given up; one that has accepted is awaited. */
  private static final long ANSWER_MILLIS = 1000;

  private final MigrationParts parts;

  /** The replicas that have been asked, by name. */
  private final Set<String> tried = new HashSet<>();

  private @Nullable Node asked;
  private @Nullable TargetLink link;
  private boolean accepted;

  /** Creates a handover that is not in progress. */
  public ShutdownHandover(MigrationParts parts) {
    this.parts = parts;
  }

  /**
   * Asks the replica with the most data.
   *
   * @param attached the number of replicas that follow the stream of this node
   * @return false if there is none to ask
   */
  public boolean start(int attached) {
    stop();
    tried.clear();
    return askNext(attached);
  }

  /** Asks the next replica if the last one is silent; returns false if none is left. */
  public boolean advance(int attached) {
    TargetLink current = link;
    if (current != null
        && (accepted || parts.nowMillis() - current.heardMillis() < ANSWER_MILLIS)) {
      return true;
    }
    if (current != null) {
      giveUp("it does not answer");
    }
    return askNext(attached);
  }

  private boolean askNext(int attached) {
    Node next =
        parts.cluster().get().me().replicas().stream()
            .filter(each -> !tried.contains(each.id()))
            .filter(each -> each.isConnected() && !each.hasFailed())
            .filter(each -> !each.has(NodeFlag.NOFAILOVER))
            .max(Comparator.comparingLong(Node::offset))
            .orElse(null);
    if (next == null) {
      return tried.size() < attached; // the bus has yet to tell whose replica it is
    }
    tried.add(next.id());
    asked = next;
    accepted = false;
    parts.log().notice("Asking replica %s (%s) to take over.", next.id(), next.shownAddress());
    TargetLink opened = new TargetLink(parts, this);
    link = opened;
    opened.connect(next);
    return true;
  }

  @Override
  public void onOpened() {
    if (link != null) {
      link.logIn();
      link.ask(this::onReply, "CLUSTER", "FAILOVER");
    }
  }

  private void onReply(Reply reply) {
    if (reply instanceof Reply.Error error) {
      giveUp(error.message());
    } else {
      accepted = true;
    }
  }

  @Override
  public void onProgress() {
    // nothing to send
  }

  @Override
  public void onBroken(String reason) {
    giveUp(reason);
  }

  private void giveUp(String reason) {
    if (asked != null) {
      parts.log().warning("Replica %s can't take over: %s", asked.id(), reason);
    }
    disconnect();
  }

  private void disconnect() {
    TargetLink current = link;
    link = null;
    asked = null;
    if (current != null) {
      current.close();
    }
  }

  /** Asks no further replica. One that has accepted may still take over. */
  public void stop() {
    disconnect();
  }
}
