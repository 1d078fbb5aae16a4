package io.redoubt.server.command.string;

import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.RW;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.value.StringValue;

/**
 * The deletion of a string by its value: DELIFEQ of Valkey 9 and DELEX of Redis 8.4. Both are
 * propagated as DEL.
 */
public final class ConditionalDeletionCommands extends CommandGroup<Call> {
  final Command<Call> delex =
      command(
              "DELEX key [IFEQ ifeq-value | IFNE ifne-value"
                  + " | IFDEQ ifdeq-digest | IFDNE ifdne-digest]{condition}")
          .does(
              "Deletes a key, or a string only if it or its digest equals or differs from a given"
                  + " one.")
          .since("8.4.0")
          .costs("O(1), with a digest O(N), N the length of the string")
          .is(WRITE, FAST)
          .keys(RW, DELETE)
          .runs(ConditionalDeletionCommands::delex);

  final Command<Call> delifeq =
      command("DELIFEQ key value")
          .does("Deletes a string if it equals a value.")
          .since("9.0.0")
          .costs("O(1)")
          .is(WRITE, FAST)
          .keys(RW, DELETE)
          .runs(call -> delete(call, true, 2));

  public ConditionalDeletionCommands() {
    super(Group.STRING);
  }

  private static void delex(Call call) {
    if (call.count() == 2) {
      reply(call, call.findForWrite(1) != Entry.NONE);
    } else if (call.count() != 4) {
      throw Errors.wrongArity(call.command());
    } else if (call.is(2, "IFEQ")) {
      delete(call, true, 3);
    } else if (call.is(2, "IFNE")) {
      delete(call, false, 3);
    } else if (call.is(2, "IFDEQ")) {
      deleteByDigest(call, true);
    } else if (call.is(2, "IFDNE")) {
      deleteByDigest(call, false);
    } else {
      throw Errors.SYNTAX;
    }
  }

  private static void delete(Call call, boolean wanted, int valueArg) {
    long entry = call.writeString(1);
    boolean isMet =
        entry != Entry.NONE
            && StringValue.equals(entry, call.argAddress(valueArg), call.argLength(valueArg))
                == wanted;
    reply(call, isMet);
  }

  private static void deleteByDigest(Call call, boolean wanted) {
    long digest = Digest.parse(call, 3);
    long entry = call.writeString(1);
    reply(call, entry != Entry.NONE && (StringValue.digest(entry) == digest) == wanted);
  }

  /** Deletes the key if the condition holds, and replies with the number of deleted keys. */
  private static void reply(Call call, boolean deletes) {
    if (deletes) {
      call.database().delete(call.argAddress(1), call.argLength(1));
      call.recordChange(1, KeyEvent.DEL, 1);
      call.propagateRemoval(1, false);
    }
    call.reply().integer(deletes ? 1 : 0);
  }
}
