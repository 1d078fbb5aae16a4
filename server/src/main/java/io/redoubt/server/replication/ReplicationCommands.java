package io.redoubt.server.replication;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.ALLOW_BUSY;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.NO_ASYNC_LOADING;
import static io.redoubt.protocol.command.Flag.NO_MULTI;
import static io.redoubt.protocol.command.Flag.STALE;
import static io.redoubt.protocol.command.Flag.SYSCMD;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.group.FenceAnswer;
import io.redoubt.protocol.group.GroupChain;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.Call;
import io.redoubt.server.replication.group.GroupParts;
import io.redoubt.server.replication.master.ReplicaFeed;
import io.redoubt.server.replication.master.ReplicaOptions;
import io.redoubt.server.replication.master.Replicas;
import io.redoubt.server.replication.replica.MasterLink;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.replication.stream.FollowedTerm;
import io.redoubt.server.replication.stream.Handshake;
import io.redoubt.server.replication.stream.Interleaving;
import io.redoubt.server.replication.stream.MemberState;
import io.redoubt.server.replication.stream.TurnAcks;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Commands that change or show the role, and those exchanged by masters and replicas. */
public final class ReplicationCommands extends CommandGroup<Call> {
  private static final CommandError IN_CLUSTER =
      new CommandError("ERR REPLICAOF not allowed in cluster mode.");
  private static final CommandError INVALID_PORT = new CommandError("ERR Invalid master port");
  private static final CommandError IS_REPLICA_CLIENT =
      new CommandError("ERR Command is not valid when client is a replica.");
  private static final CommandError NO_MASTER_LINK =
      new CommandError("NOMASTERLINK Can't SYNC while not connected with my master");
  private static final CommandError REPLACED =
      new CommandError("NOMASTERLINK Another master has replaced this one");
  private static final CommandError FAILING_OVER =
      new CommandError("ERR REPLICAOF not allowed while failing over.");
  private static final CommandError TAKEOVER_BY_MASTER =
      new CommandError("ERR PSYNC FAILOVER can't be sent to a master.");
  private static final CommandError TAKEOVER_OF_ANOTHER =
      new CommandError("ERR PSYNC FAILOVER replid must match my replid.");
  private static final CommandError PROMISED_TO_ANOTHER =
      new CommandError(
          FenceAnswer.OUTPROMISED + " This server has promised a later epoch to another sentinel");
  private static final CommandError FILTER_NEEDS_MARK =
      new CommandError("ERR Filtered replica requires EOF capability");
  private static final CommandError NOT_A_FLAG =
      new CommandError("ERR value is out of range, value must between 0 and 1");
  private static final int LONGEST_ADDRESS = 255;
  private static final int LARGEST_PORT = 65_535;

  private final Log log;
  private final Replication roles;
  private final Role ownRole;
  private final ReplicationStream stream;
  private final Replicas replicas;
  private final GroupParts group;
  private final MasterLink link;
  private final Failover failover;

  final Command<Call> replicaof =
      command("REPLICAOF ((host port){host-port} | (NO ONE){no-one}){args}")
          .does("Makes the server a replica of another server, or with NO ONE a master.")
          .since("5.0.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, STALE, NO_ASYNC_LOADING)
          .runs(this::replicaOf);

  final Command<Call> slaveof =
      command("SLAVEOF ((host port){host-port} | (NO ONE){no-one}){args}")
          .does("Makes the server a replica of another server, or with NO ONE a master.")
          .since("1.0.0")
          .costs("O(1)")
          .deprecated("5.0.0", "`REPLICAOF`")
          .is(ADMIN, NOSCRIPT, STALE, NO_ASYNC_LOADING)
          .runs(this::replicaOf);

  final Command<Call> role =
      command("ROLE")
          .does("Returns the replication role, with the connected master or replicas.")
          .since("2.8.12")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE, FAST)
          .categories(Category.ADMIN, Category.DANGEROUS)
          .runs(this::role);

