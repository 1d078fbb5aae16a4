package io.redoubt.sentinel.core;

import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.sentinel.core.NodeRequest.Purpose;
import io.redoubt.sentinel.core.SentinelOutput.Level;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.message.NodeInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds risky configurations; reported after the start and by SENTINEL DOCTOR. Examines the known
 * state and, if they may be read, a few settings of the nodes.
 */
final class Doctor {
  /** The time after the start at which discovery should have completed. */
  private static final long FIRST_ROUND_MILLIS = 15_000;

  private static final List<String> SETTINGS =
      List.of("requirepass", "masterauth", "min-slaves-to-write", "save", "appendonly");

  private final SentinelWorld world;
  private final Links links;
  private final long firstRoundAt;
  private boolean firstRoundDone;

  Doctor(SentinelWorld world, Links links, long now) {
    this.world = world;
    this.links = links;
    this.firstRoundAt = now + FIRST_ROUND_MILLIS;
  }

  /** Requests a node's settings; called once for each new connection. */
  void requestSettings(DataNode node) {
    List<List<String>> commands = new ArrayList<>();
    commands.add(links.words(node, "MULTI"));
    for (String setting : SETTINGS) {
      commands.add(links.words(node, "CONFIG", "GET", setting));
    }
    commands.add(links.words(node, "EXEC"));
    links.send(
        node,
        Link.Kind.COMMAND,
        new NodeRequest(Purpose.CONFIGURATION, node.id(), List.copyOf(commands)));
  }

  /** Handles the reply with a node's settings, or its refusal. */
  void receiveSettings(DataNode node, Answer answer) {
    Map<String, String> settings = new HashMap<>();
    if (answer instanceof Answer.Items(List<Answer> replies)) {
      for (Answer reply : replies) {
        if (reply instanceof Answer.Items(List<Answer> pair)
            && pair.size() == 2
            && pair.get(0) instanceof Answer.Text(String name)
            && pair.get(1) instanceof Answer.Text(String value)) {
          settings.put(name, value);
        }
      }
    }
    node.setSettings(settings);
  }

  /** Logs the findings once, when discovery should have completed. */
  void tick(long now) {
    if (!firstRoundDone && now >= firstRoundAt) {
      firstRoundDone = true;
      for (Master master : world.masters()) {
        for (String finding : findings(master)) {
          world.remark(Level.WARNING, "Doctor: " + finding);
        }
      }
    }
  }

  /**
   * Returns the findings about a master and its group, each with a keyword, the master's name and
   * advice.
   */
  List<String> findings(Master master) {
    List<String> findings = new ArrayList<>();
    voters(master, findings);
    passwords(master, findings);
    settings(master, findings);
    leases(master, findings);
    acknowledgements(master, findings);
    addresses(master, findings);
    return findings;
  }

  private static void add(List<String> findings, String word, Master master, String advice) {
    findings.add(word + " " + master.name() + ": " + advice);
  }

  private void voters(Master master, List<String> findings) {
    int voters = master.voters();
    if (voters < 3) {
      add(
          findings,
          voters == 1 ? "one-voter" : "two-voters",
          master,
          "a failover needs a majority of the sentinels, so with "
              + voters
              + " of them none may fail. Run three or more, on different machines.");
    }
    if (master.options().quorum() > voters) {
      add(
          findings,
          "quorum-above-voters",
          master,
          "the quorum is "
              + master.options().quorum()
              + ", but only "
              + voters
              + " sentinels are known: it can never count as down.");
    }
    Set<String> hosts = new HashSet<>();
    hosts.add(ownHost(master));
    for (SentinelPeer peer : master.sentinels()) {
      hosts.add(world.names.numbered(peer.address()).host());
    }
    if (voters > 1 && hosts.size() == 1) {
      add(
          findings,
          "one-host",
          master,
          "all its sentinels run on "
              + hosts.iterator().next()
              + ": if that machine fails, no failover is possible.");
    }
  }

  private String ownHost(Master master) {
    String announced = world.settings().announceIp();
    return announced.isEmpty() ? master.link().localHost : new Address(announced, 0).host();
  }

  private static List<DataNode> nodes(Master master) {
    List<DataNode> nodes = new ArrayList<>();
    nodes.add(master);
    nodes.addAll(master.replicas());
    return nodes;
  }

  private static void passwords(Master master, List<String> findings) {
    for (DataNode node : nodes(master)) {
      if (node.refusesPassword()) {
        add(
            findings,
            "password-refused",
            master,
            node.address() + " does not accept the password of sentinel auth-pass.");
      }
      String given = node.settings().get("masterauth");
      for (DataNode other : nodes(master)) {
        String asked = other.settings().get("requirepass");
        if (other.id() != node.id()
            && given != null
            && asked != null
            && !asked.isEmpty()
            && !asked.equals(given)) {
          add(
              findings,
              "passwords-differ",
              master,
              "masterauth of "
                  + node.address()
                  + " is not requirepass of "
                  + other.address()
                  + ", so it can't replicate from there. Set both to one value on all nodes.");
        }
      }
    }
  }

