package io.redoubt.server.cluster.node;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.Mistakes;
import io.redoubt.protocol.config.directive.BindAddress;
import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.cluster.bus.BusParts;
import io.redoubt.server.cluster.bus.ClusterDriver;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.ClusterOptions;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.core.Output;
import io.redoubt.server.cluster.migration.MigrationParts;
import io.redoubt.server.cluster.migration.ShutdownHandover;
import io.redoubt.server.cluster.migration.SlotMigrations;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.nodes.NodesFile;
import io.redoubt.server.cluster.nodes.NodesSyntaxException;
import io.redoubt.server.cluster.routing.RoutingOptions;
import io.redoubt.server.cluster.slot.SlotKeys;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.cluster.slot.SlotUsage;
import io.redoubt.server.execution.SlotGate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * This server as a cluster node: locks and reads {@code nodes.conf}, runs the state machine and the
 * bus, and routes commands. Confined to the event loop.
 */
public final class ClusterNode {
  private static final int MAX_PORT = 65_535;
  private static final String PORT_TOO_HIGH =
      "Redis port number too high. Cluster communication port is 10,000 port numbers higher"
          + " than your Redis port. Your Redis port number must be 55535 or less.";
  private static final String CORRUPTED =
      "Unrecoverable error: corrupted cluster config file \"%s\".";

  /** The interval at which findings are examined for the log. */
  private static final long LOOK_MILLIS = 15_000;

  private final NodeParts parts;
  private final SlotRoutes routes;
  private final ClusterSettings settings;
  private final SlotKeys keys;
  private final Log log;
  private final FindingsLog findingsLog;
  private @Nullable Cancellable looks;
  private @Nullable NodesFile file;
  private @Nullable ClusterDriver driver;
  private final SlotMigrations migrations;
  private final ShutdownHandover handover;

  /** Creates a node that is not yet open. */
  public ClusterNode(NodeParts parts) {
    this.parts = parts;
    this.log = parts.log();
    findingsLog = new FindingsLog(log);
    routes = parts.routes();
    settings = routes.settings();
    keys = new ServedSlotKeys(parts.keyspace());
    MigrationParts moves =
        new MigrationParts(parts.network(), parts.data(), settings, this::cluster, this::decide);
    migrations = new SlotMigrations(moves);
    handover = new ShutdownHandover(moves);
  }

  /**
   * Reads the state and listens for other nodes. The listeners for clients must be open.
   *
   * @throws IOException if the file is corrupt or in use by another node, or an address can't be
   *     listened on; with a message for the log
   */
  public void open() throws IOException {
    if (settings.busPort() > MAX_PORT) {
      throw failure(PORT_TOO_HIGH);
    }
    String name = parts.settings().cluster.clusterConfigFile.value();
    Path path = parts.settings().path(name);
    NodesFile nodes = new NodesFile(parts.disk(), path, settings.busUsesTls());
    file = nodes;
    if (!nodes.lock()) {
      throw failure(
          "Sorry, the cluster configuration file %s is already used by a different Redis Cluster"
              + " node. Please make sure that different nodes use different cluster configuration"
              + " files.",
          name);
    }
    ClusterOptions options = settings.options();
    Cluster cluster =
        new Cluster(
            state(nodes, name, options), options, parts.environment().random(), nowMillis());
    ClusterDriver opened =
        new ClusterDriver(
            cluster,
            new NodeData(parts, migrations, this::cluster),
            new BusParts(
                parts.transport(),
                new BusParts.LinkOptions(
                    parts.settings().common.sourceAddress(),
                    settings.busUsesTls() ? parts.tls().migrating() : null,
                    parts.settings().cluster.clusterLinkSendbufLimit::value),
                nodes,
                parts.threads(),
                parts.names(),
                parts.clock(),
                log),
            parts.dispatcher().heap());
    driver = opened;
    listen(opened);
    settings.onChange(() -> order(new Input.Configure(settings.options()), unused -> {}));
  }

  /** Reports mistakes in the port and in {@code nodes.conf} on which {@link #open} would fail. */
  public void check(Mistakes mistakes) throws FatalConfigError {
    if (settings.busPort() > MAX_PORT) {
      mistakes.onMistake(FatalConfigError.ofWhole(PORT_TOO_HIGH));
    }
    String name = parts.settings().cluster.clusterConfigFile.value();
    Path path = parts.settings().path(name);
    try {
      new NodesFile(parts.disk(), path, settings.busUsesTls()).read();
    } catch (NodesSyntaxException | IOException e) {
      mistakes.onMistake(
          parts
              .settings()
              .error(
                  parts.settings().cluster.clusterConfigFile,
                  String.format(Locale.ROOT, CORRUPTED, name) + " " + e.getMessage()));
    }
  }

  private ClusterState state(NodesFile nodes, String name, ClusterOptions options)
      throws IOException {
    try {
      ClusterState saved = nodes.read().orElse(null);
      if (saved != null) {
        log.notice("Node configuration loaded, I'm %s", saved.myId());
        return saved;
      }
    } catch (NodesSyntaxException e) {
      log.warning("%s", e.getMessage());
      throw failure(CORRUPTED, name);
    }
    ClusterState fresh = Cluster.fresh(options, parts.environment().random());
    log.notice("No cluster configuration found, I'm %s", fresh.myId());
    nodes.write(fresh);
    return fresh;
  }

