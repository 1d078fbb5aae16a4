package io.redoubt.embedded.simulation;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.simulation.SimulatedMachine;
import io.redoubt.server.simulation.SimulatedNetwork;
import io.redoubt.server.simulation.Simulation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The random faults of a run. Each run chooses a few kinds of faults at random, because some
 * failures need many faults of few kinds. Most runs kill a server only if the others have been up
 * for a while: otherwise the group often waits for an operator, and nothing more can be checked.
 */
final class GroupStorm {
  private static final int LONGEST_REST_MILLIS = 700;
  private static final int LONGEST_CUT_MILLIS = 6_000;
  private static final int LONGEST_PAUSE_MILLIS = 5_000;
  private static final int LONGEST_DOWN_MILLIS = 3_000;
  private static final int SHORT_MILLIS = 200;

  /** The longest delay of an aimed fault after the start of an election. */
  private static final int AIMED_MILLIS = 300;

  /** The time after which a restarted replica has usually caught up. */
  private static final int STEADY_MILLIS = 2_500;

  private static final int REMOVALS = 10;

  private static final double LARGEST_DRIFT = 0.009;
  private static final long LARGEST_JUMP_MILLIS = 86_400_000;

  private static final Pattern ORDER =
      Pattern.compile("\\+failover-state-wait-promotion slave (\\S+):\\d+ ");

  /** The kinds of faults. */
  enum Fault {
    SPLIT,
    SIEGE,
    SIEGE_OF_MASTER,
    ONE_WAY,
    LAGGING_REPLICA,
    RESET,
    SLOW_LINK,
    PAUSE_SERVER,
    PAUSE_SENTINEL,
    KILL_MASTER,
    KILL_SERVER,
    KILL_SENTINEL,
    CLOCK,
    PLANNED_FAILOVER,
    LOST_DISK,
    NEW_SERVER,
    OTHER_ACKS,
    AIMED_KILL,
    AIMED_SIEGE
  }

  private final SimulatedGroup group;
  private final SimulatedNetwork network;
  private final Simulation simulation;
  private final Random random;
  private final List<Fault> faults;

  /** The id of a member whose disk was lost, until the group removes it. */
  private String lostMember = "";

  private String removedMember = "";

  private boolean lostDisk;
  private final boolean wild;
  private long steadyAtNanos;
  private boolean calm;

  /**
   * Creates a storm that has not started.
   *
   * @param wanted the kinds of faults, empty to choose them at random
   */
  GroupStorm(SimulatedGroup group, Set<Fault> wanted) {
    this.group = group;
    this.network = group.network();
    this.simulation = group.simulation();
    this.random = simulation.random();
    Set<Fault> chosen = EnumSet.noneOf(Fault.class);
    int kinds = 3 + random.nextInt(Fault.values().length - 3);
    for (int i = 0; i < kinds; i++) {
      chosen.add(Fault.values()[random.nextInt(Fault.values().length)]);
    }
    faults = List.copyOf(wanted.isEmpty() ? chosen : wanted);
    wild = random.nextInt(8) == 0;
    for (SentinelProcess sentinel : group.sentinels()) {
      sentinel.machine().onLog(this::onLog);
    }
  }

  /** Injects faults, one after another; the effect of one may outlast it. */
  void rage(int steps) throws Exception {
    simulation.note((wild ? "wild " : "") + "faults: " + faults);
    for (int i = 0; i < steps; i++) {
      simulation.sleep(random.nextInt(LONGEST_REST_MILLIS));
      Fault fault = faults.get(random.nextInt(faults.size()));
      simulation.note("fault: " + fault);
      inject(fault);
      if (simulation.loops() > 1 && random.nextInt(4) == 0) {
        changeLoops();
      }
    }
  }