  final Command<Call> replconf =
      command("REPLCONF")
          .arity(-1)
          .does("Exchanges replication options and offsets.")
          .since("3.0.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, LOADING, STALE, ALLOW_BUSY, SYSCMD)
          .runs(this::replconf);

  final Command<Call> psync =
      command("PSYNC replicationid offset")
          .arity(-3)
          .does("Requests a partial or full sync; an internal command of replication.")
          .since("2.8.0")
          .is(ADMIN, NOSCRIPT, NO_ASYNC_LOADING, NO_MULTI)
          .runs(this::psync);

  final Command<Call> sync =
      command("SYNC")
          .does("Requests a full sync; an internal command of replication.")
          .since("1.0.0")
          .is(ADMIN, NOSCRIPT, NO_ASYNC_LOADING, NO_MULTI)
          .runs(this::sync);

  ReplicationCommands(
      Log log,
      Replication roles,
      Role ownRole,
      ReplicationStream stream,
      Replicas replicas,
      GroupParts group,
      MasterLink link,
      Failover failover) {
    super(Group.SERVER);
    this.log = log;
    this.roles = roles;
    this.ownRole = ownRole;
    this.stream = stream;
    this.replicas = replicas;
    this.group = group;
    this.link = link;
    this.failover = failover;
  }

  private void replicaOf(Call call) {
    if (call.isInCluster()) {
      throw IN_CLUSTER;
    }
    if (failover.isUnderWay()) {
      throw FAILING_OVER;
    }
    boolean promotes = call.is(1, "NO") && call.is(2, "ONE");
    long ordered = group.membership().promisedTo(call.client());
    if (promotes && group.membership().isPromisedToAnother(ordered)) {
      throw PROMISED_TO_ANOTHER;
    }
    roles.onRoleGiven();
    if (promotes) {
      if (ownRole.isReplica()) {
        ServerClient client = call.client();
        roles.becomeMaster(ordered);
        log.notice("MASTER MODE enabled (user request from '%s')", client);
      }
      group.acks().onConfirmed(ordered);
      roles.onRoleGiven();
      call.reply().ok();
      return;
    }
    if (replicas.feeds().ifReplica(call.client()) != null) {
      throw IS_REPLICA_CLIENT;
    }
    int port = port(call, 2);
    String host = call.argText(1);
    if (roles.follows(host, port)) {
      roles.onMasterConfirmed();
      log.notice(
          "REPLICAOF would result into synchronization with the master we are already connected"
              + " with. No operation performed.");
      call.reply().simple("OK Already connected to specified master");
      return;
    }
    ServerClient client = call.client();
    roles.follow(host, port);
    log.notice("REPLICAOF %s:%d enabled (user request from '%s')", host, port, client);
    call.reply().ok();
  }

  private static int port(Call call, int argument) {
    long port;
    try {
      port = call.argLong(argument);
    } catch (CommandError notANumber) {
      throw INVALID_PORT;
    }
    if (port < 0 || port > LARGEST_PORT) {
      throw INVALID_PORT;
    }
    return (int) port;
  }

  private void role(Call call) {
    ReplyWriter reply = call.reply();
    if (ownRole.isReplica()) {
      reply.array(5);
      reply.bulk("slave");
      reply.bulk(link.masterHost());
      reply.integer(link.masterPort());
      reply.bulk(link.state().label());
      reply.integer(link.isConnected() ? stream.offset() : -1);
      return;
    }
    List<ReplicaFeed> online =
        replicas.feeds().all().stream()
            .filter(feed -> feed.isOnline() && feed.address() != null)
            .toList();
    reply.array(3);
    reply.bulk("master");
    reply.integer(stream.offset());
    reply.array(online.size());
    for (ReplicaFeed feed : online) {
      reply.array(3);
      reply.bulk(String.valueOf(feed.address()));
      reply.bulkLong(feed.listeningPort());
      reply.bulkLong(feed.ackOffset());
    }
  }

  private void replconf(Call call) {
    if (call.count() % 2 == 0) {
      throw Errors.SYNTAX;
    }
    for (int i = 1; i < call.count(); i += 2) {
      if (call.is(i, "ack")) {
        onAck(call, i + 1);
        return;
      }
      if (call.is(i, "getack")) {
        if (call.client().isMaster()) {
          link.requestAck();
          if (call.is(i + 1, TurnAcks.START)) {
            link.setAcksTurns(true);
          } else if (call.is(i + 1, TurnAcks.STOP)) {
            link.setAcksTurns(false);
          }
        }
        return;
      }
      option(call, i);
    }
    call.reply().ok();
  }

  private void option(Call call, int i) {
    ReplicaOptions options = replicas.of(call.client()).options();
    if (call.is(i, "listening-port")) {
      options.setListeningPort((int) call.argLong(i + 1));
    } else if (call.is(i, "ip-address")) {
      if (call.argLength(i + 1) > LONGEST_ADDRESS) {
        throw new CommandError(
            String.format(
                Locale.ROOT,
                "ERR REPLCONF ip-address provided by replica instance is too long: %d bytes",
                call.argLength(i + 1)));
      }
      options.setAnnouncedAddress(call.argText(i + 1));
    } else if (call.is(i, "capa")) {
      capability(call, options, i + 1);
    } else if (call.is(i, "rdb-only")) {
      long on = call.argLong(i + 1);
      if (on != 0 && on != 1) {
        throw NOT_A_FLAG;
      }
      options.setSnapshotOnly(on == 1);
    } else if (call.is(i, "rdb-filter-only")) {
      filter(call, options, i + 1);
    } else if (call.is(i, "version")) {
      if (!call.argText(i + 1).matches("\\d+\\.\\d+\\.\\d+.*")) {
        throw new CommandError(
            "ERR Unrecognized version format: " + Errors.excerpt(call.request(), i + 1));
      }
    } else {
      throw new CommandError(
          "ERR Unrecognized REPLCONF option: " + Errors.excerpt(call.request(), i));
    }
  }

  /** Records a capability; unknown ones are ignored. */
  private static void capability(Call call, ReplicaOptions options, int argument) {
    if (call.is(argument, "eof")) {
      options.acceptMark();
    } else if (call.is(argument, "psync2")) {
      options.acceptNewIds();
    } else if (call.is(argument, Handshake.FIELD_EXPIRY)) {
      options.acceptFieldExpiry();
    } else {
      String capability = call.argText(argument);
      long ahead = Interleaving.offeredBytes(capability);
      if (ahead > 0) {
        options.setStreamAheadBytes(ahead);
      }
      int databases = Handshake.databases(capability);
      if (databases > 0) {
        options.setDatabases(databases);
      }
      FollowedTerm followed = FollowedTerm.parse(capability);
      if (followed != null) {
        options.setFollowed(followed);
      }
    }
  }

  private static void filter(Call call, ReplicaOptions options, int argument) {
    boolean functions = false;
    for (String word : call.argText(argument).strip().split("\\s+")) {
      functions |= word.equalsIgnoreCase("functions");
      if (!word.isEmpty() && !word.equalsIgnoreCase("functions")) {
        throw new CommandError("ERR Unsupported rdb-filter-only option: " + word);
      }
    }
    options.excludeKeys(functions);
  }

  private void onAck(Call call, int argument) {
    if (call.client().isMaster()) {
      if (call.is(argument, MemberState.OPTION) && call.count() > argument + 2) {
        onGroupAnnouncement(
            GroupChain.parse(call.argText(argument + 1)),
            List.of(call.argText(argument + 2).split(",", -1)));
      }
      return;
    }
    ReplicaFeed feed = replicas.feeds().ifReplica(call.client());
    if (feed == null) {
      return;
    }
    try {
      long durable = -1;
      boolean turns = false;
      for (int i = argument + 1; i + 1 < call.count(); i += 2) {
        if (call.is(i, "fack")) {
          durable = call.argLong(i + 1);
        } else if (call.is(i, TurnAcks.OPTION)) {
          turns = true;
        } else if (call.is(i, MemberState.OPTION)) {
          replicas.onReport(feed, MemberState.parse(call.argText(i + 1)));
        }
      }
      feed.setAcknowledgesTurns(turns);
      replicas.onAcknowledged(feed, call.argLong(argument), durable);
    } catch (CommandError notANumber) {
      log.warning("Replica %s sent an invalid acknowledgement offset", feed.name());
    }
  }

  /** Adopts the group announced in the master's stream; ignores a malformed announcement (null). */
  private void onGroupAnnouncement(@Nullable GroupChain chain, List<String> tokens) {
    if (chain != null && ownRole.isReplica()) {
      group.membership().onAnnouncement(chain, tokens, link::acknowledge);
    }
  }

  private void psync(Call call) {
    synchronize(call, call.argText(1));
  }

  private void sync(Call call) {
    synchronize(call, null);
  }

  /** Runs PSYNC id offset FAILOVER, by which the master becomes a replica of this server. */
  private void takeOver(Call call, String id) {
    if (call.count() > 4 || !call.is(3, "FAILOVER")) {
      throw Errors.SYNTAX;
    }
    log.warning("Failover request received for replid %s.", id);
    if (!ownRole.isReplica()) {
      throw TAKEOVER_BY_MASTER;
    }
    if (!id.equalsIgnoreCase(stream.history().id())) {
      throw TAKEOVER_OF_ANOTHER;
    }
    ServerClient client = call.client();
    roles.becomeMaster();
    log.notice("MASTER MODE enabled (failover request from '%s')", client);
  }

  /**
   * Refuses a replica that can't hold the databases of this cluster node, such as a Redis 7.2: it
   * would apply their commands to another database. A tool that asks for a snapshot or by SYNC is
   * not refused. The error is one after which a replica retries without SYNC.
   */
  private static void requireDatabases(Call call, ReplicaFeed feed) {
    int own = call.settings().cluster.databases();
    int its = feed.options().databases();
    if (its < own && !feed.options().isSnapshotOnly() && !feed.options().isWithoutKeys()) {
      throw new CommandError(
          String.format(
              Locale.ROOT,
              "NOMASTERLINK This master has %d databases (cluster-databases), the replica %s has"
                  + " %d",
              own,
              feed.name(),
              its));
    }
  }

  private void synchronize(Call call, @Nullable String id) {
    if (replicas.feeds().ifReplica(call.client()) != null || call.client().is(ClientFlag.MONITOR)) {
      return; // as in Redis, where a monitor counts as a replica
    }
    if (call.client().output().isAwaited()) {
      call.client().closeSoon(); // delayed replies can't precede the stream
      return;
    }
    if (id != null && call.count() > 3) {
      takeOver(call, id);
    }
    if (group.acks().isUnfit() || (ownRole.isReplica() && !ownRole.isLinkUp())) {
      throw NO_MASTER_LINK;
    }
    ReplicaFeed feed = replicas.of(call.client());
    if (feed.options().isWithoutKeys() && !feed.options().canTakeMark()) {
      throw FILTER_NEEDS_MARK;
    }
    if (group.acks().isReplacedFor(feed)) {
      throw REPLACED;
    }
    if (id != null) {
      requireDatabases(call, feed);
    }
    log.notice("Replica %s asks for synchronization", feed.name());
    long offset = -1;
    if (id != null) {
      try {
        offset = call.argLong(2);
      } catch (CommandError notANumber) {
        log.warning("Replica %s asks for synchronization but with a wrong offset", feed.name());
        throw notANumber;
      }
    }
    replicas.synchronize(call.client(), id, offset);
  }
}
