package io.redoubt.server.cluster.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Body.GossipKind;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.Extension;
import io.redoubt.server.cluster.message.GossipEntry;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.nodes.NodeRecord.Labels;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Updates addresses, roles, labels and failure reports from message headers and from PING, PONG and
 * MEET.
 */
final class GossipReception {
  /** The tolerated difference between wall clocks in PONG times reported by others. */
  private static final long CLOCK_TOLERANCE_MILLIS = 500;

  private static final long MILLIS_PER_SECOND = 1000;

  /**
   * The number of handshakes in progress at which further MEETs are ignored, since each costs a
   * connection to an address chosen by a stranger. An ignored node sends another MEET later.
   */
  private static final int MAX_HANDSHAKES = 256;

  private static final int ROLE_FLAGS = NodeFlag.MASTER | NodeFlag.REPLICA;

  private final World world;
  private final BusMessages messages;
  private final AddressSearch search;
  private final Health health;
  private final SlotClaims claims;
  private final RoleChanges roles;
  private final ManualFailover manual;

  /**
   * The local address of the connection on which the last PING or MEET arrived, empty if none did.
   */
  private String reachedAt = "";

  /** This node's address in the last gossip about it, empty if there was none. */
  private String reportedAt = "";

  /**
   * True once a known node has reached this one since the start. Until then the saved address may
   * be outdated.
   */
  private boolean addressConfirmed;

  GossipReception(
      World world,
      BusMessages messages,
      AddressSearch search,
      Health health,
      SlotClaims claims,
      RoleChanges roles,
      ManualFailover manual) {
    this.world = world;
    this.messages = messages;
    this.search = search;
    this.health = health;
    this.claims = claims;
    this.roles = roles;
    this.manual = manual;
  }

  /** Handles the header of a message of any kind from a known node. */
  void onHeader(Node sender, Header header) {
    sender.link.heardAt = world.now();
    world.raiseEpoch(header.currentEpoch());
    if (header.configEpoch() > sender.configEpoch) {
      sender.configEpoch = header.configEpoch();
      world.markStateChanged();
    }
    sender.offset = header.offset();
    if (header.says(Header.EXTENSION_DATA)) {
      sender.set(NodeFlag.EXTENSIONS);
    }
    if (header.has(NodeFlag.LIGHT_PUBLISH)) {
      sender.set(NodeFlag.LIGHT_PUBLISH);
    } else {
      sender.clear(NodeFlag.LIGHT_PUBLISH);
    }
    if (header.says(Header.PAUSED)) {
      manual.onMasterPaused(sender, header.offset());
    }
  }

  /** Handles a PING, PONG or MEET. */
  void onGossip(
      Input.Received received,
      @Nullable Node knownSender,
      @Nullable Node linked,
      Header header,
      Body.Gossip gossip) {
    Node sender = knownSender;
    if (gossip.kind() != GossipKind.PONG) {
      learnOwnAddress(received, gossip.kind(), knownSender != null);
      if (sender == null) {
        stranger(received, header, gossip.kind());
      }
      messages.reply(received.connection(), sender, header.says(Header.EXTENSION_DATA));
    }
    if (linked != null) {
      if (linked.isInHandshake()) {
        sender = introduced(linked, sender, header);
        if (sender == null) {
          return;
        }
        onHeader(
            sender, header); // learns whether it reads extensions before the next message to it
      } else if (!linked.id().equals(header.sender())) {
        onStranger(linked, header.sender());
        return;
      } else {
        onAnswer(linked, announced(header, received.remoteIp()));
      }
    }
    if (sender == null) {
      return;
    }
    if (linked == null) {
      updateEndpoint(sender, announced(header, received.remoteIp()));
    }
    copyFlag(sender, header, NodeFlag.NOFAILOVER);
    if (linked == sender && gossip.kind() == GossipKind.PONG) {
      health.onPong(sender);
    }
    role(sender, header);
    followMastersMaster();
    claims.onClaims(sender, header);
    claims.resolveCollision(sender, header);
    for (GossipEntry entry : gossip.entries()) {
      onEntry(sender, entry);
    }
    // Redis sends extensions only on its own link, and it has read our first PING, which announced
    // that we read them.
    boolean informed = linked == null && gossip.kind() == GossipKind.PING && hasAnswered(sender);
    boolean knewLater = sender.knowsLaterExtensions;
    extensions(sender, gossip, informed);
    greet(sender, linked == sender, !knewLater && sender.knowsLaterExtensions);
  }

