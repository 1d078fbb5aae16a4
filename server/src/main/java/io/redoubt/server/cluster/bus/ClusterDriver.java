package io.redoubt.server.cluster.bus;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.machine.StepQueue;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.net.StepTimer;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.core.Output;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.slot.SlotSet;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a node's state machine on the event loop. It steps the machine for every input and at the
 * requested times, and performs its outputs in order. A state with a new promise holds back all
 * later outputs until it is durable. Confined to the event loop.
 */
public final class ClusterDriver {
  private static final int NO_TYPE = -1;
  private static final int ALL_TYPES = -2;

  /**
   * The number of held outputs at which further messages are dropped: a node whose disk hangs looks
   * silent to the others anyway.
   */
  private static final int MAX_WAITING = 10_000;

  private final Cluster cluster;
  private final DataServer server;
  private final Clock clock;
  private final Log log;
  private final BusConnections connections;
  private final NodeNames names;
  private final StateWriter writer;
  private final StepTimer timer;
  private final StepQueue<Input> inputs = new StepQueue<>(this::step);
  private final Deque<Output> waiting = new ArrayDeque<>();
  private final Deque<Consumer<Output>> replies = new ArrayDeque<>();
  private @Nullable Output decided;
  private boolean held;

  /** Creates a stopped driver. */
  public ClusterDriver(Cluster cluster, DataServer server, BusParts parts, HeapGate heap) {
    this.cluster = cluster;
    this.server = server;
    Loop loop = parts.transport().loop();
    this.clock = parts.clock();
    this.log = parts.log();
    this.connections = new BusConnections(parts, heap, cluster, this::submit);
    heap.addHolder(connections::bufferedBytes);
    this.names = new NodeNames(parts, this::submit);
    this.writer = new StateWriter(parts.file(), parts.threads(), loop, log);
    this.timer = new StepTimer(loop, clock, this::tick, this::tick);
  }

  /**
   * Listens on an address of the bus.
   *
   * @param tls encrypts accepted connections, null for plain ones
   */
  public void listen(InetSocketAddress address, int backlog, @Nullable Tls tls) throws IOException {
    connections.listen(address, backlog, tls);
  }

  /** Returns the state machine, for reading. */
  public Cluster cluster() {
    return cluster;
  }

  /** Returns the number of connections of the bus, outgoing and inbound. */
  public int connectionCount() {
    return connections.count();
  }

  public BusStats stats() {
    return connections.stats();
  }

  /** Returns the open connections to and from known nodes. */
  public List<BusLink> links() {
    return connections.links();
  }

  /** Closes the outgoing or the inbound connections of a node, for tests. */
  public void kill(Node node, boolean outgoing) {
    connections.kill(node, outgoing);
  }

  /**
   * Ignores received messages of a type, for tests.
   *
   * @param type the number of the type; -1 for none, -2 for all
   */
  public void drop(long type) {
    connections.drop(
        type == NO_TYPE
            ? null
            : body -> {
              BusStats.Type of = BusStats.Type.of(body);
              return type == ALL_TYPES || (of != null && of.ordinal() == type);
            });
  }

  /** Returns the bytes of pending output on all connections. */
  public long queuedBytes() {
    return connections.queuedBytes();
  }

  /** Starts the ticks, and accepts connections. */
  public void start() {
    connections.accept();
    writer.write(cluster.state(), true);
    tick();
    timer.start();
  }

  /** Performs the due work at once after a test has moved the clock. */
  public void onClockMove() {
    if (timer.isRunning()) {
      tick();
    }
  }

  private void tick() {
    writer.retry();
    submit(new Input.Replication(server.offset(), server.dataAgeMillis()));
    submit(new Input.Tick(clock.wallMillis()));
  }

  /** Reports the progress of replication if a manual failover waits for it. */
  public void onReplicated() {
    if (cluster.awaitedOffset() >= 0) {
      submit(new Input.Replication(server.offset(), server.dataAgeMillis()));
    }
  }

  /** Stops for good: closes the bus and waits until the state is durable. */
  public void stop() {
    inputs.stop();
    timer.stop();
    connections.close();
    writer.finish();
  }

