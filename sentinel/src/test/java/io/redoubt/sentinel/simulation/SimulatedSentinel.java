package io.redoubt.sentinel.simulation;

import io.redoubt.protocol.Seed;
import io.redoubt.sentinel.core.Link;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.NodeRequest;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelInput;
import io.redoubt.sentinel.core.SentinelOutput;
import io.redoubt.sentinel.core.SentinelState;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.runtime.StateKeeper;
import io.redoubt.sentinel.settings.Settings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A simulated sentinel with a disk: the real core with simulated connections. A write takes time to
 * become durable; a crash before that loses it.
 */
final class SimulatedSentinel {
  private static final long TICK_MILLIS = 100;

  private record End(int link, Link.Kind kind) {}

  private final SentinelFleet fleet;
  private final String name;
  private final Address address;
  private final Map<End, SentinelConnections.Connection> connections = new HashMap<>();
  private SentinelState disk;
  private @Nullable Sentinel core;
  private StateKeeper keeper;
  private long diskDelayMillis;
  private int incarnation;
  private long pausedUntil;
  private long wakeAt = Long.MAX_VALUE;

  /** The offset of its clock from the fleet's. */
  private long clockShift;

  /**
   * True for a deliberate bug that the rules must detect: votes for every candidate, repeatedly.
   */
  private boolean votesTwice;

  private boolean likeRedis;

  private @Nullable String password;

  /** The number of outputs to perform before a crash, negative for no crash. */
  private int dieAfterOutputs = -1;

  SimulatedSentinel(SentinelFleet fleet, String name, Address address, SentinelState disk) {
    this.fleet = fleet;
    this.name = name;
    this.address = address;
    this.disk = disk;
    this.keeper = newKeeper();
  }

  private StateKeeper newKeeper() {
    int mine = incarnation;
    return new StateKeeper(
        state -> () -> disk = state,
        write -> {
          if (diskDelayMillis == 0) {
            write.run();
          } else {
            later(fleet.random().nextLong(1, diskDelayMillis + 1), mine, write);
          }
        },
        Runnable::run,
        fleet.log());
  }

  /** Runs an action after a while, unless it crashes before. */
  private void later(long millis, int expected, Runnable action) {
    fleet
        .network()
        .at(
            fleet.now() + millis,
            () -> {
              if (expected == incarnation && core != null) {
                action.run();
              }
            });
  }

  /** Sets the maximum duration of a write. */
  void setDiskDelay(long millis) {
    diskDelayMillis = millis;
  }

  /** Requires a password and closes all connections. */
  void wantPassword(String wanted) {
    password = wanted;
    fleet.connections().to(address).forEach(SentinelConnections.Connection::closeByTarget);
  }

  String name() {
    return name;
  }

  Address address() {
    return address;
  }

  SentinelState disk() {
    return disk;
  }

  String id() {
    return disk.myId();
  }

  int incarnation() {
    return incarnation;
  }

  /** Returns the running core, null while it is down. */
  @Nullable Sentinel core() {
    return core;
  }

  /** Returns the core's view of the first group's master. */
  Master master() {
    Sentinel running = core;
    Master master = running == null ? null : running.master(SentinelFleet.MASTER);
    if (master == null) {
      throw new AssertionError(name + " watches nothing");
    }
    return master;
  }

  boolean isUp() {
    return core != null;
  }

  void voteTwice() {
    votesTwice = true;
  }

  /**
   * Makes it vote like Redis' sentinel: even while the master is up, and only on Redis' request.
   */
  void voteLikeRedis() {
    likeRedis = true;
  }

  boolean isHonest() {
    return !votesTwice;
  }

  void start() {
    if (core == null) {
      incarnation++;
      pausedUntil = 0;
      keeper = newKeeper();
      core =
          new Sentinel(
              disk,
              Settings.listeningOn(address.port()),
              Seed.splittable(fleet.random().nextLong()),
              fleet.now() + clockShift);
      int mine = incarnation;
      fleet.network().after(fleet.random().nextLong(TICK_MILLIS), () -> tick(mine));
    }
  }

  void crash() {
    if (core != null) {
      core = null;
      dieAfterOutputs = -1;
      connections.values().forEach(SentinelConnections.Connection::close);
      connections.clear();
      fleet.connections().to(address).forEach(SentinelConnections.Connection::closeByTarget);
    }
  }

  /** Crashes during the outputs of the next step. */
  void crashAfterOutputs(int outputs) {
    dieAfterOutputs = outputs;
  }

  /** Loses its disk: restarts with the operator's configuration and a new id. */
  void loseState(SentinelState fresh) {
    crash();
    disk = fresh;
  }

  /** Makes its clock jump ahead. */
  void jump(long millis) {
    clockShift += millis;
  }

