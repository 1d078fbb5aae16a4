package io.redoubt.sentinel.simulation;

import io.redoubt.protocol.group.FenceAnswer;
import io.redoubt.protocol.lease.LeaseOffer;
import io.redoubt.protocol.lease.LeaseTable;
import io.redoubt.sentinel.core.Link;
import io.redoubt.sentinel.core.NodeRequest;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A simulated data node: PING, INFO, the hello channel and a changeable role. */
final class SimulatedDataNode {
  private static final double NANOS_PER_MILLI = 1_000_000;
  private static final double MAX_DRIFT = 0.01;

  private final SentinelFleet fleet;
  private final Address address;
  private final Set<SentinelConnections.Connection> subscribers = new HashSet<>();
  private int starts;
  private boolean up;

  /** Its master; null for a master. Survives a restart, like a change with CONFIG REWRITE. */
  private @Nullable Address master;

  private long offset;

  /** The last offset of the history before its promotion, -1 if there is none. */
  private long earlierEnd = -1;

  private long linkedSince = -1;
  private long linkDownSince;
  private @Nullable String copiedId;
  private long pausedUntil;
  private long offsetAtTurn;
  private Map<String, String> settings = Map.of();
  private int priority = 100;
  private boolean announced = true;
  private long loadsUntil;
  private boolean refusesPause;
  private boolean ignoresOrders;
  private @Nullable String greetingError;
  private @Nullable String password;
  private final List<Address> alsoListed = new ArrayList<>();
  private LeaseTable lease = new LeaseTable();
  private String replicationId = "";
  private @Nullable SimulatedMember member;
  private boolean wantsLease;
  private boolean keepsLeasesTooLong;
  private int offers;
  private double clockRate = 1;

  SimulatedDataNode(SentinelFleet fleet, Address address, @Nullable Address master) {
    this.fleet = fleet;
    this.address = address;
    this.master = master;
  }

  Address address() {
    return address;
  }

  boolean isUp() {
    return up;
  }

  @Nullable Address master() {
    return master;
  }

  /** Returns true if a client could write to it now. */
  boolean takesWrites() {
    return up
        && master == null
        && (member == null || !member.isUnfit())
        && fleet.now() >= pausedUntil;
  }

  long offset() {
    return offset;
  }

  boolean isLinked() {
    return up && master != null && linkedSince >= 0;
  }

  void start() {
    if (!up) {
      up = true;
      starts++;
      Set<String> known = lease.sentinels();
      lease = new LeaseTable();
      lease.restore(known);
      if (member != null) {
        member.restart();
        offset = member.log().size();
      }
      linkedSince = -1;
      linkDownSince = fleet.now();
    }
  }

  void kill() {
    if (up) {
      up = false;
      subscribers.clear();
      fleet.connections().to(address).forEach(SentinelConnections.Connection::closeByTarget);
    }
  }

  /** Returns the time on its own clock, which drifts. */
  private long nanos() {
    return (long) (fleet.now() * NANOS_PER_MILLI * clockRate);
  }

  /** Makes it request leases; its clock drifts by up to 1 %. */
  void wantLease() {
    wantsLease = true;
    clockRate = 1 + fleet.random().nextDouble(-MAX_DRIFT, MAX_DRIFT);
  }

  /** Makes it use leases for twice their length. */
  void keepLeasesTooLong() {
    keepsLeasesTooLong = true;
  }

  /** Returns true for a master that may accept writes because of its lease. */
  boolean hasLease() {
    return up && master == null && lease.isArmed() && lease.isValid(nanos());
  }

  /** Returns the number of lease offers received. */
  int offers() {
    return offers;
  }

  /** Returns true if it requests a lease. */
  boolean wantsLease() {
    return wantsLease;
  }

  /** Loses its files while it is down: it restarts as an empty master. */
  void loseData() {
    master = null;
    offset = 0;
    earlierEnd = -1;
  }

  /** Changes its role without the sentinels. */
  void setMaster(@Nullable Address changed) {
    setMaster(changed, -1);
  }

  private void setMaster(@Nullable Address changed, long ordered) {
    offsetAtTurn = offset;
    if (master != null && changed == null) {
      earlierEnd = offset;
    }
    if (member != null && changed == null) {
      member.onAppointed(master == null, ordered);
    } else if (member != null && master == null) {
      member.onDemoted();
    }
    master = changed;
    linkedSince = -1;
    linkDownSince = fleet.now();
  }

