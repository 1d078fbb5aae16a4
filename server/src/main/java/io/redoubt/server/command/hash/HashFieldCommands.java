package io.redoubt.server.command.hash;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.FieldEvents;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.structure.FieldElement;
import io.redoubt.server.value.hash.Hashes;

/**
 * Commands of Redis 8.0 that read or set fields and delete them or change their expiry at once. A
 * time in the past deletes the fields. {@code hash-field-expiry no} refuses the options on expiry
 * that have an effect: times and PERSIST.
 */
public final class HashFieldCommands extends CommandGroup<Call> {
  private static final String TIMES =
      "EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds";

  final Command<Call> hgetdel =
      command("HGETDEL key (FIELDS numfields field...){fields}")
          .does("Returns the values of fields of a hash and deletes the fields.")
          .since("8.0.0")
          .costs("O(N), N the number of fields given")
          .is(WRITE, FAST)
          .keys(RW, ACCESS, DELETE)
          .runs(HashFieldCommands::hgetdel);

  final Command<Call> hgetex =
      command(
              "HGETEX key ["
                  + TIMES
                  + " | PERSIST]{expiration} (FIELDS numfields field...){fields}")
          .does("Returns the values of fields of a hash and sets or removes their expiry.")
          .since("8.0.0")
          .costs("O(N), N the number of fields given")
          .is(WRITE, FAST)
          .keys(RW, ACCESS, UPDATE)
          .keyNote("RW and UPDATE because it changes the TTL")
          .runs(this::hgetex);