  private void inject(Fault fault) throws Exception {
    switch (fault) {
      case SPLIT -> split();
      case SIEGE -> siege(group.anyServer(), LONGEST_CUT_MILLIS);
      case SIEGE_OF_MASTER -> siege(group.newest(), LONGEST_CUT_MILLIS * 2);
      case ONE_WAY -> oneWay();
      case LAGGING_REPLICA -> cut(List.of(group.newest().host()), List.of(otherServer().host()));
      case RESET -> network.reset(anyHost(), anyHost());
      case SLOW_LINK -> network.delay(anyHost(), anyHost(), 1L << random.nextInt(18));
      case PAUSE_SERVER -> pause(group.anyServer().node().machine());
      case PAUSE_SENTINEL -> pause(group.anySentinel().machine());
      case KILL_MASTER -> kill(group.newest());
      case KILL_SERVER -> kill(group.anyServer());
      case KILL_SENTINEL -> kill(group.anySentinel());
      case CLOCK -> clock(anyMachine());
      case PLANNED_FAILOVER -> failOver();
      case LOST_DISK -> loseDisk();
      case NEW_SERVER -> addServer();
      case OTHER_ACKS -> changeAcks();
      case AIMED_KILL, AIMED_SIEGE -> {} // elections trigger these
    }
  }

  /** Changes the number of event loops of a server that serve new connections. */
  private void changeLoops() {
    GroupServer server = group.anyServer();
    String loops = Integer.toString(1 + random.nextInt(simulation.loops()));
    run(
        "change loops",
        () ->
            simulation.note(
                "%s with %s loops: %s"
                    .formatted(
                        server, loops, group.ask(server, "CONFIG", "SET", "io-threads", loops))));
  }

  // Aimed faults.

  /** Receives each line of a sentinel's log, on the sentinel's thread. */
  private void onLog(String line) {
    Matcher order = ORDER.matcher(line);
    if (order.find()) {
      group.servers().stream()
          .filter(each -> each.host().equals(order.group(1)))
          .forEach(GroupServer::onOrdered);
    }
    if (!calm && line.contains("+failover-state-fence-slaves")) {
      if (faults.contains(Fault.AIMED_KILL)) {
        soon(() -> kill(otherServer()));
      }
      if (faults.contains(Fault.AIMED_SIEGE)) {
        soon(this::siegeWithOne);
      }
    }
  }

  private void soon(Runnable fault) {
    simulation.later(
        random.nextInt(AIMED_MILLIS) * 1_000_000L,
        () -> {
          if (!calm) {
            run("aimed fault", fault::run);
          }
        });
  }

  /** Cuts the sentinels off from the master and from one replica, which restarts. */
  private void siegeWithOne() {
    GroupServer replica = otherServer();
    simulation.note("siege of " + group.newest() + " with " + replica);
    siege(group.newest(), LONGEST_CUT_MILLIS * 2);
    siege(replica, LONGEST_CUT_MILLIS * 2);
    List<String> others = new ArrayList<>();
    group.servers().stream()
        .filter(each -> each != replica && each != group.newest())
        .forEach(each -> others.add(each.host()));
    cut(others, List.of(replica.host(), group.newest().host()), LONGEST_CUT_MILLIS * 2);
    kill(replica, SHORT_MILLIS);
  }

  // Networks.

  private String anyHost() {
    List<String> hosts = group.hosts();
    return hosts.get(random.nextInt(hosts.size()));
  }

  /** Returns a server that is not the newest master. */
  private GroupServer otherServer() {
    List<GroupServer> others = new ArrayList<>(group.servers());
    others.remove(group.newest());
    return others.get(random.nextInt(others.size()));
  }

  private void split() {
    List<String> one = new ArrayList<>();
    List<String> other = new ArrayList<>();
    for (String host : group.hosts()) {
      (random.nextBoolean() ? one : other).add(host);
    }
    cut(one, other);
  }

  /** Cuts a server off from the sentinels, but not from servers and clients. */
  private void siege(GroupServer server, int mostMillis) {
    List<String> sentinels = new ArrayList<>();
    group.sentinels().forEach(each -> sentinels.add(each.machine().host()));
    cut(sentinels, List.of(server.host()), mostMillis);
  }

  private void oneWay() {
    String from = anyHost();
    List<String> others = new ArrayList<>(group.hosts());
    others.remove(from);
    if (random.nextBoolean()) {
      others.removeIf(each -> random.nextBoolean());
    }
    if (random.nextBoolean()) {
      hold(List.of(from), others, LONGEST_CUT_MILLIS);
    } else {
      hold(others, List.of(from), LONGEST_CUT_MILLIS);
    }
  }

  private void cut(List<String> one, List<String> other) {
    cut(one, other, LONGEST_CUT_MILLIS);
  }