  /**
   * Steps with an operator's order.
   *
   * @param reply receives {@link Output.Done} or {@link Output.Refused} after every earlier promise
   *     is durable
   */
  public void order(Input order, Consumer<Output> reply) {
    replies.add(reply);
    submit(order);
  }

  /**
   * Steps with an operator's order and returns its result without waiting for the disk. For
   * transactions and scripts, which can't wait.
   *
   * @throws IllegalStateException during a step
   */
  public Output decide(Input order) {
    inputs.requireIdle();
    decided = null;
    order(order, unused -> {});
    Output result = decided;
    if (result == null) {
      throw new IllegalStateException("no reply to " + order);
    }
    return result;
  }

  /**
   * Writes the state at once, as CLUSTER SAVECONFIG does.
   *
   * @param reply receives {@link Output.Done} when it is durable, {@link Output.Refused} if the
   *     write failed
   */
  public void save(Consumer<Output> reply) {
    writer.save(
        cluster.state(),
        fault ->
            reply.accept(
                fault == null
                    ? new Output.Done("OK")
                    : new Output.Refused(
                        "ERR error saving the cluster node config: " + SystemErrors.text(fault))));
  }

  /** Steps with an input, now or after the current step. */
  public void submit(Input input) {
    inputs.submit(input);
  }

  private void step(Input input) {
    for (Output output : cluster.step(nowMillis(), input)) {
      if (output instanceof Output.Done || output instanceof Output.Refused) {
        decided = output;
      }
      boolean isMessage = output instanceof Output.Send || output instanceof Output.SendLight;
      if (waiting.size() < MAX_WAITING || !isMessage) {
        waiting.add(output);
      }
    }
    perform();
    timer.plan(cluster.wakeAtMillis());
  }

  private void perform() {
    while (!held && !waiting.isEmpty()) {
      perform(waiting.remove());
    }
    connections.endBatch();
  }

  private void perform(Output output) {
    switch (output) {
      case Output.Persist(ClusterState state, Output.Urgency urgency) -> persist(state, urgency);
      case Output.Connect(int link, Endpoint endpoint) -> connections.connect(link, endpoint);
      case Output.Disconnect(int link) -> connections.disconnect(link);
      case Output.Resolve(String name) -> names.resolve(name);
      case Output.Send(int connection, Message message) -> connections.send(connection, message);
      case Output.SendLight(int connection, Body.Publish body) ->
          connections.sendLight(connection, body);
      case Output.Follow(String node, Endpoint endpoint) -> server.follow(endpoint);
      case Output.Promote() -> server.promote();
      case Output.PauseWrites(long millis) -> {
        server.pauseWrites(millis);
        submit(new Input.WritesPaused(server.offset()));
      }
      case Output.ResumeWrites() -> server.resumeWrites();
      case Output.DropSlots(SlotSet slots) -> server.dropSlots(slots);
      case Output.DropAll() -> server.dropAll();
      case Output.TopologyChanged() -> server.onTopologyChange();
      case Output.Deliver(boolean sharded, ByteString channel, ByteString message) ->
          server.deliver(sharded, channel, message);
      case Output.Remark(Output.Level level, String text) -> log(level, text);
      case Output.Done done -> reply(done);
      case Output.Refused refused -> reply(refused);
    }
  }

  private void persist(ClusterState state, Output.Urgency urgency) {
    if (urgency != Output.Urgency.BINDING) {
      writer.write(state, urgency == Output.Urgency.SOON);
      return;
    }
    held = true;
    writer.write(
        state,
        () -> {
          held = false;
          if (!inputs.isStopped()) {
            perform();
          }
        });
  }

  private void reply(Output output) {
    Consumer<Output> reply = replies.poll();
    if (reply != null) {
      reply.accept(output);
    }
  }

  private void log(Output.Level level, String text) {
    switch (level) {
      case DEBUG -> log.debug("%s", text);
      case VERBOSE -> log.verbose("%s", text);
      case NOTICE -> log.notice("%s", text);
      case WARNING -> log.warning("%s", text);
    }
  }

  private long nowMillis() {
    return clock.monotonicMillis();
  }
}