  private static void settings(Master master, List<String> findings) {
    if ("0".equals(master.settings().get("min-slaves-to-write")) && !master.replicas().isEmpty()) {
      add(
          findings,
          "min-replicas-unset",
          master,
          "a master cut off from its replicas keeps accepting writes, which are lost when one of"
              + " them is promoted. Set min-replicas-to-write 1 and min-replicas-max-lag 10.");
    }
    if ("".equals(master.settings().get("save"))
        && "no".equals(master.settings().get("appendonly"))) {
      add(
          findings,
          "persistence-off",
          master,
          "the master has no persistence: if it restarts before a failover, it is empty, and its"
              + " replicas become empty, too. Enable save or appendonly.");
    }
  }

  private static void leases(Master master, List<String> findings) {
    NodeInfo info = master.info();
    if (info == null) {
      return;
    }
    for (Replica replica : master.replicas()) {
      NodeInfo other = replica.info();
      if (other != null && other.wantsLease() != info.wantsLease()) {
        add(
            findings,
            "leases-differ",
            master,
            "sentinel-lease of "
                + replica.address()
                + " differs from the master's, so that a failover changes which writes can be lost."
                + " Set the same value on all nodes.");
      }
    }
    if (info.lease().equals("mixed")) {
      add(
          findings,
          "lease-mixed",
          master,
          "a Redis sentinel, which grants no leases, monitors it, too: a master that is cut off"
              + " then keeps accepting writes, which are lost. Replace that sentinel.");
    }
    if (info.wantsLease() && master.link().lease.isRefused()) {
      add(
          findings,
          "lease-refused",
          master,
          "it accepts no lease from this sentinel: the sentinels' user needs +ping and +slaveof.");
    }
  }

  /** Finds causes that prevent a failover from preserving acknowledged writes. */
  private void acknowledgements(Master master, List<String> findings) {
    GroupConfig group = master.group();
    if (group == null || group.acks() == 0) {
      return;
    }
    List<String> present = new ArrayList<>();
    for (DataNode node : nodes(master)) {
      NodeInfo info = node.info();
      if (info == null || node.isSubjectivelyDown()) {
        continue;
      }
      if (!group.has(info.acks().node())) {
        add(
            findings,
            "acks-no-member",
            master,
            node.address()
                + " is not a member of the group that acknowledges writes, so it is not promoted"
                + " automatically. A Redis server or a replica of a replica can't be a member; for"
                + " others see REPLICATION GROUP.");
      } else if (!info.acks().isIncomplete()) {
        present.add(info.acks().node());
        if (node instanceof Replica replica && replica.priority() == 0) {
          add(
              findings,
              "acks-priority",
              master,
              node.address()
                  + " acknowledges writes but has priority 0: if no other member has a write, no"
                  + " failover is possible. Give it a priority above 0.");
        }
      }
    }
    long replicas = present.stream().filter(id -> !id.equals(group.master())).count();
    if (replicas < group.answersToElect()) {
      add(
          findings,
          "acks-members-missing",
          master,
          "a failover that preserves all acknowledged writes needs "
              + group.answersToElect()
              + " members besides the master, and "
              + replicas
              + " can be reached. Missing: "
              + Fencing.missing(master, group, present)
              + ". Start them, remove those that are gone for good with REPLICATION REMOVE, or"
              + " accept the loss with SENTINEL FAILOVER "
              + master.name()
              + " FORCE-DATA-LOSS.");
    }
  }

  private void addresses(Master master, List<String> findings) {
    NodeInfo info = master.info();
    for (Replica replica : master.replicas()) {
      if (replica.isSubjectivelyDown()
          && replica.infoAt() == MachineClock.NEVER
          && info != null
          && info.replicas().contains(replica.address())) {
        add(
            findings,
            "replica-out-of-reach",
            master,
            "the master has a replica at "
                + replica.address()
                + " that can't be reached from here: set replica-announce-ip and"
                + " replica-announce-port.");
      }
      if (replica.isSameProcess(master)) {
        add(
            findings,
            "two-addresses",
            master,
            "the master is also known as its replica "
                + replica.address()
                + ": give each server one address, by replica-announce-ip, and remove the other"
                + " with SENTINEL RESET.");
      }
      if (world.isOfOtherMaster(replica)) {
        add(
            findings,
            "groups-overlap",
            master,
            replica.address()
                + " belongs to another master too: groups behind address translation need"
                + " replica-announce-ip and replica-announce-port.");
      }
    }
    if (world.heardOwnId()) {
      add(
          findings,
          "same-id",
          master,
          "another sentinel uses the id of this one: it was set up with a copy of this one's file."
              + " Remove the line sentinel myid from its file and restart it.");
    }
  }
}
