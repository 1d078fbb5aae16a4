package io.redoubt.server.command.string;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.INSERT;
import static io.redoubt.protocol.command.KeyFlag.OW;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.command.common.ExpireUnit;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.value.StringValue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The string group except SET, conditional deletion and counters. */
public final class StringCommands extends CommandGroup<Call> {
  private static final byte[] SET = word("SET");
  private static final byte[] PEXPIREAT = word("PEXPIREAT");
  private static final byte[] PERSIST = word("PERSIST");

  private static final CommandError OFFSET_RANGE = new CommandError("ERR offset is out of range");
  private static final CommandError TOO_LARGE =
      new CommandError("ERR string exceeds maximum allowed size (proto-max-bulk-len)");

  final Command<Call> append =
      command("APPEND key value")
          .does("Appends a string to the value of a key, creating the key if needed.")
          .since("2.0.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, INSERT)
          .runs(StringCommands::append);

  final Command<Call> get =
      command("GET key")
          .does("Returns the string value of a key.")
          .since("1.0.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .runs(StringCommands::get);

  final Command<Call> getdel =
      command("GETDEL key")
          .does("Returns the string value of a key and deletes the key.")
          .since("6.2.0")
          .costs("O(1)")
          .is(WRITE, FAST)
          .keys(RW, ACCESS, DELETE)
          .runs(StringCommands::getdel);

  final Command<Call> getex =
      command(
              "GETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds"
                  + " | PXAT unix-time-milliseconds | PERSIST]{expiration}")
          .does("Returns the string value of a key and sets or removes its expiration.")
          .since("6.2.0")
          .costs("O(1)")
          .is(WRITE, FAST)
          .keys(RW, ACCESS, UPDATE)
          .keyNote("RW and UPDATE because it changes the TTL")
          .runs(StringCommands::getex);

  final Command<Call> getrange =
      command("GETRANGE key start end")
          .does("Returns a substring of the string value of a key.")
          .since("2.4.0")
          .costs("O(N), N the length of the reply")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(StringCommands::getrange);

  final Command<Call> getset =
      command("GETSET key value")
          .does("Sets the string value of a key and returns the old one.")
          .since("1.0.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, ACCESS, UPDATE)
          .deprecated("6.2.0", "`SET` with the `!GET` argument")
          .runs(StringCommands::getset);

  final Command<Call> mget =
      command("MGET key...")
          .does("Returns the string values of several keys.")
          .since("1.0.0")
          .costs("O(N), N the number of keys")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .tips("request_policy:multi_shard")
          .runs(StringCommands::mget);

  final Command<Call> mset =
      command("MSET (key value){data}...")
          .does("Sets the string values of several keys at once.")
          .since("1.0.1")
          .costs("O(N), N the number of keys")
          .is(WRITE, DENYOOM)
          .keys(OW, UPDATE)
          .tips("request_policy:multi_shard", "response_policy:all_succeeded")
          .runs(StringCommands::mset);

  final Command<Call> msetnx =
      command("MSETNX (key value){data}...")
          .does("Sets the string values of several keys if none of them exists.")
          .since("1.0.1")
          .costs("O(N), N the number of keys")
          .is(WRITE, DENYOOM)
          .keys(OW, INSERT)
          .runs(StringCommands::msetnx);

  final Command<Call> psetex =
      command("PSETEX key milliseconds value")
          .does("Sets the string value of a key and its time to live in milliseconds.")
          .since("2.6.0")
          .costs("O(1)")
          .deprecated("2.6.12", "`SET` with the `PX` argument")
          .is(WRITE, DENYOOM)
          .keys(OW, UPDATE)
          .runs(call -> setWithExpiry(call, ExpireUnit.PX));

  final Command<Call> setex =
      command("SETEX key seconds value")
          .does("Sets the string value of a key and its time to live in seconds.")
          .since("2.0.0")
          .costs("O(1)")
          .deprecated("2.6.12", "`SET` with the `EX` argument")
          .is(WRITE, DENYOOM)
          .keys(OW, UPDATE)
          .runs(call -> setWithExpiry(call, ExpireUnit.EX));

  final Command<Call> setnx =
      command("SETNX key value")
          .does("Sets the string value of a key if the key does not exist.")
          .since("1.0.0")
          .costs("O(1)")
          .deprecated("2.6.12", "`SET` with the `NX` argument")
          .is(WRITE, DENYOOM, FAST)
          .keys(OW, INSERT)
          .runs(StringCommands::setnx);

  final Command<Call> setrange =
      command("SETRANGE key offset value")
          .does("Overwrites a part of a string value from an offset on, padding with zeros.")
          .since("2.2.0")
          .costs("O(N), N the length of the value given")
          .is(WRITE, DENYOOM)
          .keys(RW, UPDATE)
          .runs(StringCommands::setrange);

  final Command<Call> strlen =
      command("STRLEN key")
          .does("Returns the length of the string value of a key.")
          .since("2.2.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO)
          .runs(StringCommands::strlen);

  final Command<Call> digest =
      command("DIGEST key")
          .does("Returns the XXH3 hash of the string value of a key, in hexadecimal.")
          .since("8.4.0")
          .costs("O(N), N the length of the string")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .runs(StringCommands::digest);

  final Command<Call> substr =
      command("SUBSTR key start end")
          .does("Returns a substring of the string value of a key.")
          .since("1.0.0")
          .costs("O(N), N the length of the reply")
          .deprecated("2.0.0", "`GETRANGE`")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(StringCommands::getrange);

  public StringCommands() {
    super(Group.STRING);
  }

  private static void get(Call call) {
    long entry = call.readString(1);
    if (entry == Entry.NONE) {
      call.reply().nil();
    } else {
      StringValue.writeTo(entry, call.reply());
    }
  }

  private static void mget(Call call) {
    ReplyWriter reply = call.reply();
    reply.array(call.count() - 1);
    for (int i = 1; i < call.count(); i++) {
      long entry = call.read(i);
      if (entry != Entry.NONE && call.isString(entry)) {
        StringValue.writeTo(entry, reply);
      } else {
        reply.nil();
      }
    }
  }

  private static void strlen(Call call) {
    long entry = call.readString(1);
    call.reply().integer(entry == Entry.NONE ? 0 : StringValue.length(entry));
  }

  private static void digest(Call call) {
    long entry = call.readString(1);
    if (entry == Entry.NONE) {
      call.reply().nil();
    } else {
      call.reply().bulk(Digest.format(StringValue.digest(entry)));
    }
  }

  private static void getrange(Call call) {
    long start = call.argLong(2);
    long end = call.argLong(3);
    long entry = call.readString(1);
    long length = entry == Entry.NONE ? 0 : StringValue.length(entry);
    if (start < 0 && end < 0 && start > end) {
      call.reply().bulk("");
      return;
    }
    start = Math.max(start < 0 ? length + start : start, 0);
    end = Math.min(Math.max(end < 0 ? length + end : end, 0), length - 1);
    if (start > end || length == 0) {
      call.reply().bulk("");
    } else {
      replyRange(call, entry, start, (int) (end - start + 1));
    }
  }

  private static void replyRange(Call call, long entry, long start, int length) {
    if (StringValue.isInteger(entry)) {
      byte[] digits = StringValue.toByteArray(entry);
      call.reply().bulk(Arrays.copyOfRange(digits, (int) start, (int) start + length));
    } else {
      StringValue.writeRange(entry, start, length, call.reply());
    }
  }

  private static void setWithExpiry(Call call, ExpireUnit unit) {
    long expireAt = unit.positiveTime(call, 2);
    call.findForWrite(1);
    SetCommand.put(call, 3, expireAt);
    call.recordChange(1, KeyEvent.SET, 1);
    call.notifyEvent(1, KeyEvent.EXPIRE);
    SetCommand.propagateWithExpiry(call, 3, expireAt);
    call.reply().ok();
  }

  private static void setnx(Call call) {
    if (call.findForWrite(1) != Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    SetCommand.put(call, 2, Entry.NO_EXPIRY);
    call.recordChange(1, KeyEvent.SET, 1);
    call.reply().integer(1);
  }

  private static void getset(Call call) {
    SetCommand.replyString(call, call.readString(1));
    SetCommand.put(call, 2, Entry.NO_EXPIRY);
    call.recordChange(1, KeyEvent.SET, 1);
    if (call.propagates()) {
      call.propagateAs(3).word(SET).argument(1).argument(2);
    }
  }

  private static void getdel(Call call) {
    long entry = call.readString(1);
    SetCommand.replyString(call, entry);
    if (entry != Entry.NONE) {
      call.database().delete(call.argAddress(1), call.argLength(1));
      call.recordChange(1, KeyEvent.DEL, 1);
      call.propagateRemoval(1, false);
    }
  }

  private static void getex(Call call) {
    ExpireUnit unit = null;
    int timeArg = 0;
    boolean persist = false;
    for (int i = 2; i < call.count(); i++) {
      ExpireUnit named;
      if (call.is(i, "PERSIST") && unit == null) {
        persist = true;
      } else if (!persist
          && unit == null
          && i + 1 < call.count()
          && (named = ExpireUnit.named(call, i)) != null) {
        unit = named;
        timeArg = ++i;
      } else {
        throw Errors.SYNTAX;
      }
    }
    long entry = call.readString(1);
    if (entry == Entry.NONE) {
      call.reply().nil();
      return;
    }
    if (unit != null) {
      long expireAt = unit.positiveTime(call, timeArg);
      StringValue.writeTo(entry, call.reply());
      if (unit.isAbsolute() && call.isPast(expireAt)) {
        call.database().delete(call.argAddress(1), call.argLength(1));
        call.recordChange(1, KeyEvent.DEL, 1);
        call.propagateRemoval(1, call.settings().memory.lazyfreeLazyExpire.value());
      } else {
        call.database().setExpiry(entry, expireAt);
        call.recordChange(1, KeyEvent.EXPIRE, 1);
        if (call.propagates()) {
          call.propagateAs(3).word(PEXPIREAT).argument(1).number(expireAt);
        }
      }
      return;
    }
    StringValue.writeTo(entry, call.reply());
    if (persist && Entry.expireAt(entry) != Entry.NO_EXPIRY) {
      call.database().persist(entry);
      call.recordChange(1, KeyEvent.PERSIST, 1);
      if (call.propagates()) {
        call.propagateAs(2).word(PERSIST).argument(1);
      }
    }
  }

  private static void mset(Call call) {
    requirePairs(call);
    for (int i = 1; i < call.count(); i += 2) {
      call.touchOverwritten(i);
      setPair(call, i);
    }
    call.reply().ok();
  }

  private static void msetnx(Call call) {
    requirePairs(call);
    for (int i = 1; i < call.count(); i += 2) {
      if (call.findForWrite(i) != Entry.NONE) {
        call.reply().integer(0);
        return;
      }
    }
    for (int i = 1; i < call.count(); i += 2) {
      setPair(call, i);
    }
    call.reply().integer(1);
  }

  private static void requirePairs(Call call) {
    if (call.count() % 2 == 0) {
      throw Errors.wrongArity(call.command());
    }
  }

  private static void setPair(Call call, int i) {
    call.database()
        .putString(
            call.argAddress(i),
            call.argLength(i),
            call.argAddress(i + 1),
            call.argLength(i + 1),
            Entry.NO_EXPIRY);
    call.recordChange(i, KeyEvent.SET, 1);
  }

  private static void append(Call call) {
    long entry = call.writeString(1);
    if (entry == Entry.NONE) {
      entry = SetCommand.put(call, 2, Entry.NO_EXPIRY);
    } else {
      requireGrowth(call, entry, StringValue.length(entry) + (long) call.argLength(2));
      entry = StringValue.append(call.database(), entry, call.argAddress(2), call.argLength(2));
    }
    call.recordChange(1, KeyEvent.APPEND, 1);
    call.reply().integer(StringValue.length(entry));
  }

  private static void setrange(Call call) {
    long offset = call.argLong(2);
    if (offset < 0) {
      throw OFFSET_RANGE;
    }
    long entry = call.writeString(1);
    int length = call.argLength(3);
    if (length == 0) {
      call.reply().integer(entry == Entry.NONE ? 0 : StringValue.length(entry));
      return;
    }
    requireGrowth(call, entry, offset > Long.MAX_VALUE - length ? Long.MAX_VALUE : offset + length);
    if (entry == Entry.NONE) {
      entry =
          call.database()
              .putString(
                  call.argAddress(1), call.argLength(1), call.argAddress(3), 0, Entry.NO_EXPIRY);
    }
    entry = StringValue.setRange(call.database(), entry, (int) offset, call.argAddress(3), length);
    call.recordChange(1, KeyEvent.SETRANGE, 1);
    call.reply().integer(StringValue.length(entry));
  }

  private static void requireGrowth(Call call, long entry, long length) {
    requireSize(call, length);
    call.requireRoom(StringValue.growthBytes(call.database(), entry, (int) length));
  }

  private static void requireSize(Call call, long bytes) {
    if (bytes > call.settings().common.protoMaxBulkLen.value()) {
      throw TOO_LARGE;
    }
  }

  private static byte[] word(String word) {
    return word.getBytes(StandardCharsets.US_ASCII);
  }
}