  private static IOException failure(String format, Object... values) {
    return new IOException(String.format(Locale.ROOT, format, values));
  }

  private long nowMillis() {
    return parts.clock().monotonicMillis();
  }

  private void listen(ClusterDriver opened) throws IOException {
    int port = settings.busPort();
    Tls tls = settings.busUsesTls() ? parts.tls().server() : null;
    for (BindAddress address : parts.settings().common.bind.value()) {
      try {
        opened.listen(
            new InetSocketAddress(InetAddress.getByName(address.listened()), port),
            parts.settings().common.tcpBacklog.value(),
            tls);
      } catch (IOException e) {
        if (!address.optional()) {
          log.warning(
              "Warning: Could not create server TCP listening socket %s:%d: %s",
              address.host(), port, SystemErrors.text(e));
          throw failure("Failed listening on port %d (cluster), aborting.", port);
        }
      }
    }
  }

  /** Joins the cluster, after the data set is loaded. */
  public void start() {
    migrations.start();
    claimLoadedSlots();
    driver().start();
    looks = parts.transport().loop().every(this::lookForFindings, LOOK_MILLIS);
  }

  /** Logs findings, unless this node is alone because the cluster has not been created yet. */
  private void lookForFindings() {
    if (cluster().allNodes().size() > 1) {
      findingsLog.update(findings());
    }
  }

  /**
   * Reconciles the slots with the loaded keys, as Redis does: takes slots without an owner, and
   * marks slots of other nodes as importing.
   */
  private void claimLoadedSlots() {
    if (cluster().me().isReplica() || parts.keyspace().size() == 0) {
      return;
    }
    for (int slot = 0; slot < SlotSet.SLOTS; slot++) {
      Node owner = cluster().owner(slot);
      if (owner == cluster().me() || cluster().importingFrom(slot) != null) {
        continue;
      }
      if (keys.count(slot) > 0) {
        if (owner == null) {
          log.warning("I have keys for unassigned slot %d. Taking responsibility for it.", slot);
          order(new Input.AddSlots(SlotSet.of(slot)), unused -> {});
        } else {
          log.warning(
              "I have keys for slot %d, but the slot is assigned to another node. Setting it to"
                  + " importing state.",
              slot);
          order(new Input.ImportSlot(slot, owner.id()), unused -> {});
        }
      }
    }
  }

  /** Performs the due work at once after a test has moved the clock. */
  public void onClockMove() {
    if (driver != null) {
      driver.onClockMove();
    }
  }

  /** Reports the replication's progress, if a failover waits for it, at the end of a turn. */
  public void onTurnEnd() {
    driver().onReplicated();
  }

  /** Stops for good and releases the file once the state is durable. */
  public void close() {
    migrations.stop();
    if (looks != null) {
      looks.cancel();
    }
    if (driver != null) {
      driver.stop();
    }
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      log.warning("While closing the cluster config file: %s", SystemErrors.text(e));
    }
  }

  private ClusterDriver driver() {
    if (driver == null) {
      throw new IllegalStateException("the node is not open");
    }
    return driver;
  }

  /** Returns the state machine, for reading. */
  public Cluster cluster() {
    return driver().cluster();
  }

  /** Returns true once {@link #open} has succeeded. */
  public boolean isOpen() {
    return driver != null;
  }

  /** Returns the findings of CLUSTER DOCTOR, one line each. */
  public List<String> findings() {
    List<String> findings = new ArrayList<>(cluster().findings());
    findings.addAll(WriteLoss.findings(cluster().me(), parts.settings()));
    return findings;
  }

  public ClusterDriver bus() {
    return driver();
  }

  public SlotKeys keys() {
    return keys;
  }

  /** Returns the gate that decides which slots this node serves. */
  public SlotGate gate() {
    return routes.gate();
  }

  /** Returns the resources used by the commands of each slot. */
  public SlotUsage usage() {
    return routes.usage();
  }

  /** Returns true if {@code cluster-slot-stats-enabled} is on. */
  public boolean countsUsage() {
    return parts.settings().cluster.clusterSlotStatsEnabled.value();
  }

  public SlotMigrations migrations() {
    return migrations;
  }

  /** Returns the handover of all slots before a shutdown. */
  public ShutdownHandover handover() {
    return handover;
  }

  /** Returns the names and ports by which clients are redirected. */
  public RoutingOptions routingOptions() {
    return settings;
  }

  public boolean hasKeys() {
    return parts.keyspace().size() > 0;
  }

  /** Executes an operator's order; replies once every promise it depends on is durable. */
  public void order(Input order, Consumer<Output> reply) {
    driver().order(order, reply);
  }

  /**
   * Executes an operator's order and returns its result without waiting for the disk. For
   * transactions and scripts, which can't wait.
   */
  public Output decide(Input order) {
    return driver().decide(order);
  }

  /** Writes {@code nodes.conf} at once; replies when it is durable or the write has failed. */
  public void save(Consumer<Output> reply) {
    driver().save(reply);
  }

  /** Forwards a published message to all other nodes, or only to those of this shard. */
  public void publish(boolean sharded, ByteString channel, ByteString message) {
    driver().submit(new Input.Publish(sharded, channel, message));
  }
}
