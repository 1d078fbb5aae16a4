package io.redoubt.server.lifecycle;

import io.redoubt.protocol.bytes.IpAddress;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.replication.Replication;
import io.redoubt.server.settings.HostPort;
import io.redoubt.server.settings.ReplicationDirectives;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * Fences a deposed master: it refuses writes as soon as a sentinel announces another master of its
 * group under a newer configuration epoch. The sentinels turn it into a replica only seconds later,
 * and every write accepted until then would be lost.
 *
 * <p>A group counts only after a sentinel has named this server as its master, so that a stale
 * hello cannot fence a replica that has just been promoted. A change of role and REPLICAOF NO ONE
 * forget all epochs and lift the fence.
 *
 * <p>Confined to the event loop. Does not resolve host names, since that would block the loop.
 */
public final class EpochFence {
  /** The maximum number of groups, so that a publisher of invented names can't fill the heap. */
  private static final int MAX_GROUPS = 64;

  private final ReplicationDirectives settings;
  private final Log log;
  private final ServerState state;
  private final Replication replication;
  private final IntSupplier port;

  /** The newest epoch under which each group had this server as its master. */
  private final Map<String, Long> ownEpochs = new HashMap<>();

  /** The epoch of the new master of each group that has deposed this server. */
  private final Map<String, Long> fences = new HashMap<>();

  private long roleOrders;

  /**
   * Creates a lifted fence.
   *
   * @param port the port of this server, unless {@code replica-announce-port} is set
   */
  public EpochFence(
      ReplicationDirectives settings,
      Log log,
      ServerState state,
      Replication replication,
      IntSupplier port) {
    this.settings = settings;
    this.log = log;
    this.state = state;
    this.replication = replication;
    this.port = port;
  }

  /** Compares a sentinel's view with this server's role. */
  void onHello(SentinelHello hello) {
    if (roleOrders != replication.roleOrders()) {
      roleOrders = replication.roleOrders();
      ownEpochs.clear();
      fences.clear();
    }
    if (replication.isReplica()) {
      return;
    }
    if (isSelf(hello.master())) {
      confirm(hello);
    } else {
      replace(hello);
    }
  }

  private void confirm(SentinelHello hello) {
    String group = hello.group();
    if (ownEpochs.size() < MAX_GROUPS || ownEpochs.containsKey(group)) {
      ownEpochs.merge(group, hello.configEpoch(), Math::max);
    }
    Long fence = fences.get(group);
    if (fence != null && hello.configEpoch() > fence) {
      fences.remove(group);
      state.set(Refusal.FENCED, !fences.isEmpty());
      log.warning(
          "A sentinel names this server as the master of %s again, under epoch %d.",
          group, hello.configEpoch());
    }
  }

  private void replace(SentinelHello hello) {
    Long own = ownEpochs.get(hello.group());
    if (own == null || hello.configEpoch() <= own || isPerhapsSelf(hello.master())) {
      return;
    }
    Long before = fences.get(hello.group());
    fences.merge(hello.group(), hello.configEpoch(), Math::max);
    if (before == null) {
      state.set(Refusal.FENCED, true);
      log.warning(
          "The sentinel at %s:%d reports %s:%d as the master of %s under epoch %d, newer than epoch"
              + " %d of this server. Writes are refused until the sentinels make this server a"
              + " replica or name it as master under a newer epoch (or REPLICAOF NO ONE is"
              + " ordered).",
          hello.sentinel().host(),
          hello.sentinel().port(),
          hello.master().host(),
          hello.master().port(),
          hello.group(),
          hello.configEpoch(),
          own);
    }
  }

  private boolean isSelf(HostPort place) {
    if (place.port() == announcedPort()
        && IpAddress.same(place.host(), settings.replicaAnnounceIp.value())) {
      return true;
    }
    return place.port() == port.getAsInt()
        && IpAddress.isLiteral(place.host())
        && RoleInquiry.isHere(place.host());
  }

  /** Returns true if only a DNS lookup could tell whether a host name is this server's. */
  private boolean isPerhapsSelf(HostPort place) {
    return place.port() == announcedPort()
        && !IpAddress.isLiteral(place.host())
        && settings.replicaAnnounceIp.value().isEmpty();
  }

  private int announcedPort() {
    int announced = settings.replicaAnnouncePort.value();
    return announced == 0 ? port.getAsInt() : announced;
  }
}
