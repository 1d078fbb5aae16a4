package io.redoubt.server.command.cluster;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.NO_ASYNC_LOADING;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.STALE;
import static io.redoubt.protocol.command.Flag.TOUCHES_ARBITRARY_KEYS;
import static io.redoubt.protocol.command.Flag.WRITE;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.DatabaseSpec;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.KeyFlag;
import io.redoubt.protocol.command.KeySpec;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.server.cluster.node.ClusterNode;
import io.redoubt.server.execution.Call;
import org.jspecify.annotations.Nullable;

/**
 * CLUSTER, ASKING, READONLY and READWRITE. Without {@code cluster-enabled} they are refused, as by
 * Redis, except that clients that follow redirections to the master may use the last two.
 */
public final class ClusterCommands extends CommandGroup<Call> {
  private static final CommandError DISABLED =
      new CommandError("ERR This instance has cluster support disabled");

  final Command<Call> cluster =
      container("CLUSTER")
          .does("A container for cluster commands.")
          .since("3.0.0")
          .costs("Depends on subcommand.")
          .help("5.0.0")
          .holds();

  final Command<Call> clusterscan =
      command("CLUSTERSCAN cursor [MATCH pattern] [COUNT count] [TYPE type] [SLOT slot]")
          .does("Iterates over the keys of the cluster.")
          .since("9.1.0")
          .costs("O(1) a call, O(N) for an iteration over N keys")
          .is(READONLY, TOUCHES_ARBITRARY_KEYS)
          .categories(Category.KEYSPACE)
          .keys(KeySpec.index(1).is(KeyFlag.NOT_KEY))
          .tips("nondeterministic_output", "request_policy:special", "response_policy:special")
          .runs(call -> scan().scan(call));

  final Command<Call> addslots =
      command("CLUSTER ADDSLOTS slot...")
          .does("Assigns hash slots to this node.")
          .since("3.0.0")
          .costs("O(N), N the number of hash slots")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(call -> orders().addSlots(call));

  final Command<Call> addslotsrange =
      command("CLUSTER ADDSLOTSRANGE (start-slot end-slot){range}...")
          .does("Assigns ranges of hash slots to this node.")
          .since("7.0.0")
          .costs("O(N), N the number of hash slots")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(call -> orders().addSlotsRange(call));