  /**
   * Sends this node's shard and names to a node once that has announced that it reads extensions,
   * and again once it has sent its own, since it may have ignored the first ones of an unknown
   * sender. Waiting for the next PING would delay them by seconds, or forever if this node fails
   * first.
   */
  private void greet(Node sender, boolean answers, boolean introducesItself) {
    boolean first = answers && !sender.link.greeted && sender.has(NodeFlag.EXTENSIONS);
    if (first || introducesItself) {
      messages.sendGossip(sender, GossipKind.PONG);
    }
  }

  /**
   * Takes this node's address from a connection by which another node reached it, unless one is
   * configured.
   */
  private void learnOwnAddress(Input.Received received, GossipKind kind, boolean known) {
    Node myself = world.myself();
    reachedAt = received.localIp();
    boolean outdated = known && !addressConfirmed;
    addressConfirmed |= known;
    if (world.options().announced().ip().isEmpty()
        && (kind == GossipKind.MEET || outdated || myself.endpoint.ip().isEmpty())
        && !received.localIp().isEmpty()
        && !received.localIp().equals(myself.endpoint.ip())) {
      myself.endpoint = myself.endpoint.at(received.localIp());
      world.remark(Level.NOTICE, "IP address for this node updated to " + myself.endpoint.ip());
      world.markTopologyChanged();
    }
  }

  /**
   * Returns an address by which other nodes reach or announce this one if it differs from its own,
   * or null.
   */
  @Nullable String differingAddress() {
    String ip = world.myself().endpoint.ip();
    for (String other : List.of(reachedAt, reportedAt)) {
      if (!other.isEmpty() && !other.equals(ip)) {
        return other;
      }
    }
    return null;
  }

  private static Endpoint announced(Header header, String remoteIp) {
    Endpoint endpoint = header.endpoint();
    return endpoint.ip().isEmpty() ? endpoint.at(remoteIp) : endpoint;
  }

  /**
   * Handles a PING or a MEET from an unknown node. A MEET starts a handshake. The gossip of both is
   * ignored: nodes of the sender's cluster introduce themselves, or are learned from the sender
   * once it is trusted.
   */
  private void stranger(Input.Received received, Header header, GossipKind kind) {
    boolean insists =
        world.nodes.isForgottenAndInsists(header.sender(), received.connection(), world.now());
    if (kind != GossipKind.MEET || insists) {
      return;
    }
    Endpoint endpoint = announced(header, received.remoteIp());
    if (world.nodes.handshakeWith(endpoint.ip(), endpoint.busPort()) == null
        && world.nodes.handshakes() < MAX_HANDSHAKES) {
      world.nodes.add(new Node(world.newId(), NodeFlag.HANDSHAKE, endpoint, world.now()));
    }
  }