  private void cut(List<String> one, List<String> other, int mostMillis) {
    hold(one, other, mostMillis);
    hold(other, one, mostMillis);
  }

  private void hold(List<String> from, List<String> to, int mostMillis) {
    int millis = random.nextInt(mostMillis);
    simulation.note("cut " + from + " to " + to + ": " + millis);
    hold(from, to, true);
    simulation.later(millis * 1_000_000L, () -> hold(from, to, false));
  }

  private void hold(List<String> from, List<String> to, boolean held) {
    for (String one : from) {
      for (String other : to) {
        network.hold(one, other, held);
      }
    }
  }

  // Processes.

  private SimulatedMachine anyMachine() {
    int at = random.nextInt(group.servers().size() + group.sentinels().size());
    return at < group.servers().size()
        ? group.servers().get(at).node().machine()
        : group.sentinels().get(at - group.servers().size()).machine();
  }

  private void pause(SimulatedMachine machine) {
    int millis = random.nextInt(LONGEST_PAUSE_MILLIS);
    simulation.note("pause " + machine + ": " + millis);
    machine.pause();
    simulation.later(millis * 1_000_000L, machine::resume);
  }

  private void clock(SimulatedMachine machine) {
    machine.clock().setRate(1 + (random.nextDouble() * 2 - 1) * LARGEST_DRIFT);
    if (random.nextBoolean()) {
      machine.clock().jump(random.nextLong(-LARGEST_JUMP_MILLIS, LARGEST_JUMP_MILLIS));
    }
  }

  /** An action that may fail, run in its own thread. */
  private interface Action {
    void run() throws Exception;
  }

  private void run(String name, Action action) {
    simulation.start(
        name,
        () -> {
          try {
            action.run();
          } catch (Throwable t) {
            simulation.fail(t);
          }
        });
  }

  /** Returns true if the group can lose one server. */
  private boolean maySpareOne() {
    return wild
        || (group.servers().stream().allMatch(GroupServer::isUp)
            && simulation.nowNanos() > steadyAtNanos
            && lostMember.isEmpty());
  }

  private void onRestart() {
    steadyAtNanos = simulation.nowNanos() + STEADY_MILLIS * 1_000_000L;
  }

  private void kill(GroupServer server) {
    kill(server, LONGEST_DOWN_MILLIS);
  }

  private void kill(GroupServer server, int mostMillis) {
    if (!server.isUp() || !maySpareOne()) {
      return;
    }
    boolean power = random.nextBoolean();
    int down = random.nextInt(mostMillis);
    boolean oldFile = random.nextInt(4) == 0;
    simulation.note(
        "kill %s%s for %d ms%s"
            .formatted(server, power ? " with the power" : "", down, oldFile ? ", old file" : ""));
    run(
        "kill " + server,
        () -> {
          server.kill(power);
          simulation.sleep(down);
          if (calm) {
            return;
          }
          if (oldFile) {
            server.startAsAtFirst();
          } else {
            server.start();
          }
          onRestart();
        });
  }

  private void kill(SentinelProcess sentinel) {
    boolean power = random.nextBoolean();
    int down = random.nextInt(LONGEST_DOWN_MILLIS);
    run(
        "kill " + sentinel,
        () -> {
          sentinel.kill(power);
          simulation.sleep(down);
          if (!calm) {
            sentinel.start();
          }
        });
  }

  // Orders.

  private void failOver() {
    SentinelProcess sentinel = group.anySentinel();
    run(
        "planned failover",
        () ->
            simulation.note(
                "planned failover: "
                    + group.ask(sentinel, "SENTINEL", "FAILOVER", SimulatedGroup.MASTER)));
  }

  /** Restarts one server with an empty disk, as a new replica. */
  private void loseDisk() {
    GroupServer server = otherServer();
    if (lostDisk || !server.isUp() || !maySpareOne()) {
      removeLost();
      return;
    }
    lostDisk = true;
    run(
        "lose disk",
        () -> {
          String member = server.memberOnDisk();
          server.kill(true);
          lostMember = member;
          simulation.note(server + " has lost its disk, with it member " + lostMember);
          server.node().machine().loseDisk();
          simulation.sleep(random.nextInt(LONGEST_DOWN_MILLIS));
          server.startAnew(followingAnother(server));
          onRestart();
          for (int i = 0; i < REMOVALS && !calm && !lostMember.isEmpty(); i++) {
            simulation.sleep(LONGEST_REST_MILLIS);
            removeLost();
          }
        });
  }