  /** Pauses it, like SIGSTOP; inputs wait. */
  void pause(long millis) {
    pausedUntil = fleet.now() + millis;
  }

  private void tick(int expected) {
    if (expected == incarnation && core != null) {
      step(new SentinelInput.Tick());
      fleet.network().after(TICK_MILLIS, () -> tick(expected));
    }
  }

  /** Processes an input now, or after a pause. */
  void step(SentinelInput input) {
    if (fleet.now() < pausedUntil) {
      if (!(input instanceof SentinelInput.Tick)) {
        int expected = incarnation;
        fleet
            .network()
            .at(
                pausedUntil,
                () -> {
                  if (expected == incarnation) {
                    step(input);
                  }
                });
      }
      return;
    }
    perform(input);
  }

  /** Processes an input and performs the outputs; returns the opinion if there is one. */
  private SentinelOutput.@Nullable Opinion perform(SentinelInput input) {
    Sentinel stepping = core;
    if (stepping == null) {
      return null;
    }
    SentinelOutput.Opinion opinion = null;
    for (SentinelOutput output : stepping.step(fleet.now() + clockShift, input)) {
      if (dieAfterOutputs == 0) {
        crash();
        return null;
      }
      if (dieAfterOutputs > 0) {
        dieAfterOutputs--;
      }
      switch (output) {
        case SentinelOutput.Persist(SentinelState state) -> keeper.save(state);
        case SentinelOutput.Connect(int link, Link.Kind kind, Address target) ->
            connect(link, kind, target);
        case SentinelOutput.Disconnect(int link, Link.Kind kind) -> {
          SentinelConnections.Connection connection = connections.remove(new End(link, kind));
          if (connection != null) {
            connection.close();
          }
        }
        case SentinelOutput.Send(int link, Link.Kind kind, NodeRequest request) ->
            send(connections.get(new End(link, kind)), request);
        case SentinelOutput.Event event -> fleet.onEvent(this, stepping, event);
        case SentinelOutput.Opinion given -> opinion = given;
        case SentinelOutput.RunScript(String path, List<String> arguments) ->
            fleet.onRemark(this, path + " " + String.join(" ", arguments));
        case SentinelOutput.Remark(SentinelOutput.Level level, String text) ->
            fleet.onRemark(this, text);
        case SentinelOutput.Done(long count) -> fleet.onRemark(this, "done " + count);
        case SentinelOutput.Refused(String error) -> fleet.onRemark(this, "refused: " + error);
        case SentinelOutput.Crash crash -> {
          crash();
          return null;
        }
      }
    }
    fleet.rules().onStep(this, stepping);
    long wanted = stepping.wakeAtMillis();
    wanted = wanted == Long.MAX_VALUE ? wanted : wanted - clockShift;
    if (wanted < wakeAt || wakeAt <= fleet.now()) {
      wakeAt = wanted;
      int expected = incarnation;
      if (wanted < fleet.now() + TICK_MILLIS) {
        fleet
            .network()
            .at(
                wanted,
                () -> {
                  if (expected == incarnation) {
                    step(new SentinelInput.Tick());
                  }
                });
      }
    }
    return opinion;
  }

  private void send(SentinelConnections.@Nullable Connection connection, NodeRequest request) {
    int mine = incarnation;
    long wantedAt = fleet.now();
    if (connection == null) {
      return;
    }
    if (request.rest() == NodeRequest.Rest.NOTHING) {
      leave(connection, request);
      return;
    }
    keeper.whenSettled(kept -> {
      if (mine == incarnation && core != null && !request.isStale(fleet.now() - wantedAt)) {
        leave(connection, request);
      }
    });
  }

  private void leave(SentinelConnections.Connection connection, NodeRequest request) {
    if (connection.open) {
      fleet.rules().sending(this, request);
      if (request.purpose() == NodeRequest.Purpose.ROLE
          && request.commands().get(1).get(1).equals("NO")) {
        fleet.rules().promoting(this, connection.target);
      }
      if (request.purpose() == NodeRequest.Purpose.ROLE) {
        fleet.rules().ordering(this, connection.target, request.commands().get(1));
      }
      NodeRequest sent = withSpelledHello(request);
      connection.there.put(() -> fleet.deliver(connection, sent));
    }
  }

  /** Returns a request whose hello prints addresses as this sentinel does. */
  private NodeRequest withSpelledHello(NodeRequest request) {
    if (request.purpose() != NodeRequest.Purpose.HELLO) {
      return request;
    }
    List<String> words = new ArrayList<>(request.commands().getFirst());
    String[] hello = words.removeLast().split(",", -1);
    hello[0] = fleet.spelled(hello[0], address);
    hello[5] = fleet.spelled(hello[5], address);
    words.add(String.join(",", hello));
    return new NodeRequest(request.purpose(), request.instance(), List.of(words));
  }