  /** Replicates for a tenth of a second. */
  void replicate() {
    if (!up) {
      return;
    }
    if (master == null) {
      if (fleet.now() < pausedUntil) {
        return;
      }
      if (member == null) {
        offset += fleet.random().nextInt(0, 50);
      } else {
        member.write();
        offset = member.log().size();
      }
      return;
    }
    SimulatedDataNode source = fleet.node(master);
    boolean reachable =
        source != null
            && source != this
            && source.up
            && (source.member == null || !source.member.isUnfit())
            && !fleet.network().isCut(address.toString(), master.toString())
            && !fleet.network().isCut(master.toString(), address.toString());
    if (!reachable) {
      if (linkedSince >= 0) {
        linkedSince = -1;
        linkDownSince = fleet.now();
      }
      if (source != null && source.member != null && member != null) {
        source.member.onLost(member);
      }
      return;
    }
    if (linkedSince < 0) {
      linkedSince = fleet.now();
      earlierEnd = -1;
    }
    if (member != null && source.member != null) {
      if (source.master == null) {
        member.replicate(source.member);
      }
      offset = member.log().size();
      return;
    }
    offset = source.offset;
  }

  void receive(SentinelConnections.Connection connection, NodeRequest request) {
    if (!up) {
      return;
    }
    if (connection.isRefused(password, request)) {
      answer(connection, request, SentinelConnections.Connection.REFUSAL);
      return;
    }
    switch (request.purpose()) {
      case GREETING ->
          answer(
              connection,
              request,
              greetingError == null ? new Answer.Status("OK") : new Answer.Failure(greetingError));
      case SUBSCRIPTION -> subscribers.add(connection);
      case PING ->
          answer(
              connection,
              request,
              fleet.now() < loadsUntil
                  ? new Answer.Failure("LOADING Redis is loading the dataset in memory")
                  : new Answer.Status("PONG"));
      case INFO -> answer(connection, request, new Answer.Text(info()));
      case LEASE -> {
        offers++;
        LeaseOffer offer =
            Objects.requireNonNull(LeaseOffer.parse(request.commands().getFirst().get(1)));
        if (keepsLeasesTooLong) {
          offer =
              new LeaseOffer(
                  offer.group(),
                  offer.sentinel(),
                  offer.sequence(),
                  offer.confirmed(),
                  offer.millis() * 2,
                  offer.others());
        }
        String held = lease.receive(offer, nanos(), master == null);
        answer(connection, request, new Answer.Text(held));
        fleet.rules().checkLeases(this);
      }
      case FENCE -> fence(connection, request);
      case HELLO -> {
        String payload = request.commands().getFirst().get(2);
        subscribers.removeIf(each -> !each.open);
        for (SentinelConnections.Connection each : fleet.connections().to(address)) {
          if (subscribers.contains(each)) {
            each.back.put(() -> each.owner.onHello(each, payload));
          }
        }
        answer(connection, request, new Answer.Number(1));
      }
      case ROLE -> changeRole(connection, request);
      case PAUSE -> {
        if (refusesPause) {
          answer(connection, request, new Answer.Failure("ERR unknown command 'CLIENT'"));
          return;
        }
        List<String> words = request.commands().getFirst();
        pausedUntil = words.get(1).equals("PAUSE") ? fleet.now() + Long.parseLong(words.get(2)) : 0;
        answer(connection, request, new Answer.Status("OK"));
      }
      case CONFIGURATION -> answer(connection, request, configuration());
      case OPINION, VOTE ->
          answer(connection, request, new Answer.Failure("ERR unknown command 'SENTINEL'"));
    }
  }

  private void fence(SentinelConnections.Connection connection, NodeRequest request) {
    List<String> words = request.commands().getFirst();
    FenceAnswer answer =
        member == null
            ? null
            : member.promise(Long.parseLong(words.get(2)), words.get(3), connection, priority);
    answer(
        connection,
        request,
        answer == null
            ? new Answer.Failure("ERR promised to another")
            : new Answer.Text(answer.format()));
  }

  private void changeRole(SentinelConnections.Connection connection, NodeRequest request) {
    if (ignoresOrders) {
      answer(connection, request, new Answer.Items(List.of()));
      return;
    }
    List<String> order = request.commands().get(1);
    boolean promotes = order.get(1).equals("NO");
    long ordered = member == null ? -1 : member.promisedOn(connection);
    if (promotes && member != null && ordered >= 0 && ordered < member.promised()) {
      Answer refusal = new Answer.Failure(FenceAnswer.OUTPROMISED + " to another sentinel");
      answer(connection, request, new Answer.Items(List.of(refusal)));
      return;
    }
    setMaster(promotes ? null : new Address(order.get(1), Integer.parseInt(order.get(2))), ordered);
    answer(connection, request, new Answer.Items(List.of()));
    // CLIENT KILL spares only the calling connection.
    closeAllBut(connection);
  }

  private void closeAllBut(SentinelConnections.@Nullable Connection spared) {
    for (SentinelConnections.Connection each : fleet.connections().to(address)) {
      if (each != spared) {
        each.closeByTarget();
      }
    }
  }