  private String followingAnother(GroupServer server) {
    GroupServer newest = group.newest();
    return GroupServer.follows(
        newest == server ? group.servers().getFirst().host() : newest.host());
  }

  /** Removes the member whose disk was lost from the group, as an operator does. */
  private void removeLost() {
    if (!lostMember.isEmpty()) {
      run("remove " + lostMember, this::removeLostNow);
    }
  }

  private void removeLostNow() {
    String member = lostMember;
    GroupServer master = group.newest();
    Reply reply = group.ask(master, "REPLICATION", "REMOVE", member);
    simulation.note("remove " + member + ": " + reply);
    if (reply instanceof Reply.Error error && error.message().contains("FORCE-DATA-LOSS")) {
      // No other member is lost, so no write is.
      reply = group.ask(master, "REPLICATION", "REMOVE", member, "FORCE-DATA-LOSS");
      simulation.note("remove " + member + " at once: " + reply);
    }
    if (reply instanceof Reply.Simple) {
      removedMember = member;
      lostMember = "";
    }
  }

  private void addServer() {
    if (group.servers().size() <= group.shape().servers()) {
      GroupServer added = group.addServer();
      run("add server", () -> added.start(GroupServer.follows(group.newest().host())));
    } else {
      removeLost();
    }
  }

  private void changeAcks() {
    if (group.shape().hasAcks()) {
      String acks = random.nextBoolean() ? "majority" : "1";
      group
          .servers()
          .forEach(each -> {
            String old =
                each.options().stream()
                    .filter(line -> line.startsWith("write-acks "))
                    .findFirst()
                    .orElseThrow();
            each.options().remove(old);
            each.options().add("write-acks " + acks);
            run(
                "change acks",
                () ->
                    simulation.note(
                        each + " " + group.ask(each, "CONFIG", "SET", "write-acks", acks)));
          });
    }
  }

  // Recovery.

  /** Ends all faults and starts the processes that are down. */
  void heal() throws Exception {
    simulation.note("heal");
    calm = true;
    for (String one : group.hosts()) {
      for (String other : group.hosts()) {
        network.hold(one, other, false);
        network.delay(one, other, 200);
      }
    }
    simulation.sleep(LONGEST_DOWN_MILLIS + 1000); // until the last restart has decided to wait
    for (GroupServer server : group.servers()) {
      server.node().machine().resume();
      server.node().machine().clock().setRate(1);
      server.start();
    }
    for (SentinelProcess sentinel : group.sentinels()) {
      sentinel.machine().resume();
      sentinel.machine().clock().setRate(1);
      sentinel.start();
    }
  }

  /** Waits until the group confirms writes again; returns null if it does not. */
  @Nullable GroupServer recovered(int millis) {
    long limit = simulation.nowNanos() + millis * 1_000_000L;
    while (simulation.nowNanos() < limit) {
      GroupServer master = group.settled();
      if (master != null) {
        return master;
      }
      simulation.sleep(LONGEST_REST_MILLIS);
    }
    return null;
  }

  /**
   * Repairs the group as far as an operator can without accepting a loss: attaches sub-replicas to
   * the master, and removes the member whose disk was lost.
   */
  void repair() {
    GroupServer newest = group.newest();
    for (GroupServer each : group.servers()) {
      String master = group.replication(each).get("master_host");
      if (master != null && !master.equals(newest.host())) {
        simulation.note(
            each + " follows " + master + ", now " + newest + ": " + group.follow(each, newest));
      }
    }
    if (lostMember.isEmpty()) {
      lostMember = removedMember; // a later master may not have learned of the removal
    }
    if (!lostMember.isEmpty()) {
      removeLostNow();
    }
  }

  /** Orders a sentinel to promote a replica and accept any loss. */
  void acceptLoss() {
    SentinelProcess sentinel = group.anySentinel();
    simulation.note(
        "accept loss: "
            + group.ask(
                sentinel, "SENTINEL", "FAILOVER", SimulatedGroup.MASTER, "FORCE-DATA-LOSS"));
  }
}
