package io.redoubt.server.command.hash;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.FieldEvents;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.structure.FieldElement;
import io.redoubt.server.value.hash.Hashes;

/**
 * The expiry of fields, as in Redis 7.4. Each command replies with an array of one integer for each
 * field.
 */
public final class HashExpiryCommands extends CommandGroup<Call> {
  private static final int NO_SUCH_FIELD = -2;
  private static final int NO_EXPIRY = -1;
  private static final int CONDITION_NOT_MET = 0;
  private static final int DONE = 1;
  private static final int DELETED = 2;

  private static final CommandError NO_FIELDS =
      new CommandError("ERR Mandatory argument FIELDS is missing or not at the right position");
  private static final CommandError FEW_FIELDS_TO_EXPIRE =
      new CommandError("ERR Parameter `numFields` should be greater than 0");
  static final CommandError FEW_FIELDS =
      new CommandError("ERR Number of fields must be a positive integer");
  private static final CommandError OTHER_NUMBER_OF_FIELDS =
      new CommandError("ERR The `numfields` parameter must match the number of arguments");

  private static final String SETTING = " [NX | XX | GT | LT] FIELDS numfields field...";
  private static final String ASKING = " key FIELDS numfields field...";
  private static final String COSTS = "O(N), N the number of fields given";

  final Command<Call> hexpire =
      setting("HEXPIRE key seconds")
          .does("Sets the time to live of fields of a hash in seconds.")
          .runs(call -> expire(call, 1000, false));

  final Command<Call> hexpireat =
      setting("HEXPIREAT key unix-time-seconds")
          .does("Sets the point in time at which fields of a hash expire, in Unix seconds.")
          .runs(call -> expire(call, 1000, true));

  final Command<Call> hexpiretime =
      asking("HEXPIRETIME")
          .does("Returns the point in time at which fields of a hash expire, in Unix seconds.")
          .runs(call -> times(call, 1000, true));

  final Command<Call> hpersist =
      command("HPERSIST" + ASKING)
          .does("Removes the expiry of fields of a hash.")
          .since("7.4.0")
          .costs(COSTS)
          .is(WRITE, FAST)
          .keys(RW, UPDATE)
          .runs(HashExpiryCommands::persist);

  final Command<Call> hpexpire =
      setting("HPEXPIRE key milliseconds")
          .does("Sets the time to live of fields of a hash in milliseconds.")
          .runs(call -> expire(call, 1, false));

  final Command<Call> hpexpireat =
      setting("HPEXPIREAT key unix-time-milliseconds")
          .does("Sets the point in time at which fields of a hash expire, in Unix milliseconds.")
          .runs(call -> expire(call, 1, true));

  final Command<Call> hpexpiretime =
      asking("HPEXPIRETIME")
          .does("Returns the point in time at which fields of a hash expire, in milliseconds.")
          .runs(call -> times(call, 1, true));

  final Command<Call> hpttl =
      asking("HPTTL")
          .does("Returns the remaining time to live of fields of a hash in milliseconds.")
          .tips("nondeterministic_output")
          .runs(call -> times(call, 1, false));

  final Command<Call> httl =
      asking("HTTL")
          .does("Returns the remaining time to live of fields of a hash in seconds.")
          .tips("nondeterministic_output")
          .runs(call -> times(call, 1000, false));

  private Builder<Call> setting(String usage) {
    return command(usage + SETTING)
        .since("7.4.0")
        .costs(COSTS)
        .is(WRITE, DENYOOM, FAST)
        .keys(RW, UPDATE);
  }

  private Builder<Call> asking(String usage) {
    return command(usage + ASKING).since("7.4.0").costs(COSTS).is(READONLY, FAST).keys(RO, ACCESS);
  }

  public HashExpiryCommands() {
    super(Group.HASH);
  }

  /**
   * Returns the index of the first field's argument; argument {@code i} must be FIELDS.
   *
   * @param tooFew the error for a number of fields below 1
   */
  static int firstField(Call call, int i, CommandError tooFew) {
    if (!call.is(i, "FIELDS")) {
      throw NO_FIELDS;
    }
    long fields = call.argAtLeast(1, i + 1, tooFew);
    if (fields != call.count() - (i + 2)) {
      throw OTHER_NUMBER_OF_FIELDS;
    }
    return i + 2;
  }

  // Reading.

  private static void times(Call call, long unitMillis, boolean absolute) {
    call.requireFieldExpiry();
    long entry = call.read(1, Type.HASH);
    int first = firstField(call, 2, FEW_FIELDS);
    ReplyWriter reply = call.reply();
    reply.array(call.count() - first);
    for (int i = first; i < call.count(); i++) {
      if (!FieldAccess.find(call, entry, i)) {
        reply.integer(NO_SUCH_FIELD);
        continue;
      }
      long expireAt = call.values().hashes().found().expireAt();
      if (expireAt == FieldElement.NO_EXPIRY) {
        reply.integer(NO_EXPIRY);
      } else {
        long time = absolute ? expireAt : expireAt - call.now();
        reply.integer((time + unitMillis - 1) / unitMillis);
      }
    }
  }

  // Setting.

