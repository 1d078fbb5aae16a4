package io.redoubt.server.command.hash;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.INSERT;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.bytes.LongDouble;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.FieldEvents;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.FieldElement;
import io.redoubt.server.value.hash.HashCursor;
import io.redoubt.server.value.hash.HashField;
import io.redoubt.server.value.hash.Hashes;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The hash group except random fields, scanning and expiry. */
public final class HashCommands extends CommandGroup<Call> {
  private static final byte[] HSET = "HSET".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HPEXPIREAT = "HPEXPIREAT".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FIELDS = "FIELDS".getBytes(StandardCharsets.US_ASCII);

  private static final CommandError NOT_INTEGER =
      new CommandError("ERR hash value is not an integer");
  private static final CommandError NOT_FLOAT = new CommandError("ERR hash value is not a float");
  private static final CommandError NOT_FINITE =
      new CommandError("ERR increment would produce NaN or Infinity");
  private static final CommandError NAN_OR_INFINITY =
      new CommandError("ERR value is NaN or Infinity");

  final Command<Call> hdel =
      command("HDEL key field...")
          .does("Deletes fields of a hash, and the hash with the last one.")
          .since("2.0.0")
          .costs("O(N), N the number of fields")
          .is(WRITE, FAST)
          .keys(RW, DELETE)
          .history("2.4.0", "Accepts multiple `field` arguments.")
          .runs(HashCommands::hdel);