  /**
   * Ends a handshake, since the first message of a node carries its id. Returns null if the node
   * was already known; its address is updated then.
   */
  private @Nullable Node introduced(Node linked, @Nullable Node sender, Header header) {
    if (sender != null) {
      world.remark(
          Level.VERBOSE, "Handshake: we already know node " + sender + ", updating the address");
      Endpoint endpoint = linked.endpoint;
      world.remove(linked);
      updateEndpoint(sender, endpoint);
      return null;
    }
    world.nodes.rename(linked, header.sender());
    linked.clear(NodeFlag.HANDSHAKE);
    linked.set(header.flags() & ROLE_FLAGS);
    if (!linked.has(NodeFlag.REPLICA)) {
      linked.set(NodeFlag.MASTER);
    } else {
      linked.clear(NodeFlag.MASTER);
    }
    Restoration.setShard(linked, world.newId());
    onHeader(linked, header);
    world.remark(Level.DEBUG, "Handshake with node " + linked + " completed.");
    world.markTopologyChanged();
    return linked;
  }

  /** Handles an answer on a link. The first one confirms an address that was on trial. */
  private void onAnswer(Node linked, Endpoint endpoint) {
    if (!linked.link.answered) {
      boolean onTrial = search.isOnTrial(linked);
      linked.link.answered = true;
      if (onTrial) {
        updateEndpoint(linked, endpoint);
      }
    }
  }

  private static boolean hasAnswered(Node node) {
    return node.isConnected() && node.link.answered;
  }

  /** Handles a message from an address at which another node was expected. */
  void onStranger(Node linked, String stranger) {
    if (search.isOnTrial(linked)) {
      search.onRefuted(linked, stranger);
      return;
    }
    world.remark(Level.DEBUG, "PONG contains mismatching sender ID. About node " + linked + " ...");
    linked.set(NodeFlag.NOADDR);
    linked.lostEndpoint = linked.endpoint;
    linked.endpoint = new Endpoint("", 0, 0, 0);
    world.closeLink(linked);
    world.markTopologyChanged();
  }

  private void updateEndpoint(Node node, Endpoint endpoint) {
    if (node.endpoint.equals(endpoint)) {
      return;
    }
    boolean moved =
        !node.endpoint.ip().equals(endpoint.ip())
            || node.endpoint.port() != endpoint.port()
            || node.endpoint.busPort() != endpoint.busPort();
    node.endpoint = endpoint;
    node.clear(NodeFlag.NOADDR);
    world.markTopologyChanged();
    if (moved) {
      if (!node.leadsTo(endpoint)) {
        world.closeLink(node);
      }
      world.remark(
          Level.WARNING,
          "Address updated for node " + node + ", now " + endpoint.ip() + ":" + endpoint.port());
      if (world.myself().master() == node) {
        world.follow(node);
      }
    }
  }

  private void copyFlag(Node sender, Header header, int flag) {
    if (sender.has(flag) != header.has(flag)) {
      if (header.has(flag)) {
        sender.set(flag);
      } else {
        sender.clear(flag);
      }
      world.markTopologyChanged();
    }
  }

  private void role(Node sender, Header header) {
    if (header.master() == null) {
      if (!sender.isMaster()) {
        sender.becomeMaster();
        world.markTopologyChanged();
      }
      return;
    }
    Node master = world.nodes.known(header.master());
    if (sender.isMaster()) {
      world.slots.vacate(sender);
      sender.becomeReplica(master);
      world.markTopologyChanged();
    } else if (master != null && sender.master() != master && master != sender) {
      sender.follow(master);
      world.markTopologyChanged();
    }
  }

  /**
   * Follows the master of this node's master, if that has become a replica: a cluster has no
   * chained replicas.
   */
  private void followMastersMaster() {
    Node myself = world.myself();
    Node master = myself.master();
    Node next = master == null ? null : master.master();
    if (next != null && next != myself) {
      world.remark(Level.NOTICE, "My master became a replica of " + next + ", which I follow now");
      roles.becomeReplicaOf(next);
    }
  }