  private static void persist(Call call) {
    call.requireFieldExpiry();
    long entry = call.findForWrite(1, Type.HASH);
    int first = firstField(call, 2, FEW_FIELDS);
    Hashes hashes = call.values().hashes();
    ReplyWriter reply = call.reply();
    reply.array(call.count() - first);
    int persisted = 0;
    FieldEvents fields = call.beginFields(1, KeyEvent.HPERSIST);
    for (int i = first; i < call.count(); i++) {
      if (!FieldAccess.findForWrite(call, entry, i)) {
        reply.integer(NO_SUCH_FIELD);
      } else if (hashes.found().expireAt() == FieldElement.NO_EXPIRY) {
        reply.integer(NO_EXPIRY);
      } else {
        entry = FieldAccess.expireAt(call, entry, i, FieldElement.NO_EXPIRY);
        persisted++;
        FieldNotices.add(call, fields, i);
        reply.integer(DONE);
      }
    }
    boolean empty = FieldAccess.end(call, entry);
    if (persisted > 0) {
      call.recordChange(1, KeyEvent.HPERSIST, persisted);
      FieldEffects.persist(call, first, call.count() - first);
    }
    fields.end();
    if (empty) {
      call.notifyEvent(1, KeyEvent.DEL);
    }
  }

  private static void expire(Call call, long unitMillis, boolean absolute) {
    call.requireFieldExpiry();
    long entry = call.findForWrite(1, Type.HASH);
    long expireAt = FieldAccess.time(call, 2, unitMillis, absolute);
    Condition condition = Condition.named(call, 3);
    int first = firstField(call, condition == Condition.NONE ? 3 : 4, FEW_FIELDS_TO_EXPIRE);
    byte[] results = new byte[call.count() - first];
    int set = 0;
    int deleted = 0;
    for (int i = first; i < call.count(); i++) {
      int result = NO_SUCH_FIELD;
      if (FieldAccess.findForWrite(call, entry, i)) {
        result = CONDITION_NOT_MET;
        if (condition.isMet(call.values().hashes().found().expireAt(), expireAt)) {
          if (call.isPast(expireAt)) {
            call.values().hashes().remove(entry);
            deleted++;
            result = DELETED;
          } else {
            entry = FieldAccess.expireAt(call, entry, i, expireAt);
            set++;
            result = DONE;
          }
        }
      }
      results[i - first] = (byte) result;
    }
    boolean empty = FieldAccess.end(call, entry);
    if (set + deleted > 0) {
      KeyEvent event = deleted > 0 ? KeyEvent.HDEL : KeyEvent.HEXPIRE;
      call.recordChange(1, event, (long) set + deleted);
      notifyFields(call, event, first, results, deleted > 0 ? DELETED : DONE);
      propagate(call, expireAt, first, results, set, deleted);
    }
    if (empty) {
      call.notifyEvent(1, KeyEvent.DEL);
    }
    ReplyWriter reply = call.reply();
    reply.array(results.length);
    for (byte result : results) {
      reply.integer(result);
    }
  }

  private static void notifyFields(
      Call call, KeyEvent event, int first, byte[] results, int wanted) {
    FieldEvents fields = call.beginFields(1, event);
    for (int i = 0; i < results.length && fields.isOpen(); i++) {
      if (results[i] == wanted) {
        FieldNotices.add(call, fields, first + i);
      }
    }
    fields.end();
  }

  /** Propagates the effect on the fields as absolute times, because clocks differ. */
  private static void propagate(
      Call call, long expireAt, int first, byte[] results, int set, int deleted) {
    if (!call.propagates()) {
      return;
    }
    if (set > 0) {
      fields(FieldEffects.expireAt(call, expireAt, set), first, results, DONE);
    }
    if (deleted > 0) {
      fields(FieldEffects.delete(call, deleted), first, results, DELETED);
    }
  }

  private static void fields(Effect effect, int first, byte[] results, int wanted) {
    for (int i = 0; i < results.length; i++) {
      if (results[i] == wanted) {
        effect.argument(first + i);
      }
    }
  }

  /** The conditions under which a field gets its new time. */
  private enum Condition {
    NONE {
      @Override
      boolean isMet(long current, long next) {
        return true;
      }
    },
    NX {
      @Override
      boolean isMet(long current, long next) {
        return current == FieldElement.NO_EXPIRY;
      }
    },
    XX {
      @Override
      boolean isMet(long current, long next) {
        return current != FieldElement.NO_EXPIRY;
      }
    },
    GT {
      @Override
      boolean isMet(long current, long next) {
        return current != FieldElement.NO_EXPIRY && next > current;
      }
    },
    LT {
      @Override
      boolean isMet(long current, long next) {
        return current == FieldElement.NO_EXPIRY || next < current;
      }
    };

    private static final Condition[] NAMED = {NX, XX, GT, LT};

    abstract boolean isMet(long current, long next);

    /** Returns the condition that an argument names, or none. */
    static Condition named(Call call, int i) {
      for (Condition condition : NAMED) {
        if (call.is(i, condition.name())) {
          return condition;
        }
      }
      return NONE;
    }
  }
}
