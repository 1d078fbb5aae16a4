package io.redoubt.server.cluster.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.nodes.NodeRecord.Labels;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node of the cluster as this node sees it; this node itself is one of them. Times are on the
 * clock of the state machine, {@link MachineClock#NEVER} for events that have not happened.
 */
public final class Node {
  enum LinkState {
    DOWN,
    CONNECTING,
    UP
  }

  /** The outgoing link to the node. */
  static final class Link {
    LinkState state = LinkState.DOWN;

    /** The id of the link unless it is down. */
    int id;

    long upSince = MachineClock.NEVER;

    /** The time of the oldest PING without a PONG. */
    long pingSentAt = MachineClock.NEVER;

    /** The time of the last PONG, to this node or to another that reported it. */
    long pongAt = MachineClock.NEVER;

    /** The time of the last message from the node on any connection. */
    long heardAt = MachineClock.NEVER;

    /** True once a message on this link has carried extensions. */
    boolean greeted;

    /** The endpoint of the current or the last link, null before the first one. */
    @Nullable Endpoint endpoint;

    /** True once the node has answered on this link with its id. */
    boolean answered;

    /** The id of the inbound connection from the node, 0 for none. */
    int inbound;

    /**
     * The time at which the last inbound connection ended; initially the creation time of this
     * entry.
     */
    long inboundLostAt;

    /** The time of the last MEET sent to the node. */
    long metAt = MachineClock.NEVER;
  }

  private final long createdAt;
  private final List<Node> replicas = new ArrayList<>();
  private final SlotSet slots = new SlotSet();

  /** An immutable copy of the slots, shared by messages; null after a change. */
  private @Nullable SlotSet shared;

  private int slotCount;
  private String id;
  private @Nullable Node master;

  final Link link = new Link();
  final Map<Node, Long> failReports = new LinkedHashMap<>();
  int flags;
  Endpoint endpoint;
  Labels labels = Labels.NONE;
  long configEpoch;

  /** The node's replication offset in its last message. */
  long offset;

  long failedAt = MachineClock.NEVER;

  /** The time of this node's last vote for a replica of this master. */
  long votedAt = MachineClock.NEVER;

  /** The time at which this master lost its last working replica. */
  long orphanedAt = MachineClock.NEVER;

  /** The time of the last lookup of the host name, or of its answer. */
  long resolvedAt = MachineClock.NEVER;

  /** The resolved endpoint that the next link tries, null for none. */
  @Nullable Endpoint resolved;

  /** The last endpoint before another node answered there; its ports may still be right. */
  @Nullable Endpoint lostEndpoint;

  /** True once the node has sent an extension newer than Redis 7.0. */
  boolean knowsLaterExtensions;

  Node(String id, int flags, Endpoint endpoint, long now) {
    this.id = id;
    this.flags = flags;
    this.endpoint = endpoint;
    this.createdAt = now;
    this.link.inboundLostAt = now;
  }

  /** Returns the id; a random placeholder during a handshake. */
  public String id() {
    return id;
  }

  void rename(String realId) {
    id = realId;
  }

  /** Returns the {@link NodeFlag} bits. */
  public int flags() {
    return flags;
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  /** Returns {@code ip:port} for messages to people; the id if the address is unknown. */
  public String shownAddress() {
    return endpoint.ip().isEmpty() ? id : endpoint.ip() + ":" + endpoint.port();
  }

  public Labels labels() {
    return labels;
  }

  /**
   * Returns the epoch of the node's claims to slots; for two claims to a slot, the greater epoch
   * wins.
   */
  public long configEpoch() {
    return configEpoch;
  }

  /** Returns the replication offset that the node last reported. */
  public long offset() {
    return offset;
  }

  /** Returns true if the link to this node is not down and leads to the bus port of an endpoint. */
  boolean leadsTo(Endpoint endpoint) {
    Endpoint led = link.endpoint;
    return link.state != LinkState.DOWN
        && led != null
        && led.ip().equals(endpoint.ip())
        && led.busPort() == endpoint.busPort();
  }

  /** Returns true if the outgoing link to the node is up. */
  public boolean isConnected() {
    return link.state == LinkState.UP;
  }

  long createdAt() {
    return createdAt;
  }

  /** Returns true if one of the {@link NodeFlag} bits is set. */
  public boolean has(int flag) {
    return (flags & flag) != 0;
  }

  void set(int flag) {
    flags |= flag;
  }

  void clear(int flag) {
    flags &= ~flag;
  }

  public boolean isMaster() {
    return has(NodeFlag.MASTER);
  }

  public boolean isReplica() {
    return has(NodeFlag.REPLICA);
  }

  /** Returns true for a node that has not sent its id yet. */
  public boolean isInHandshake() {
    return has(NodeFlag.HANDSHAKE);
  }

  /** Returns true if a majority has agreed that the node failed. */
  public boolean hasFailed() {
    return has(NodeFlag.FAIL);
  }

  /** Returns true for a master with slots. */
  public boolean isVoter() {
    return isMaster() && slotCount > 0;
  }

  /** Returns the master of a replica, null if it is unknown or this is a master. */
  public @Nullable Node master() {
    return master;
  }

  /** Returns the master of a replica, or this node if it has none. */
  Node shardMaster() {
    return master == null ? this : master;
  }

  public List<Node> replicas() {
    return Collections.unmodifiableList(replicas);
  }

  int workingReplicas() {
    int working = 0;
    for (Node replica : replicas) {
      if (!replica.hasFailed()) {
        working++;
      }
    }
    return working;
  }

  /** Changes the master of a replica, and the replica lists of both masters. */
  void follow(@Nullable Node newMaster) {
    if (master == newMaster) {
      return;
    }
    if (master != null) {
      master.replicas.remove(this);
      if (master.replicas.isEmpty()) {
        master.clear(NodeFlag.MIGRATE_TO);
      }
    }
    master = newMaster;
    if (newMaster != null) {
      newMaster.replicas.add(this);
      newMaster.set(NodeFlag.MIGRATE_TO);
    }
  }

  /**
   * Becomes a master. One that takes over may have no replica left, so it invites those of other
   * masters.
   */
  void becomeMaster() {
    boolean takesOver = master != null;
    follow(null);
    clear(NodeFlag.REPLICA);
    set(takesOver ? NodeFlag.MASTER | NodeFlag.MIGRATE_TO : NodeFlag.MASTER);
  }

  void becomeReplica(@Nullable Node newMaster) {
    clear(NodeFlag.MASTER | NodeFlag.MIGRATE_TO);
    set(NodeFlag.REPLICA);
    follow(newMaster);
  }

  /** Returns the slots; must not be changed. */
  public SlotSet slots() {
    return slots;
  }

  /** Returns an immutable copy of the slots. */
  SlotSet slotsNow() {
    if (shared == null) {
      shared = slots.copy();
    }
    return shared;
  }

  public int slotCount() {
    return slotCount;
  }

  /** Adds a slot; only {@link SlotTable} may. */
  void addSlot(int slot) {
    if (slots.add(slot)) {
      shared = null;
      slotCount++;
    }
  }

  /** Removes a slot; only {@link SlotTable} may. */
  void removeSlot(int slot) {
    if (slots.remove(slot)) {
      shared = null;
      slotCount--;
    }
  }

  /** Returns the id, for the log. */
  @Override
  public String toString() {
    return id;
  }
}