  private void connect(int link, Link.Kind kind, Address target) {
    SentinelConnections.Connection connection =
        new SentinelConnections.Connection(fleet.network(), this, link, kind, target);
    connections.put(new End(link, kind), connection);
    boolean wired =
        !fleet.network().isCut(address.toString(), target.toString())
            && !fleet.network().isCut(target.toString(), address.toString());
    long answerAfter = wired ? 2 * fleet.network().delay() : 1000;
    fleet.network().after(answerAfter, () -> onConnectAnswer(connection, wired));
  }

  private void onConnectAnswer(SentinelConnections.Connection connection, boolean wired) {
    End end = new End(connection.link, connection.kind);
    if (connections.get(end) != connection || connection.incarnation != incarnation) {
      return;
    }
    if (wired && fleet.accepts(connection.target)) {
      connection.open = true;
      fleet.connections().add(connection);
      String localHost = fleet.spelled(address.host(), address);
      step(new SentinelInput.Connected(connection.link, connection.kind, localHost));
    } else {
      connections.remove(end);
      step(
          new SentinelInput.Disconnected(
              connection.link, connection.kind, wired ? "Connection refused" : "timed out"));
    }
  }

  private boolean isCurrent(SentinelConnections.Connection connection) {
    return connection.incarnation == incarnation
        && connections.get(new End(connection.link, connection.kind)) == connection;
  }

  void onClosed(SentinelConnections.Connection connection) {
    if (isCurrent(connection)) {
      connections.remove(new End(connection.link, connection.kind));
      step(new SentinelInput.Disconnected(connection.link, connection.kind, "closed"));
    }
  }

  void onReply(SentinelConnections.Connection connection, NodeRequest request, Answer answer) {
    if (isCurrent(connection)) {
      step(new SentinelInput.Replied(connection.link, request, answer));
    }
  }

  void onHello(SentinelConnections.Connection connection, String payload) {
    if (isCurrent(connection)) {
      step(new SentinelInput.HelloHeard(connection.link, payload));
    }
  }

  /** Handles a request of another sentinel. */
  void receive(SentinelConnections.Connection connection, NodeRequest request) {
    if (fleet.now() < pausedUntil) {
      fleet
          .network()
          .at(
              pausedUntil,
              () -> {
                if (connection.open) {
                  receive(connection, request);
                }
              });
      return;
    }
    if (connection.isRefused(password, request)) {
      answer(connection, request, SentinelConnections.Connection.REFUSAL);
      return;
    }
    List<String> words = request.commands().getFirst();
    switch (request.purpose()) {
      case GREETING -> answer(connection, request, new Answer.Status("OK"));
      case PING -> answer(connection, request, new Answer.Status("PONG"));
      case HELLO -> {
        perform(new SentinelInput.HelloHeard(SentinelInput.HelloHeard.NO_LINK, words.get(2)));
        answer(connection, request, new Answer.Number(1));
      }
      case OPINION, VOTE -> {
        if (likeRedis && words.size() > 6) {
          answer(connection, request, new Answer.Failure("ERR wrong number of arguments"));
          return;
        }
        Address asked = new Address(words.get(2), Integer.parseInt(words.get(3)));
        SentinelOutput.Opinion opinion =
            perform(
                new SentinelInput.AskedIfDown(
                    asked,
                    Long.parseLong(words.get(4)),
                    words.get(5),
                    likeRedis || words.size() > 6));
        if (opinion != null) {
          if (votesTwice && request.purpose() == NodeRequest.Purpose.VOTE) {
            opinion =
                new SentinelOutput.Opinion(
                    opinion.down(), words.get(5), Long.parseLong(words.get(4)));
          }
          SentinelOutput.Opinion told = opinion;
          int mine = incarnation;
          keeper.whenSettled(kept -> {
            if (mine == incarnation && core != null) {
              tell(connection, request, asked, told);
            }
          });
        }
      }
      case INFO, ROLE, SUBSCRIPTION, PAUSE, CONFIGURATION, LEASE, FENCE ->
          answer(connection, request, new Answer.Failure("ERR unknown command"));
    }
  }

  private void tell(
      SentinelConnections.Connection connection,
      NodeRequest request,
      Address asked,
      SentinelOutput.Opinion opinion) {
    fleet.rules().answering(this, asked, opinion);
    answer(
        connection,
        request,
        new Answer.Items(
            List.of(
                new Answer.Number(opinion.down() ? 1 : 0),
                new Answer.Text(opinion.leader()),
                new Answer.Number(opinion.leaderEpoch()))));
  }

  private static void answer(
      SentinelConnections.Connection connection, NodeRequest request, Answer answer) {
    if (connection.open) {
      connection.back.put(() -> connection.owner.onReply(connection, request, answer));
    }
  }
}
