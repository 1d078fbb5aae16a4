package io.redoubt.server.replication.group;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.NO_MULTI;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.group.FenceAnswer;
import io.redoubt.protocol.group.GroupChain;
import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.session.blocking.Waiting;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.Call;
import io.redoubt.server.replication.master.ReplicaFeed;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;

/** REPLICATION: the group of servers that acknowledge writes. */
public final class GroupCommands extends CommandGroup<Call> {
  private static final CommandError PROMISED =
      new CommandError(
          "ERR This server has promised this epoch or a later one to another sentinel");

  /** The last epoch that can be promised; higher terms remain for promotions without a sentinel. */
  private static final long MAX_EPOCH = 99_999_999_999_999_999L;

  private final Membership membership;
  private final AckGroup acks;
  private final Role role;
  private final ReplicationStream stream;
  private final Runnable acknowledge;

  final Command<Call> container =
      container("REPLICATION")
          .does("A container for commands on the group that acknowledges writes.")
          .since("7.2.0")
          .costs("Depends on subcommand.")
          .holds();

  final Command<Call> group =
      command("REPLICATION GROUP")
          .does("Returns the members of the group that acknowledges writes.")
          .since("7.2.0")
          .costs("O(N) with N members")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .runs(this::show);

  final Command<Call> remove =
      command("REPLICATION REMOVE id [FORCE-DATA-LOSS{loss}]")
          .does("Removes a member that is gone for good from the group that acknowledges writes.")
          .since("7.2.0")
          .costs("O(N) with N members")
          .is(ADMIN, NOSCRIPT)
          .runs(this::remove);

  final Command<Call> fence =
      command("REPLICATION FENCE epoch{integer} sentinel")
          .does(
              "Makes the server promise to acknowledge no master of an earlier epoch; an internal"
                  + " command of sentinels.")
          .since("7.2.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, LOADING, STALE, NO_MULTI)
          .runs(this::fence);

  /**
   * Creates the commands of a server.
   *
   * @param acknowledge acknowledges to the current master, if there is one
   */
  public GroupCommands(
      Membership membership,
      AckGroup acks,
      Role role,
      ReplicationStream stream,
      Runnable acknowledge) {
    super(Group.SERVER);
    this.membership = membership;
    this.acks = acks;
    this.role = role;
    this.stream = stream;
    this.acknowledge = acknowledge;
  }

  private void show(Call call) {
    GroupChain chain = membership.chain();
    GroupConfig newest = chain.newest();
    ReplyWriter reply = call.reply();
    reply.map(6);
    reply.bulk("id");
    reply.bulk(membership.id());
    reply.bulk("state");
    reply.bulk(acks.state());
    reply.bulk("term");
    reply.integer(newest == null ? -1 : newest.term());
    reply.bulk("promised");
    reply.integer(membership.promised());
    reply.bulk("acks");
    reply.integer(newest == null ? 0 : newest.acks());
    reply.bulk("members");
    reply.array(newest == null ? 0 : newest.members().size());
    if (newest != null) {
      newest.members().forEach(id -> member(reply, newest, id));
    }
  }

  private void member(ReplyWriter reply, GroupConfig config, String id) {
    ReplicaFeed feed = acks.feedOf(id);
    boolean self = id.equals(membership.id());
    reply.map(4);
    reply.bulk("id");
    reply.bulk(id);
    reply.bulk("role");
    reply.bulk(id.equals(config.master()) ? "master" : "replica");
    reply.bulk("address");
    reply.bulk(self ? "this server" : feed == null ? "" : feed.name());
    reply.bulk("state");
    reply.bulk(
        self
            ? "here"
            : feed != null ? feed.state().label() : role.isReplica() ? "unknown" : "disconnected");
  }

  private void remove(Call call) {
    boolean force = call.request().count() == 4;
    if (call.request().count() > 4 || (force && !call.request().is(3, "force-data-loss"))) {
      throw Errors.SYNTAX;
    }
    String member = Errors.excerpt(call.request(), 2); // shortened: it may be any text
    String reason = acks.remove(member, force);
    if (reason != null) {
      throw new CommandError("ERR The member was not removed: " + reason);
    }
    call.reply().ok();
  }

  private void fence(Call call) {
    long epoch = call.argLong(2);
    String sentinel = Errors.excerpt(call.request(), 3);
    if (epoch < 0 || epoch > MAX_EPOCH) {
      throw new CommandError("ERR Invalid epoch");
    }
    if (!GroupConfig.isId(sentinel)) {
      throw new CommandError("ERR Invalid id of a sentinel: 40 hexadecimal digits");
    }
    ServerClient client = call.client();
    Fence wait = new Fence(client, epoch);
    if (!membership.promise(epoch, sentinel, wait::onPromised)) {
      throw PROMISED;
    }
    acknowledge.run(); // reports the promise to the current master
    client.block(wait, 0);
  }

  /** The wait of a sentinel until a promise is durable. */
  private final class Fence implements Waiting {
    private final ServerClient client;
    private final long epoch;
    private boolean ended;

    Fence(ServerClient client, long epoch) {
      this.client = client;
      this.epoch = epoch;
    }

    void onPromised(boolean kept) {
      if (ended) {
        return;
      }
      client.unblock();
      if (kept) {
        FenceAnswer answer = membership.answer(client, epoch, stream.offset());
        client.reply().bulk(answer.format());
      } else {
        client.reply().error("ERR The promise can't be written to disk");
      }
      client.flushSoon();
    }

    @Override
    public void onTimeout() {
      client.reply().error("ERR The promise is not on disk yet");
    }

    @Override
    public void onEnd() {
      ended = true;
    }
  }
}