  final Command<Call> bumpepoch =
      command("CLUSTER BUMPEPOCH")
          .does("Raises the configuration epoch of the cluster.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .tips("nondeterministic_output")
          .runs(call -> orders().bumpEpoch(call));

  final Command<Call> cancelslotmigrations =
      command("CLUSTER CANCELSLOTMIGRATIONS")
          .does("Cancels the migrations of hash slots from this node.")
          .since("9.0.0")
          .costs("O(N), N the number of migrations")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .databases(DatabaseSpec.ALL)
          .runs(call -> migrations().cancel(call));

  final Command<Call> countFailureReports =
      command("CLUSTER COUNT-FAILURE-REPORTS node-id")
          .does("Counts the reports that a node has failed.")
          .since("3.0.0")
          .costs("O(N), N the number of reports")
          .is(ADMIN, STALE)
          .tips("nondeterministic_output")
          .runs(call -> reports().countFailureReports(call));

  final Command<Call> countkeysinslot =
      command("CLUSTER COUNTKEYSINSLOT slot")
          .does("Counts the keys of a hash slot.")
          .since("3.0.0")
          .costs("O(1)")
          .is(STALE)
          .databases(DatabaseSpec.CURRENT)
          .runs(call -> reports().countKeys(call));

  final Command<Call> delslots =
      command("CLUSTER DELSLOTS slot...")
          .does("Removes hash slots from this node.")
          .since("3.0.0")
          .costs("O(N), N the number of hash slots")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(call -> orders().deleteSlots(call));

  final Command<Call> delslotsrange =
      command("CLUSTER DELSLOTSRANGE (start-slot end-slot){range}...")
          .does("Removes ranges of hash slots from this node.")
          .since("7.0.0")
          .costs("O(N), N the number of hash slots")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(call -> orders().deleteSlotsRange(call));

  final Command<Call> doctor =
      command("CLUSTER DOCTOR")
          .does("Returns findings on states and configurations that cause problems.")
          .since("7.2.0")
          .costs("O(N), N the number of nodes")
          .is(ADMIN, STALE)
          .tips("nondeterministic_output")
          .runs(call -> reports().doctor(call));

  final Command<Call> failover =
      command("CLUSTER FAILOVER [FORCE | TAKEOVER]{options}")
          .does("Starts a manual failover of a replica.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(call -> orders().failover(call));

  final Command<Call> flushslot =
      command("CLUSTER FLUSHSLOT slot [ASYNC | SYNC]{flush-type}")
          .does("Removes all keys of a hash slot.")
          .since("9.0.0")
          .costs("O(N), N the number of keys in the slot")
          .is(WRITE, NO_ASYNC_LOADING, ADMIN)
          .categories(Category.KEYSPACE)
          .databases(DatabaseSpec.ALL)
          .runs(call -> orders().flushSlot(call));

  final Command<Call> flushslots =
      command("CLUSTER FLUSHSLOTS")
          .does("Removes all hash slots from this node.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(call -> orders().flushSlots(call));

  final Command<Call> forget =
      command("CLUSTER FORGET node-id")
          .does("Removes a node from the node table.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(call -> orders().forget(call));

  final Command<Call> getkeysinslot =
      command("CLUSTER GETKEYSINSLOT slot count")
          .does("Returns keys of a hash slot.")
          .since("3.0.0")
          .costs("O(N), N the number of keys")
          .is(STALE)
          .tips("nondeterministic_output")
          .databases(DatabaseSpec.CURRENT)
          .runs(call -> reports().listKeys(call));

  final Command<Call> getslotmigrations =
      command("CLUSTER GETSLOTMIGRATIONS")
          .does("Lists the migrations of hash slots from and to this node.")
          .since("9.0.0")
          .costs("O(N), N the number of migrations")
          .is(STALE)
          .tips("nondeterministic_output")
          .runs(call -> migrations().list(call));

  final Command<Call> info =
      command("CLUSTER INFO")
          .does("Returns the state of the cluster.")
          .since("3.0.0")
          .costs("O(1)")
          .is(STALE)
          .tips("nondeterministic_output")
          .runs(call -> reports().info(call));

  final Command<Call> keyslot =
      command("CLUSTER KEYSLOT key")
          .does("Returns the hash slot of a key.")
          .since("3.0.0")
          .costs("O(N), N the length of the key")
          .is(STALE)
          .runs(ClusterReports::keySlot);

  final Command<Call> links =
      command("CLUSTER LINKS")
          .does("Lists the links to other nodes.")
          .since("7.0.0")
          .costs("O(N), N the number of nodes")
          .is(STALE)
          .tips("nondeterministic_output")
          .runs(call -> reports().links(call));

  final Command<Call> meet =
      command("CLUSTER MEET ip port [cluster-bus-port{since 4.0.0}]")
          .does("Adds a node to the cluster.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .history("4.0.0", "Added the optional `cluster_bus_port` argument.")
          .runs(call -> orders().meet(call));

  final Command<Call> migrateslots =
      command(
              "CLUSTER MIGRATESLOTS (SLOTSRANGE (start-slot end-slot){range}..."
                  + " NODE node-id){migration}...")
          .does("Starts to migrate hash slots with their keys to other nodes.")
          .since("9.0.0")
          .costs("O(N), N the number of hash slots")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .databases(DatabaseSpec.ALL)
          .runs(call -> migrations().migrate(call));

  final Command<Call> myid =
      command("CLUSTER MYID")
          .does("Returns the id of this node.")
          .since("3.0.0")
          .costs("O(1)")
          .is(STALE)
          .runs(call -> reports().myId(call));

  final Command<Call> myshardid =
      command("CLUSTER MYSHARDID")
          .does("Returns the id of the shard of this node.")
          .since("7.2.0")
          .costs("O(1)")
          .is(STALE)
          .tips("nondeterministic_output")
          .runs(call -> reports().myShardId(call));

  final Command<Call> nodes =
      command("CLUSTER NODES")
          .does("Lists the nodes of the cluster.")
          .since("3.0.0")
          .costs("O(N), N the number of nodes")
          .is(STALE)
          .tips("nondeterministic_output")
          .runs(call -> reports().nodes(call));

  final Command<Call> replicas =
      command("CLUSTER REPLICAS node-id")
          .does("Lists the replicas of a master.")
          .since("5.0.0")
          .costs("O(N), N the number of replicas")
          .is(ADMIN, STALE)
          .tips("nondeterministic_output")
          .runs(call -> reports().replicas(call));

  final Command<Call> replicate =
      command("CLUSTER REPLICATE (node-id | (NO ONE){no-one}){args}")
          .does("Makes this node the replica of a master, or with NO ONE an empty master.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .history("9.0.0", "Added the `NO ONE` arguments.")
          .runs(call -> orders().replicate(call));

  final Command<Call> reset =
      command("CLUSTER RESET [HARD | SOFT]{reset-type}")
          .does("Resets this node, which leaves the cluster.")
          .since("3.0.0")
          .costs("O(N), N the number of nodes")
          .is(ADMIN, STALE, NOSCRIPT)
          .runs(call -> orders().reset(call));

  final Command<Call> saveconfig =
      command("CLUSTER SAVECONFIG")
          .does("Writes the configuration of the cluster to disk.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(call -> orders().saveConfig(call));

  final Command<Call> setConfigEpoch =
      command("CLUSTER SET-CONFIG-EPOCH config-epoch")
          .does("Sets the configuration epoch of a new node.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(call -> orders().setConfigEpoch(call));

  final Command<Call> setslot =
      command(
              "CLUSTER SETSLOT slot (IMPORTING node-id{importing}"
                  + " | MIGRATING node-id{migrating} | NODE node-id{node} | STABLE){subcommand}")
          .does("Binds a hash slot to a node.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(call -> orders().setSlot(call));

  final Command<Call> shards =
      command("CLUSTER SHARDS")
          .does("Lists the hash slots of each node.")
          .since("7.0.0")
          .costs("O(N), N the number of nodes")
          .is(LOADING, STALE)
          .tips("nondeterministic_output")
          .runs(call -> reports().shards(call));

  final Command<Call> slaves =
      command("CLUSTER SLAVES node-id")
          .does("Lists the replicas of a master.")
          .since("3.0.0")
          .costs("O(N), N the number of replicas")
          .is(ADMIN, STALE)
          .tips("nondeterministic_output")
          .deprecated("5.0.0", "`CLUSTER REPLICAS`")
          .runs(call -> reports().replicas(call));

  final Command<Call> slotStats =
      command(
              "CLUSTER SLOT-STATS (SLOTSRANGE start-slot end-slot{slotsrange} | (ORDERBY"
                  + " metric{string} [LIMIT limit] [ASC | DESC]{order}){orderby}){filter}")
          .does("Returns statistics of the hash slots of this node's shard.")
          .since("8.0.0")
          .costs("O(N) for N slots in the range; O(N*log(N)) for N slots of the shard with ORDERBY")
          .is(LOADING, STALE)
          .tips("nondeterministic_output", "request_policy:all_shards")
          .runs(call -> statistics().run(call));

  final Command<Call> slots =
      command("CLUSTER SLOTS")
          .does("Lists the hash slots of each node.")
          .since("3.0.0")
          .costs("O(N), N the number of nodes")
          .is(LOADING, STALE)
          .tips("nondeterministic_output")
          .deprecated("7.0.0", "`CLUSTER SHARDS`")
          .history("4.0.0", "Added node IDs.")
          .history("7.0.0", "Added additional networking metadata field.")
          .runs(call -> reports().slots(call));

  final Command<Call> syncslots =
      command("CLUSTER SYNCSLOTS order [argument...]")
          .does("Used by nodes to migrate hash slots with their keys.")
          .since("9.0.0")
          .costs("O(N), N the number of hash slots")
          .is(NO_ASYNC_LOADING, ADMIN, STALE, NOSCRIPT)
          .databases(DatabaseSpec.ALL)
          .runs(call -> migrations().synchronize(call));

  final Command<Call> asking =
      command("ASKING")
          .does("Permits the next command to use a hash slot that is being imported.")
          .since("3.0.0")
          .categories(Category.CONNECTION)
          .is(FAST)
          .runs(this::asking);

  final Command<Call> readonly =
      command("READONLY")
          .does("Permits the connection to read from a cluster replica.")
          .since("3.0.0")
          .categories(Category.CONNECTION)
          .is(FAST, LOADING, STALE)
          .runs(this::readonly);

  final Command<Call> readwrite =
      command("READWRITE")
          .does("Revokes the permission of READONLY.")
          .since("3.0.0")
          .categories(Category.CONNECTION)
          .is(FAST, LOADING, STALE)
          .runs(this::readwrite);

  private final @Nullable ClusterNode node;
  private final @Nullable ClusterOrders orders;
  private final @Nullable ClusterReports reports;
  private final @Nullable SlotStats statistics;
  private final @Nullable MigrationOrders migrations;
  private final @Nullable ClusterScan scan;

  /**
   * Declares the group.
   *
   * @param node this server in the cluster, null without cluster mode
   */
  public ClusterCommands(@Nullable ClusterNode node) {
    super(Group.CLUSTER);
    this.node = node;
    orders = node == null ? null : new ClusterOrders(node);
    reports = node == null ? null : new ClusterReports(node);
    statistics = node == null ? null : new SlotStats(node);
    migrations = node == null ? null : new MigrationOrders(node);
    scan = node == null ? null : new ClusterScan(node);
  }

  private ClusterOrders orders() {
    if (orders == null) {
      throw DISABLED;
    }
    return orders;
  }

  private ClusterReports reports() {
    if (reports == null) {
      throw DISABLED;
    }
    return reports;
  }

  private SlotStats statistics() {
    if (statistics == null) {
      throw DISABLED;
    }
    return statistics;
  }

  private MigrationOrders migrations() {
    if (migrations == null) {
      throw DISABLED;
    }
    return migrations;
  }

  private ClusterScan scan() {
    if (scan == null) {
      throw DISABLED;
    }
    return scan;
  }

  private void requireCluster() {
    if (node == null) {
      throw DISABLED;
    }
  }

  /** READONLY tells reads apart that are not redirected, in a cluster or to the master. */
  private void requireRedirections(Call call) {
    if (!call.client().followsRedirects()) {
      requireCluster();
    }
  }

  private void asking(Call call) {
    requireCluster();
    call.client().setAsking(true);
    call.reply().ok();
  }

  private void readonly(Call call) {
    requireRedirections(call);
    call.client().setFlag(ClientFlag.READONLY, true);
    call.reply().ok();
  }

  private void readwrite(Call call) {
    requireRedirections(call);
    call.client().setFlag(ClientFlag.READONLY, false);
    call.reply().ok();
  }
}
