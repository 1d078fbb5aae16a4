package io.redoubt.server.command.stream;

import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.value.stream.PendingEntry;
import io.redoubt.server.value.stream.StreamGroups;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.Streams;

/** XNACK of Redis 8.8: releases pending entries, so that any consumer may claim them at once. */
public final class StreamReleaseCommands extends CommandGroup<Call> {
  private static final CommandError INVALID_COUNT =
      new CommandError("ERR Invalid RETRYCOUNT option argument for XNACK");

  private static final int FIRST_ID = 6;
  private static final long NOT_GIVEN = -1;

  final Command<Call> xnack =
      command(
              "XNACK key group (SILENT | FAIL | FATAL){mode} (IDS numids id{string}...){ids}"
                  + " [RETRYCOUNT count] [FORCE]")
          .does("Releases pending entries from their consumers, to be delivered again.")
          .since("8.8.0")
          .costs("O(log(N)) an entry, N the number of pending entries")
          .is(WRITE, FAST)
          .keys(RW, UPDATE)
          .runs(this::xnack);

  /** The effect on the number of deliveries. */
  private enum Mode {
    /** The delivery does not count. */
    SILENT,

    /** The delivery counts. */
    FAIL,

    /** The number becomes the highest: the entry should not be delivered again. */
    FATAL;

    private static final Mode[] ALL = values();

    long deliveries(long before) {
      return switch (this) {
        case SILENT -> Math.max(before - 1, 0);
        case FAIL -> before;
        case FATAL -> Long.MAX_VALUE;
      };
    }
  }

  private final StreamId id = new StreamId();
  private Mode mode = Mode.FAIL;
  private long retryCount;
  private boolean force;
  private boolean changed;

  public StreamReleaseCommands() {
    super(Group.STREAM);
  }

  private void xnack(Call call) {
    mode = mode(call);
    int end = parseIds(call);
    parseOptions(call, end);
    long entry = call.findForWrite(1, Type.STREAM);
    StreamGroups groups = call.values().streams().groups();
    long group =
        entry == Entry.NONE
            ? 0
            : groups.find(Streams.root(entry), call.argAddress(2), call.argLength(2));
    if (group == 0) {
      throw StreamGroupCommands.noPending(call);
    }
    call.propagateNothing(); // the effects are propagated
    long root = Streams.change(call.database(), entry);
    changed = false;
    long released = 0;
    for (int i = FIRST_ID; i < end; i++) {
      StreamIds.parse(call, i, id);
      released += release(call, root, group) ? 1 : 0;
    }
    if (changed) {
      call.recordFullChange(1); // as XCLAIM, which watchers do not see
    }
    if (released > 0) {
      call.serveWaiting(1);
    }
    call.reply().integer(released);
  }

  private static Mode mode(Call call) {
    for (Mode each : Mode.ALL) {
      if (call.is(3, each.name())) {
        return each;
      }
    }
    throw Errors.SYNTAX;
  }

  /** Checks the ids; returns the index of the argument after them. */
  private int parseIds(Call call) {
    if (!call.is(4, "IDS")) {
      throw Errors.SYNTAX;
    }
    long count = call.argAtLeast(1, 5, StreamDeletionCommands.FEW_IDS);
    if (count > call.count() - FIRST_ID) {
      throw StreamDeletionCommands.OTHER_NUMBER_OF_IDS;
    }
    int end = FIRST_ID + (int) count;
    for (int i = FIRST_ID; i < end; i++) {
      StreamIds.parse(call, i, id);
    }
    return end;
  }

  private void parseOptions(Call call, int first) {
    retryCount = NOT_GIVEN;
    force = false;
    for (int i = first; i < call.count(); i++) {
      if (call.is(i, "FORCE")) {
        force = true;
      } else if (call.is(i, "RETRYCOUNT") && i + 1 < call.count()) {
        retryCount = call.argAtLeast(0, ++i, INVALID_COUNT);
      } else if (i == first && StreamIds.isId(call, i, id)) {
        throw StreamDeletionCommands.OTHER_NUMBER_OF_IDS;
      } else {
        throw Errors.SYNTAX;
      }
    }
  }

  /**
   * Releases the entry of the id if it is pending. One that was deleted from the stream can't be
   * delivered again: it ceases to be pending, as XCLAIM does on a replica.
   */
  private boolean release(Call call, long root, long group) {
    Streams streams = call.values().streams();
    StreamGroups groups = streams.groups();
    boolean exists = streams.contains(root, id);
    long element = groups.pending(group).find(id.millis(), id.sequence());
    if (!exists) {
      if (element != 0) {
        StreamEffects.claim(call, 1, 2, group, element);
        boolean unused = groups.acknowledge(group, id);
        changed = true;
      }
      return false;
    }
    if (element == 0 && !force) {
      return false;
    }
    long before = element == 0 ? 0 : PendingEntry.deliveries(element);
    long deliveries = retryCount == NOT_GIVEN ? mode.deliveries(before) : retryCount;
    groups.released().release(group, id, deliveries);
    StreamEffects.claim(call, 1, 2, group, groups.pending(group).find(id.millis(), id.sequence()));
    changed = true;
    return true;
  }
}