  private String runId() {
    return copiedId == null ? address.host() + "-" + starts : copiedId;
  }

  /** Gives it another node's run id, like a copied machine; null restores its own. */
  void cloneOf(@Nullable SimulatedDataNode original) {
    copiedId = original == null ? null : original.runId();
  }

  private Answer configuration() {
    if (settings.isEmpty()) {
      return new Answer.Failure("NOPERM no access to CONFIG");
    }
    List<Answer> pairs = new ArrayList<>();
    settings.forEach((name, value) ->
        pairs.add(new Answer.Items(List.of(new Answer.Text(name), new Answer.Text(value)))));
    return new Answer.Items(pairs);
  }

  /** Sets the settings reported from the next connection on. */
  void setSettings(Map<String, String> told) {
    settings = Map.copyOf(told);
  }

  /** Makes it a member of an acknowledgement group. */
  void join(SimulatedMember joined) {
    member = joined;
    offset = 0;
  }

  /** Makes it a server outside of any acknowledgement group. */
  void leaveGroup() {
    member = null;
  }

  SimulatedMember member() {
    return Objects.requireNonNull(member);
  }

  /** Returns true if it belongs to no group, or is a master whose group can confirm writes. */
  boolean confirmsWrites() {
    return member == null || (!member.isUnfit() && !member.isReplaced());
  }

  /** Sets its replica-priority. */
  void setPriority(int value) {
    priority = value;
  }

  /** Sets its replica-announced. */
  void setAnnounced(boolean value) {
    announced = value;
  }

  /** Makes it answer PING with LOADING for a time. */
  void loadFor(long millis) {
    loadsUntil = fleet.now() + millis;
  }

  /** Makes it refuse CLIENT PAUSE as unknown. */
  void refusePause() {
    refusesPause = true;
  }

  /** Makes it ignore changes of its role. */
  void ignoreOrders() {
    ignoresOrders = true;
  }

  /** Makes it answer AUTH and CLIENT SETNAME with this error. */
  void answerGreetings(String error) {
    greetingError = error;
  }

  /** Requires a password and closes all connections. */
  void wantPassword(String wanted) {
    password = wanted;
    closeAllBut(null);
  }

  /** Adds a replica to its INFO, existing or not. */
  void listAlso(Address replica) {
    alsoListed.add(replica);
  }

  /** Reports a replication id. */
  void setReplicationId(String id) {
    replicationId = id;
  }

  /** Returns its offset at its last change of role. */
  long offsetAtTurn() {
    return offsetAtTurn;
  }

  private static void answer(
      SentinelConnections.Connection connection, NodeRequest request, Answer answer) {
    if (connection.kind == Link.Kind.COMMAND) {
      connection.back.put(() -> connection.owner.onReply(connection, request, answer));
    }
  }

  private String info() {
    List<String> lines = new ArrayList<>();
    lines.add("# Server");
    lines.add("run_id:" + runId());
    lines.add("# Replication");
    lines.add("sentinel_lease:" + (wantsLease ? "on" : "off"));
    if (master == null) {
      lines.add("role:master");
      lines.add("master_repl_offset:" + offset);
    } else {
      lines.add("role:slave");
      lines.add("master_host:" + fleet.spelled(master.host(), address));
      lines.add("master_port:" + master.port());
      lines.add("master_link_status:" + (linkedSince >= 0 ? "up" : "down"));
      lines.add("slave_repl_offset:" + offset);
      if (linkedSince < 0) {
        lines.add("master_link_down_since_seconds:" + (fleet.now() - linkDownSince) / 1000);
      }
      lines.add("slave_priority:" + priority);
      lines.add("replica_announced:" + (announced ? 1 : 0));
    }
    if (member != null) {
      lines.addAll(member.info(master == null));
    }
    lines.add("master_replid:" + replicationId);
    lines.add("master_replid2:" + (earlierEnd < 0 ? "0" : "a").repeat(40));
    lines.add("second_repl_offset:" + (earlierEnd < 0 ? -1 : earlierEnd + 1));
    int count = 0;
    for (SimulatedDataNode each : fleet.nodes()) {
      if (address.equals(each.master) && each.isLinked()) {
        String host = fleet.spelled(each.address.host(), address);
        lines.add(replicaLine(count++, host, each.address.port(), each.offset));
      }
    }
    for (Address also : alsoListed) {
      lines.add(replicaLine(count++, also.host(), also.port(), offset));
    }
    return String.join("\r\n", lines) + "\r\n";
  }

  private static String replicaLine(int number, String host, int port, long offset) {
    return "slave%d:ip=%s,port=%d,state=online,offset=%d,lag=0"
        .formatted(number, host, port, offset);
  }
}
