package io.redoubt.server.command.stream;

import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.Streams;

/**
 * XDELEX and XACKDEL of Redis 8.2: the deletion of entries with regard to consumer groups. Each
 * replies with an array of one integer for each id.
 */
public final class StreamDeletionCommands extends CommandGroup<Call> {
  private static final int NO_SUCH_ENTRY = -1;
  private static final int DELETED = 1;
  private static final int REFERENCED = 2;

  static final CommandError FEW_IDS =
      new CommandError("ERR Number of IDs must be a positive integer");
  static final CommandError OTHER_NUMBER_OF_IDS =
      new CommandError("ERR The `numids` parameter must match the number of arguments");

  private static final String IDS =
      " [KEEPREF | DELREF | ACKED]{condition} (IDS numids id{string}...){ids}";

  final Command<Call> xackdel =
      command("XACKDEL key group" + IDS)
          .does("Acknowledges entries in a consumer group and deletes them from the stream.")
          .since("8.2.0")
          .costs("O(1) an entry")
          .is(WRITE, FAST)
          .keys(RW, UPDATE, DELETE)
          .runs(this::xackdel);

  final Command<Call> xdelex =
      command("XDELEX key" + IDS)
          .does("Deletes entries of a stream, and references of consumer groups to them.")
          .since("8.2.0")
          .costs("O(1) an entry")
          .is(WRITE, FAST)
          .keys(RW, DELETE)
          .runs(this::xdelex);

  private final StreamDeletion deletion = new StreamDeletion();
  private final StreamId id = new StreamId();
  private ReferencePolicy policy = ReferencePolicy.KEEPREF;
  private int firstId;
  private int count;

  public StreamDeletionCommands() {
    super(Group.STREAM);
  }

  /** Parses the options from an argument on: at most one policy, and the ids, in any order. */
  private void parse(Call call, int first) {
    ReferencePolicy named = null;
    firstId = 0;
    for (int i = first; i < call.count(); i++) {
      ReferencePolicy policyHere = ReferencePolicy.named(call, i);
      if (policyHere != null && named == null) {
        named = policyHere;
      } else if (firstId == 0 && i + 1 < call.count() && call.is(i, "IDS")) {
        parseCount(call, i + 1);
        i = firstId + count - 1;
      } else {
        throw Errors.SYNTAX;
      }
    }
    if (firstId == 0) {
      throw Errors.SYNTAX;
    }
    policy = named == null ? ReferencePolicy.KEEPREF : named;
    for (int i = firstId; i < firstId + count; i++) {
      StreamIds.parse(call, i, id);
    }
  }

  private void parseCount(Call call, int i) {
    long ids = call.argAtLeast(1, i, FEW_IDS);
    if (ids > call.count() - (i + 1)) {
      throw OTHER_NUMBER_OF_IDS;
    }
    firstId = i + 1;
    count = (int) ids;
    int rest = call.count() - (firstId + count);
    if (rest > 1 || (rest == 1 && ReferencePolicy.named(call, firstId + count) == null)) {
      throw OTHER_NUMBER_OF_IDS;
    }
  }

  private void xdelex(Call call) {
    parse(call, 2);
    long entry = call.findForWrite(1, Type.STREAM);
    if (entry == Entry.NONE) {
      replyNone(call);
      return;
    }
    Streams streams = call.values().streams();
    long root = Streams.change(call.database(), entry);
    call.reply().array(count);
    deletion.begin(call);
    for (int i = firstId; i < firstId + count; i++) {
      StreamIds.parse(call, i, id);
      delete(call, streams, root);
    }
    end(call, root, 0);
  }

  private void xackdel(Call call) {
    parse(call, 3);
    long entry = call.findForWrite(1, Type.STREAM);
    Streams streams = call.values().streams();
    long group =
        entry == Entry.NONE
            ? 0
            : streams.groups().find(Streams.root(entry), call.argAddress(2), call.argLength(2));
    if (group == 0) {
      replyNone(call);
      return;
    }
    long root = Streams.change(call.database(), entry);
    ReplyWriter reply = call.reply();
    reply.array(count);
    deletion.begin(call);
    for (int i = firstId; i < firstId + count; i++) {
      StreamIds.parse(call, i, id);
      if (!deletion.acknowledge(call, group, id)) {
        reply.integer(NO_SUCH_ENTRY);
      } else {
        delete(call, streams, root);
      }
    }
    end(call, root, 2);
  }

  /** Deletes the entry of the id as the policy says, and replies with the outcome. */
  private void delete(Call call, Streams streams, long root) {
    ReplyWriter reply = call.reply();
    if (policy == ReferencePolicy.ACKED
        && streams.contains(root, id)
        && !policy.allows(streams, root, id)) {
      reply.integer(REFERENCED);
    } else {
      reply.integer(deletion.delete(call, root, policy, id) ? DELETED : NO_SUCH_ENTRY);
    }
  }

  private void replyNone(Call call) {
    call.reply().array(count);
    for (int i = 0; i < count; i++) {
      call.reply().integer(NO_SUCH_ENTRY);
    }
  }

  private void end(Call call, long root, int groupArg) {
    if (!deletion.end(call, root)) {
      return;
    }
    if (deletion.deleted() > 0) {
      call.recordChange(1, KeyEvent.XDEL, deletion.deleted());
    } else {
      call.recordFullChange(1); // as XACK, which watchers do not see
    }
    deletion.propagate(call, root, groupArg);
  }
}