  final Command<Call> hexists =
      command("HEXISTS key field")
          .does("Returns 1 if a field of a hash exists, else 0.")
          .since("2.0.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO)
          .runs(HashCommands::hexists);

  final Command<Call> hget =
      command("HGET key field")
          .does("Returns the value of a field of a hash.")
          .since("2.0.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .runs(HashCommands::hget);

  final Command<Call> hgetall =
      command("HGETALL key")
          .does("Returns all fields of a hash with their values.")
          .since("2.0.0")
          .costs("O(N), N the number of fields")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output_order")
          .runs(HashCommands::hgetall);

  final Command<Call> hincrby =
      command("HINCRBY key field increment")
          .does("Increments the integer value of a field by a number.")
          .since("2.0.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, ACCESS, UPDATE)
          .runs(HashCommands::hincrby);

  final Command<Call> hincrbyfloat =
      command("HINCRBYFLOAT key field increment{double}")
          .does("Increments the floating-point value of a field by a number.")
          .since("2.6.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, ACCESS, UPDATE)
          .runs(HashCommands::hincrbyfloat);

  final Command<Call> hkeys =
      command("HKEYS key")
          .does("Returns all fields of a hash.")
          .since("2.0.0")
          .costs("O(N), N the number of fields")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output_order")
          .runs(HashCommands::hkeys);

  final Command<Call> hlen =
      command("HLEN key")
          .does("Returns the number of fields of a hash.")
          .since("2.0.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO)
          .runs(HashCommands::hlen);

  final Command<Call> hmget =
      command("HMGET key field...")
          .does("Returns the values of several fields of a hash.")
          .since("2.0.0")
          .costs("O(N), N the number of fields")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .runs(HashCommands::hmget);

  final Command<Call> hmset =
      command("HMSET key (field value){data}...")
          .does("Sets the values of several fields of a hash.")
          .since("2.0.0")
          .costs("O(N), N the number of fields")
          .deprecated("4.0.0", "`HSET` with multiple field-value pairs")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, UPDATE)
          .runs(HashCommands::hmset);

  final Command<Call> hset =
      command("HSET key (field value){data}...")
          .does("Sets the values of fields of a hash, creating the hash if needed.")
          .since("2.0.0")
          .costs("O(N), N the number of pairs")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, UPDATE)
          .history("4.0.0", "Accepts multiple `field` and `value` arguments.")
          .runs(call -> call.reply().integer(set(call)));

  final Command<Call> hsetnx =
      command("HSETNX key field value")
          .does("Sets the value of a field of a hash if the field does not exist.")
          .since("2.0.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, INSERT)
          .runs(HashCommands::hsetnx);

  final Command<Call> hstrlen =
      command("HSTRLEN key field")
          .does("Returns the length of the value of a field of a hash.")
          .since("3.2.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO)
          .runs(HashCommands::hstrlen);

  final Command<Call> hvals =
      command("HVALS key")
          .does("Returns the values of all fields of a hash.")
          .since("2.0.0")
          .costs("O(N), N the number of fields")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output_order")
          .runs(HashCommands::hvals);

  public HashCommands() {
    super(Group.HASH);
  }

  // Reading.

  private static boolean find(Call call, long entry, int fieldArg) {
    return entry != Entry.NONE
        && call.values().hashes().find(entry, call.argAddress(fieldArg), call.argLength(fieldArg));
  }

  private static void hget(Call call) {
    long entry = call.read(1, Type.HASH);
    if (find(call, entry, 2)) {
      call.values().hashes().found().writeValue(call.reply());
    } else {
      call.reply().nil();
    }
  }

  private static void hmget(Call call) {
    long entry = call.read(1, Type.HASH);
    ReplyWriter reply = call.reply();
    reply.array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) {
      if (find(call, entry, i)) {
        call.values().hashes().found().writeValue(reply);
      } else {
        reply.nil();
      }
    }
  }

  private static void hexists(Call call) {
    long entry = call.read(1, Type.HASH);
    call.reply().integer(find(call, entry, 2) ? 1 : 0);
  }

  private static void hstrlen(Call call) {
    long entry = call.read(1, Type.HASH);
    boolean exists = find(call, entry, 2);
    call.reply().integer(exists ? call.values().hashes().found().valueLength() : 0);
  }

  private static void hlen(Call call) {
    long entry = call.read(1, Type.HASH);
    call.reply().integer(entry == Entry.NONE ? 0 : call.values().hashes().size(entry));
  }

  private static void hgetall(Call call) {
    long entry = call.read(1, Type.HASH);
    ReplyWriter reply = call.reply();
    reply.map(begin(call, entry));
    if (entry != Entry.NONE) {
      HashCursor cursor = call.values().hashes().cursor();
      HashField field = cursor.field();
      while (cursor.next()) {
        field.writeField(reply);
        field.writeValue(reply);
      }
    }
  }

  private static void hkeys(Call call) {
    long entry = call.read(1, Type.HASH);
    ReplyWriter reply = call.reply();
    reply.array(begin(call, entry));
    HashCursor cursor = call.values().hashes().cursor();
    while (entry != Entry.NONE && cursor.next()) {
      cursor.field().writeField(reply);
    }
  }

  private static void hvals(Call call) {
    long entry = call.read(1, Type.HASH);
    ReplyWriter reply = call.reply();
    reply.array(begin(call, entry));
    HashCursor cursor = call.values().hashes().cursor();
    while (entry != Entry.NONE && cursor.next()) {
      cursor.field().writeValue(reply);
    }
  }

  /** Positions the cursor at the start of a hash; returns the number of fields it will visit. */
  private static int begin(Call call, long entry) {
    if (entry == Entry.NONE) {
      return 0;
    }
    Hashes hashes = call.values().hashes();
    hashes.cursor().start(entry);
    return Math.toIntExact(hashes.size(entry));
  }

  // Changing.

  private static void hmset(Call call) {
    set(call);
    call.reply().ok();
  }

  /** Sets the fields from argument 2 on; returns the number of new fields. */
  private static int set(Call call) {
    int count = call.count();
    if (count % 2 != 0) {
      throw Errors.wrongArity(call.command());
    }
    Hashes hashes = call.values().hashes();
    long entry = call.findForWrite(1, Type.HASH);
    int pairs = (count - 2) / 2;
    if (entry == Entry.NONE) {
      entry = create(call, pairs);
    } else if (pairs > 1) {
      entry = hashes.expect(call.database(), entry, pairs);
    }
    int added = 0;
    for (int i = 2; i < count; i += 2) {
      if (!hashes.findForWrite(call.database(), entry, call.argAddress(i), call.argLength(i))) {
        added++;
      }
      entry = store(call, entry, i, call.argAddress(i + 1), call.argLength(i + 1), false);
    }
    hashes.settle(call.database(), entry);
    call.recordChange(1, KeyEvent.HSET, pairs);
    FieldNotices.notify(call, KeyEvent.HSET, 2, count, 2);
    return added;
  }

  /** Creates a hash at the key of argument 1, in an encoding for the pairs from argument 2 on. */
  private static long create(Call call, int pairs) {
    long bytes = 0;
    for (int i = 2; i < 2 + 2 * pairs; i++) {
      bytes += call.argLength(i);
    }
    return call.values()
        .hashes()
        .create(call.database(), call.argAddress(1), call.argLength(1), pairs, bytes);
  }

  private static boolean findForWrite(Call call, long entry, int fieldArg) {
    return entry != Entry.NONE
        && call.values()
            .hashes()
            .findForWrite(
                call.database(), entry, call.argAddress(fieldArg), call.argLength(fieldArg));
  }

  private static long store(
      Call call, long entry, int fieldArg, long value, int valueLength, boolean keepsExpiry) {
    return call.values()
        .hashes()
        .store(
            call.database(),
            entry,
            call.argAddress(fieldArg),
            call.argLength(fieldArg),
            value,
            valueLength,
            keepsExpiry);
  }

  private static void hsetnx(Call call) {
    long entry = call.findForWrite(1, Type.HASH);
    if (findForWrite(call, entry, 2)) {
      call.reply().integer(0);
      return;
    }
    storeOne(call, entry, call.argAddress(3), call.argLength(3), false);
    call.recordChange(1, KeyEvent.HSET, 1);
    FieldNotices.notify(call, KeyEvent.HSET, 2, 3, 1);
    call.reply().integer(1);
  }

  /** Sets the field of argument 2 after {@link #findForWrite}, creating the hash if needed. */
  private static void storeOne(
      Call call, long entry, long value, int valueLength, boolean keepsExpiry) {
    long hash = entry;
    if (hash == Entry.NONE) {
      hash =
          call.values()
              .hashes()
              .create(
                  call.database(),
                  call.argAddress(1),
                  call.argLength(1),
                  1,
                  (long) call.argLength(2) + valueLength);
      findForWrite(call, hash, 2);
    }
    hash = store(call, hash, 2, value, valueLength, keepsExpiry);
    call.values().hashes().settle(call.database(), hash);
  }

  private static void hincrby(Call call) {
    long by = call.argLong(3);
    long entry = call.findForWrite(1, Type.HASH);
    long value = findForWrite(call, entry, 2) ? integer(call.values().hashes().found()) : 0;
    long sum = value + by;
    if (((value ^ sum) & (by ^ sum)) < 0) {
      throw Errors.OVERFLOW;
    }
    long text = call.keyspace().slabs().allocateFar(Numbers.MAX_LONG_LENGTH);
    int length = Numbers.writeLong(Region.MEMORY, text, sum);
    storeOne(call, entry, text, length, true);
    call.keyspace().slabs().free(text, Numbers.MAX_LONG_LENGTH);
    call.recordChange(1, KeyEvent.HINCRBY, 1);
    FieldNotices.notify(call, KeyEvent.HINCRBY, 2, 3, 1);
    call.reply().integer(sum);
  }

  private static long integer(HashField found) {
    if (found.valueIsInteger()) {
      return found.valueInteger();
    }
    long address = found.valueAddress();
    int length = found.valueLength();
    long value = Numbers.parseLong(Region.MEMORY, address, length, 0);
    if (value == 0 && !Numbers.isLong(Region.MEMORY, address, length)) {
      throw NOT_INTEGER;
    }
    return value;
  }

  private static void hincrbyfloat(Call call) {
    LongDouble by = LongDouble.parse(call.memory(), call.argAddress(3), call.argLength(3));
    if (by == null) {
      throw Errors.NOT_FLOAT;
    }
    if (!by.isFinite()) {
      throw NAN_OR_INFINITY;
    }
    long entry = call.findForWrite(1, Type.HASH);
    boolean exists = findForWrite(call, entry, 2);
    HashField found = call.values().hashes().found();
    long expireAt = exists ? found.expireAt() : FieldElement.NO_EXPIRY;
    LongDouble value = exists ? decimal(found) : LongDouble.of(0);
    if (value == null) {
      throw NOT_FLOAT;
    }
    LongDouble result = value.add(by);
    if (!result.isFinite()) {
      throw NOT_FINITE;
    }
    byte[] sum = result.toBytes();
    long text = call.keyspace().slabs().allocateFar(sum.length);
    Region.put(text, sum);
    storeOne(call, entry, text, sum.length, true);
    call.keyspace().slabs().free(text, sum.length);
    call.recordChange(1, KeyEvent.HINCRBYFLOAT, 1);
    FieldNotices.notify(call, KeyEvent.HINCRBYFLOAT, 2, 3, 1);
    if (call.propagates()) {
      propagateSum(call, sum, expireAt);
    }
    call.reply().bulk(sum);
  }

  /**
   * Propagates the sum, because replicas may round differently, and the expiry again, because HSET
   * removes it.
   */
  private static void propagateSum(Call call, byte[] sum, long expireAt) {
    call.propagateAs(4).word(HSET).argument(1).argument(2).word(sum);
    if (expireAt != FieldElement.NO_EXPIRY) {
      Effect effect = call.propagateAsNewer(6).word(HPEXPIREAT).argument(1).number(expireAt);
      effect.word(FIELDS).number(1).argument(2);
    }
  }

  /** Returns the number in a field, or null if it is not a number. Long values are not copied. */
  private static @Nullable LongDouble decimal(HashField found) {
    if (found.valueLength() >= LongDouble.MAX_TEXT_BYTES) {
      return null;
    }
    byte[] bytes = new byte[found.valueLength()];
    found.copyValue(MemorySegment.ofArray(bytes), 0);
    return LongDouble.parse(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  private static void hdel(Call call) {
    long entry = call.findForWrite(1, Type.HASH);
    if (entry == Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    Hashes hashes = call.values().hashes();
    int deleted = 0;
    boolean empty = false;
    FieldEvents fields = call.beginFields(1, KeyEvent.HDEL);
    for (int i = 2; i < call.count() && !empty; i++) {
      if (findForWrite(call, entry, i)) {
        hashes.remove(entry);
        deleted++;
        FieldNotices.add(call, fields, i);
      }
      empty = hashes.sizeWithDue(entry) == 0;
    }
    if (empty) {
      call.database().remove(entry);
    } else {
      hashes.settle(call.database(), entry);
    }
    if (deleted > 0) {
      call.recordChange(1, KeyEvent.HDEL, deleted);
    }
    fields.end();
    if (empty) {
      call.notifyEvent(1, KeyEvent.DEL);
    }
    call.reply().integer(deleted);
  }
}