  final Command<Call> hsetex =
      command(
              "HSETEX key [NX | XX]{key-condition, since 9.1.0} [FNX | FXX]{condition} ["
                  + TIMES
                  + " | KEEPTTL]{expiration} (FIELDS numfields (field value){data}...){fields}")
          .does("Sets the values of fields of a hash and their expiry.")
          .since("8.0.0")
          .costs("O(N), N the number of fields given")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, UPDATE)
          .runs(this::hsetex);

  private final FieldOptions getOptions = new FieldOptions("PERSIST", false);
  private final FieldOptions setOptions = new FieldOptions("KEEPTTL", true);

  public HashFieldCommands() {
    super(Group.HASH);
  }

  // Reading.

  private static void hgetdel(Call call) {
    int first = HashExpiryCommands.firstField(call, 2, HashExpiryCommands.FEW_FIELDS);
    call.read(1, Type.HASH);
    call.reply().array(call.count() - first);
    getAndDelete(call, first, call.count() - first);
  }

  private void hgetex(Call call) {
    getOptions.parse(call);
    boolean hasTime = getOptions.hasTime();
    long expireAt = hasTime ? getOptions.time(call) : FieldElement.NO_EXPIRY;
    if (hasTime || getOptions.keeps()) {
      call.requireFieldExpiry();
    }
    long entry = call.read(1, Type.HASH);
    call.reply().array(getOptions.count());
    if (hasTime && call.isPast(expireAt)) {
      getAndDelete(call, getOptions.first(), getOptions.count());
    } else if (hasTime || getOptions.keeps()) {
      getAndExpire(call, expireAt);
    } else {
      for (int i = getOptions.first(); i < getOptions.end(); i++) {
        reply(call, FieldAccess.find(call, entry, i));
      }
    }
  }

  private static void reply(Call call, boolean found) {
    ReplyWriter reply = call.reply();
    if (found) {
      call.values().hashes().found().writeValue(reply);
    } else {
      reply.nil();
    }
  }

  /** Replies with the fields in some arguments and deletes them. */
  private static void getAndDelete(Call call, int first, int fields) {
    long entry = call.findForWrite(1, Type.HASH);
    int deleted = 0;
    FieldEvents events = call.beginFields(1, KeyEvent.HDEL);
    for (int i = first; i < first + fields; i++) {
      boolean found = FieldAccess.findForWrite(call, entry, i);
      reply(call, found);
      if (found) {
        call.values().hashes().remove(entry);
        deleted++;
        FieldNotices.add(call, events, i);
      }
    }
    boolean empty = FieldAccess.end(call, entry);
    if (deleted > 0) {
      call.recordChange(1, KeyEvent.HDEL, deleted);
      if (call.propagates()) {
        Effect effect = FieldEffects.delete(call, fields);
        for (int i = first; i < first + fields; i++) {
          effect.argument(i);
        }
      }
    }
    events.end();
    if (empty) {
      call.notifyEvent(1, KeyEvent.DEL);
    }
  }

  /** Replies with the fields and sets their expiry, or removes it. */
  private void getAndExpire(Call call, long expireAt) {
    boolean expires = expireAt != FieldElement.NO_EXPIRY;
    long entry = call.findForWrite(1, Type.HASH);
    int changed = 0;
    int found = 0;
    FieldEvents events = call.beginFields(1, expires ? KeyEvent.HEXPIRE : KeyEvent.HPERSIST);
    for (int i = getOptions.first(); i < getOptions.end(); i++) {
      boolean isFound = FieldAccess.findForWrite(call, entry, i);
      reply(call, isFound);
      if (isFound) {
        found++;
        boolean expired = call.values().hashes().found().expireAt() != FieldElement.NO_EXPIRY;
        if (expires || expired) {
          entry = FieldAccess.expireAt(call, entry, i, expireAt);
          changed++;
          FieldNotices.add(call, events, i);
        }
      }
    }
    boolean empty = FieldAccess.end(call, entry);
    if (changed > 0) {
      call.recordChange(1, expires ? KeyEvent.HEXPIRE : KeyEvent.HPERSIST, changed);
      if (!expires) {
        FieldEffects.persist(call, getOptions.first(), getOptions.count());
      } else if (call.propagates()) {
        propagateFound(call, expireAt, found);
      }
    }
    events.end();
    if (empty) {
      call.notifyEvent(1, KeyEvent.DEL);
    }
  }

  private void propagateFound(Call call, long expireAt, int found) {
    Effect effect = FieldEffects.expireAt(call, expireAt, found);
    long entry = call.findAgain(1);
    for (int i = getOptions.first(); i < getOptions.end(); i++) {
      if (FieldAccess.find(call, entry, i)) {
        effect.argument(i);
      }
    }
  }

  // Setting.

  private void hsetex(Call call) {
    setOptions.parse(call);
    boolean hasTime = setOptions.hasTime();
    long expireAt = hasTime ? setOptions.time(call) : FieldElement.NO_EXPIRY;
    if (hasTime) {
      call.requireFieldExpiry();
    }
    long entry = call.findForWrite(1, Type.HASH);
    if (!isMet(call, entry)) {
      call.reply().integer(0);
      return;
    }
    if (hasTime && call.isPast(expireAt)) {
      setPast(call, entry);
    } else {
      set(call, entry, expireAt);
    }
    call.reply().integer(1);
  }

  private boolean isMet(Call call, long entry) {
    if (!setOptions.keyCondition().isMet(entry != Entry.NONE)) {
      return false;
    }
    FieldOptions.Condition condition = setOptions.fieldCondition();
    if (condition == FieldOptions.Condition.NONE) {
      return true;
    }
    for (int i = setOptions.first(); i < setOptions.end(); i += 2) {
      if (!condition.isMet(FieldAccess.find(call, entry, i))) {
        return false;
      }
    }
    return true;
  }

  /** Deletes the fields, with the events of fields that are set and expire at once. */
  private void setPast(Call call, long entry) {
    for (int i = setOptions.first(); i < setOptions.end(); i += 2) {
      if (FieldAccess.findForWrite(call, entry, i)) {
        call.values().hashes().remove(entry);
      }
    }
    boolean empty = FieldAccess.end(call, entry) || entry == Entry.NONE;
    call.recordChange(1, KeyEvent.HSET, setOptions.count());
    notifyFields(call, KeyEvent.HSET);
    call.notifyEvent(1, KeyEvent.HDEL);
    notifyFields(call, KeyEvent.HDEL);
    if (empty) {
      call.notifyEvent(1, KeyEvent.DEL);
    }
    if (entry == Entry.NONE) {
      call.propagateNothing();
    } else if (call.propagates()) {
      Effect effect = FieldEffects.delete(call, setOptions.count());
      for (int i = setOptions.first(); i < setOptions.end(); i += 2) {
        effect.argument(i);
      }
    }
  }

  private void set(Call call, long found, long expireAt) {
    Hashes hashes = call.values().hashes();
    int first = setOptions.first();
    int pairs = setOptions.count();
    long entry = found;
    if (entry == Entry.NONE) {
      long bytes = 0;
      for (int i = first; i < setOptions.end(); i++) {
        bytes += call.argLength(i);
      }
      entry = hashes.create(call.database(), call.argAddress(1), call.argLength(1), pairs, bytes);
    } else if (pairs > 1) {
      entry = hashes.expect(call.database(), entry, pairs);
    }
    for (int i = first; i < setOptions.end(); i += 2) {
      FieldAccess.findForWrite(call, entry, i);
      entry =
          hashes.store(
              call.database(),
              entry,
              call.argAddress(i),
              call.argLength(i),
              call.argAddress(i + 1),
              call.argLength(i + 1),
              setOptions.keeps() || setOptions.hasTime()); // a time replaces it at once
      if (expireAt != FieldElement.NO_EXPIRY) {
        entry = FieldAccess.expireAt(call, entry, i, expireAt);
      }
    }
    hashes.settle(call.database(), entry);
    call.recordChange(1, KeyEvent.HSET, pairs);
    notifyFields(call, KeyEvent.HSET);
    if (expireAt != FieldElement.NO_EXPIRY) {
      call.notifyEvent(1, KeyEvent.HEXPIRE);
      notifyFields(call, KeyEvent.HEXPIRE);
    }
    if (call.propagates()) {
      propagateSet(call, expireAt);
    }
  }

  private void notifyFields(Call call, KeyEvent event) {
    FieldNotices.notify(call, event, setOptions.first(), setOptions.end(), 2);
  }

  /** Propagates the values, and then the expiries, which an HSET removes. */
  private void propagateSet(Call call, long expireAt) {
    Effect values = FieldEffects.set(call, setOptions.count());
    for (int i = setOptions.first(); i < setOptions.end(); i++) {
      values.argument(i);
    }
    if (expireAt != FieldElement.NO_EXPIRY) {
      Effect expiry = FieldEffects.expireAt(call, expireAt, setOptions.count());
      for (int i = setOptions.first(); i < setOptions.end(); i += 2) {
        expiry.argument(i);
      }
    } else if (setOptions.keeps()) {
      propagateKept(call);
    }
  }

  private void propagateKept(Call call) {
    long entry = call.findAgain(1);
    for (int i = setOptions.first(); i < setOptions.end(); i += 2) {
      if (FieldAccess.find(call, entry, i)) {
        long kept = call.values().hashes().found().expireAt();
        if (kept != FieldElement.NO_EXPIRY) {
          FieldEffects.expireAt(call, kept, 1).argument(i);
        }
      }
    }
  }
}
