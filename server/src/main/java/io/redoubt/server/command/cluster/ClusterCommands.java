package io.redoubt.server.command.cluster;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.NO_ASYNC_LOADING;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;

/**
 * CLUSTER, ASKING, READONLY and READWRITE, which reply as in a Redis without {@code
 * cluster-enabled}.
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

  final Command<Call> addslots =
      command("CLUSTER ADDSLOTS slot...")
          .does("Assigns hash slots to this node.")
          .since("3.0.0")
          .costs("O(N), N the number of hash slots")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> addslotsrange =
      command("CLUSTER ADDSLOTSRANGE (start-slot end-slot){range}...")
          .does("Assigns ranges of hash slots to this node.")
          .since("7.0.0")
          .costs("O(N), N the number of hash slots")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> bumpepoch =
      command("CLUSTER BUMPEPOCH")
          .does("Raises the configuration epoch of the cluster.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .tips("nondeterministic_output")
          .runs(ClusterCommands::refuse);

  final Command<Call> countFailureReports =
      command("CLUSTER COUNT-FAILURE-REPORTS node-id")
          .does("Counts the reports that a node has failed.")
          .since("3.0.0")
          .costs("O(N), N the number of reports")
          .is(ADMIN, STALE)
          .tips("nondeterministic_output")
          .runs(ClusterCommands::refuse);

  final Command<Call> countkeysinslot =
      command("CLUSTER COUNTKEYSINSLOT slot")
          .does("Counts the keys of a hash slot.")
          .since("3.0.0")
          .costs("O(1)")
          .is(STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> delslots =
      command("CLUSTER DELSLOTS slot...")
          .does("Removes hash slots from this node.")
          .since("3.0.0")
          .costs("O(N), N the number of hash slots")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> delslotsrange =
      command("CLUSTER DELSLOTSRANGE (start-slot end-slot){range}...")
          .does("Removes ranges of hash slots from this node.")
          .since("7.0.0")
          .costs("O(N), N the number of hash slots")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> failover =
      command("CLUSTER FAILOVER [FORCE | TAKEOVER]{options}")
          .does("Starts a manual failover of a replica.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> flushslots =
      command("CLUSTER FLUSHSLOTS")
          .does("Removes all hash slots from this node.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> forget =
      command("CLUSTER FORGET node-id")
          .does("Removes a node from the node table.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> getkeysinslot =
      command("CLUSTER GETKEYSINSLOT slot count")
          .does("Returns keys of a hash slot.")
          .since("3.0.0")
          .costs("O(N), N the number of keys")
          .is(STALE)
          .tips("nondeterministic_output")
          .runs(ClusterCommands::refuse);

  final Command<Call> info =
      command("CLUSTER INFO")
          .does("Returns the state of the cluster.")
          .since("3.0.0")
          .costs("O(1)")
          .is(STALE)
          .tips("nondeterministic_output")
          .runs(ClusterCommands::refuse);

  final Command<Call> keyslot =
      command("CLUSTER KEYSLOT key")
          .does("Returns the hash slot of a key.")
          .since("3.0.0")
          .costs("O(N), N the length of the key")
          .is(STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> links =
      command("CLUSTER LINKS")
          .does("Lists the links to other nodes.")
          .since("7.0.0")
          .costs("O(N), N the number of nodes")
          .is(STALE)
          .tips("nondeterministic_output")
          .runs(ClusterCommands::refuse);

  final Command<Call> meet =
      command("CLUSTER MEET ip port [cluster-bus-port{since 4.0.0}]")
          .does("Adds a node to the cluster.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .history("4.0.0", "Added the optional `cluster_bus_port` argument.")
          .runs(ClusterCommands::refuse);

  final Command<Call> myid =
      command("CLUSTER MYID")
          .does("Returns the id of this node.")
          .since("3.0.0")
          .costs("O(1)")
          .is(STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> myshardid =
      command("CLUSTER MYSHARDID")
          .does("Returns the id of the shard of this node.")
          .since("7.2.0")
          .costs("O(1)")
          .is(STALE)
          .tips("nondeterministic_output")
          .runs(ClusterCommands::refuse);

  final Command<Call> nodes =
      command("CLUSTER NODES")
          .does("Lists the nodes of the cluster.")
          .since("3.0.0")
          .costs("O(N), N the number of nodes")
          .is(STALE)
          .tips("nondeterministic_output")
          .runs(ClusterCommands::refuse);

  final Command<Call> replicas =
      command("CLUSTER REPLICAS node-id")
          .does("Lists the replicas of a master.")
          .since("5.0.0")
          .costs("O(N), N the number of replicas")
          .is(ADMIN, STALE)
          .tips("nondeterministic_output")
          .runs(ClusterCommands::refuse);

  final Command<Call> replicate =
      command("CLUSTER REPLICATE node-id")
          .does("Makes this node the replica of a master.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> reset =
      command("CLUSTER RESET [HARD | SOFT]{reset-type}")
          .does("Resets this node, which leaves the cluster.")
          .since("3.0.0")
          .costs("O(N), N the number of nodes")
          .is(ADMIN, STALE, NOSCRIPT)
          .runs(ClusterCommands::refuse);

  final Command<Call> saveconfig =
      command("CLUSTER SAVECONFIG")
          .does("Writes the configuration of the cluster to disk.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> setConfigEpoch =
      command("CLUSTER SET-CONFIG-EPOCH config-epoch")
          .does("Sets the configuration epoch of a new node.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> setslot =
      command(
              "CLUSTER SETSLOT slot (IMPORTING node-id{importing}"
                  + " | MIGRATING node-id{migrating} | NODE node-id{node} | STABLE){subcommand}")
          .does("Binds a hash slot to a node.")
          .since("3.0.0")
          .costs("O(1)")
          .is(NO_ASYNC_LOADING, ADMIN, STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> shards =
      command("CLUSTER SHARDS")
          .does("Lists the hash slots of each node.")
          .since("7.0.0")
          .costs("O(N), N the number of nodes")
          .is(LOADING, STALE)
          .tips("nondeterministic_output")
          .runs(ClusterCommands::refuse);

  final Command<Call> slaves =
      command("CLUSTER SLAVES node-id")
          .does("Lists the replicas of a master.")
          .since("3.0.0")
          .costs("O(N), N the number of replicas")
          .is(ADMIN, STALE)
          .tips("nondeterministic_output")
          .deprecated("5.0.0", "`CLUSTER REPLICAS`")
          .runs(ClusterCommands::refuse);

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
          .runs(ClusterCommands::refuse);

  final Command<Call> asking =
      command("ASKING")
          .does("Permits the next command to use a hash slot that is being imported.")
          .since("3.0.0")
          .categories(Category.CONNECTION)
          .is(FAST)
          .runs(ClusterCommands::refuse);

  final Command<Call> readonly =
      command("READONLY")
          .does("Permits the connection to read from a cluster replica.")
          .since("3.0.0")
          .categories(Category.CONNECTION)
          .is(FAST, LOADING, STALE)
          .runs(ClusterCommands::refuse);

  final Command<Call> readwrite =
      command("READWRITE")
          .does("Revokes the permission of READONLY.")
          .since("3.0.0")
          .categories(Category.CONNECTION)
          .is(FAST, LOADING, STALE)
          .runs(ClusterCommands::refuse);

  /** Declares the group. */
  public ClusterCommands() {
    super(Group.CLUSTER);
  }

  private static void refuse(Call call) {
    throw DISABLED;
  }
}