  private void onEntry(Node sender, GossipEntry entry) {
    Node node = world.nodes.known(entry.node());
    if (node == null) {
      learn(entry);
      return;
    }
    if (node == world.myself()) {
      // Only Redis sends a node gossip about that node itself; ours leaves out the receiver.
      reportedAt = entry.endpoint().ip();
      return;
    }
    boolean suspected = entry.has(NodeFlag.PFAIL | NodeFlag.FAIL);
    if (sender.isMaster()) {
      if (suspected) {
        health.addReport(node, sender);
      } else {
        health.removeReport(node, sender);
      }
    }
    if (!suspected
        && !entry.has(NodeFlag.NOADDR)
        && !node.has(NodeFlag.PFAIL | NodeFlag.FAIL)
        && node.link.pingSentAt == MachineClock.NEVER
        && health.reports(node) == 0) {
      long pongAt = world.fromWall(entry.pongReceivedSeconds() * MILLIS_PER_SECOND);
      if (pongAt <= world.now() + CLOCK_TOLERANCE_MILLIS) {
        node.link.pongAt = Math.max(node.link.pongAt, Math.min(pongAt, world.now()));
      }
    }
    if (node.has(NodeFlag.PFAIL | NodeFlag.FAIL)
        && !suspected
        && !entry.has(NodeFlag.NOADDR)
        && !entry.endpoint().ip().isEmpty()) {
      updateEndpoint(node, entry.endpoint());
    }
  }

  /** Adds an unknown node that appears in the gossip of a trusted one. */
  private void learn(GossipEntry entry) {
    if (entry.has(NodeFlag.NOADDR | NodeFlag.HANDSHAKE)
        || entry.endpoint().ip().isEmpty()
        || world.nodes.get(entry.node()) != null
        || world.nodes.isForgotten(entry.node(), world.now())) {
      return;
    }
    int flags = entry.flags() & (ROLE_FLAGS | NodeFlag.NOFAILOVER);
    if ((flags & NodeFlag.REPLICA) != 0) {
      flags &= ~NodeFlag.MASTER;
    } else {
      flags |= NodeFlag.MASTER;
    }
    Node node = new Node(entry.node(), flags, entry.endpoint(), world.now());
    Restoration.setShard(node, world.newId());
    world.nodes.add(node);
    world.markTopologyChanged();
  }

  /**
   * Takes labels from the extensions of a message.
   *
   * @param informed true if the sender certainly knows that this node reads extensions
   */
  private void extensions(Node sender, Body.Gossip gossip, boolean informed) {
    Labels before = sender.labels;
    // A missing host name counts only if the sender would have sent it. Otherwise the first
    // messages after a restart would erase the name by which the sender can be found.
    String hostname = informed ? "" : before.hostname();
    String nodeName = before.nodeName();
    String shard = before.shard();
    for (Extension extension : gossip.extensions()) {
      switch (extension) {
        case Extension.Hostname(String name) -> hostname = isStorable(name) ? name : "";
        case Extension.NodeName(String name) -> {
          nodeName = isStorable(name) ? name : "";
          sender.knowsLaterExtensions = true;
        }
        case Extension.ForgottenNode(String id, long ttlSeconds) -> {
          sender.knowsLaterExtensions = true;
          world.forgetForOthers(id, ttlSeconds);
        }
        case Extension.ShardId(String id) -> {
          shard = id;
          sender.knowsLaterExtensions = true;
        }
        case Extension.Unknown unknown -> {}
      }
    }
    Node master = sender.master();
    if (!sender.knowsLaterExtensions && master != null) {
      // Redis 7.0 has no shard ids. Its replicas share the id that was made up for their master.
      shard = master.labels.shard();
    }
    Labels labels = new Labels(hostname, nodeName, shard);
    if (!labels.equals(before)) {
      sender.labels = labels;
      world.markTopologyChanged();
      Node myself = world.myself();
      if (myself.master() == sender) {
        Restoration.setShard(myself, shard);
      }
    }
  }

  /** Returns true if a name can be written to a line of {@code nodes.conf}. */
  private static boolean isStorable(String name) {
    return name.chars().allMatch(c -> c > ' ' && c < 0x7f && c != ',' && c != '"' && c != '\'');
  }
}
