package io.redoubt.server.command.bitmap;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.OW;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.command.common.StoreDestination;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.Bits;
import io.redoubt.server.value.StringValue;
import java.nio.charset.StandardCharsets;

/** The bitmap group except bit fields: strings as arrays of bits. */
public final class BitmapCommands extends CommandGroup<Call> {
  private static final CommandError NO_BIT =
      new CommandError("ERR bit is not an integer or out of range");
  private static final CommandError NEITHER_1_NOR_0 =
      new CommandError("ERR The bit argument must be 1 or 0.");
  private static final byte[] SET = "SET".getBytes(StandardCharsets.US_ASCII);

  final Command<Call> bitcount =
      command("BITCOUNT key [start end [BYTE | BIT]{unit, since 7.0.0}]{range}")
          .does("Counts the set bits in a string or a range of it.")
          .since("2.6.0")
          .costs("O(N), N the length of the range")
          .history("7.0.0", "Added the `BYTE|BIT` option.")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(BitmapCommands::bitcount);

  final Command<Call> bitop =
      command(
              "BITOP (AND | OR | XOR | NOT | DIFF{since 8.2.0} | DIFF1{since 8.2.0}"
                  + " | ANDOR{since 8.2.0} | ONE{since 8.2.0}){operation} destkey key...")
          .does("Performs a bitwise operation on strings and stores the result.")
          .since("2.6.0")
          .costs("O(N), N the length of all strings together")
          .history("8.2.0", "Added the `DIFF`, `DIFF1`, `ANDOR` and `ONE` operations.")
          .is(WRITE, DENYOOM)
          .keys(OW, UPDATE)
          .keys(RO, ACCESS)
          .runs(BitmapCommands::bitop);

  final Command<Call> bitpos =
      command(
              "BITPOS key bit [start [end [BYTE"
                  + " | BIT]{unit, since 7.0.0}]{end-unit-block}]{range}")
          .does("Returns the index of the first set or clear bit in a string.")
          .since("2.8.7")
          .costs("O(N), N the length of the range")
          .history("7.0.0", "Added the `BYTE|BIT` option.")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(BitmapCommands::bitpos);

  final Command<Call> getbit =
      command("GETBIT key offset")
          .does("Returns a bit of a string.")
          .since("2.2.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .runs(BitmapCommands::getbit);

  final Command<Call> setbit =
      command("SETBIT key offset value{integer}")
          .does("Sets or clears a bit of a string, extending the string if needed.")
          .since("2.2.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM)
          .keys(RW, ACCESS, UPDATE)
          .runs(BitmapCommands::setbit);

  public BitmapCommands() {
    super(Group.BITMAP);
  }

  private static void setbit(Call call) {
    long offset = BitOffset.of(call, 2);
    long bit = Numbers.parseLong(Region.MEMORY, call.argAddress(3), call.argLength(3), -1);
    if ((bit & ~1) != 0) {
      throw NO_BIT;
    }
    long entry = call.writeString(1);
    int before = entry == Entry.NONE ? 0 : StringValue.length(entry);
    int length = Math.max(before, (int) (offset >>> 3) + 1);
    int at = (int) (offset >>> 3);
    entry = openForWrite(call, entry, length, at, at + 1);
    int old = Bits.put(StringValue.bytesAddress(entry), offset, (int) bit);
    if (length > before || old != bit) {
      call.recordChange(1, KeyEvent.SETBIT, 1);
    }
    call.reply().integer(old);
  }

  /**
   * Returns the first key's string, extended to the length, for changes in place within a range.
   */
  static long openForWrite(Call call, long entry, int length, int from, int to) {
    call.requireRoom(StringValue.growthBytes(call.database(), entry, length));
    long opened = entry;
    if (opened == Entry.NONE) {
      long key = call.argAddress(1);
      opened = call.database().putText(key, call.argLength(1), key, 0, Entry.NO_EXPIRY);
    }
    return StringValue.edit(call.database(), opened, length, from, to);
  }

  private static void getbit(Call call) {
    long offset = BitOffset.of(call, 2);
    long entry = call.readString(1);
    if (entry == Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    long bytes = StringValue.openBytes(call.database(), entry);
    call.reply().integer(Bits.get(bytes, StringValue.length(entry), offset));
    StringValue.closeBytes(call.database(), entry, bytes);
  }

  private static void bitcount(Call call) {
    long entry = call.readString(1);
    if (entry == Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    long units = StringValue.length(entry);
    int unitBits = Byte.SIZE;
    long start = 0;
    long end = units - 1;
    if (call.count() == 4 || call.count() == 5) {
      start = call.argLong(2);
      end = call.argLong(3);
      if (start < 0 && end < 0 && start > end) {
        call.reply().integer(0);
        return;
      }
      if (call.count() == 5) {
        unitBits = unitBits(call, 4);
        units *= Byte.SIZE / unitBits;
      }
      start = fromStart(start, units);
      end = Math.min(fromStart(end, units), units - 1);
    } else if (call.count() != 2) {
      throw Errors.SYNTAX;
    }
    if (start > end) {
      call.reply().integer(0);
      return;
    }
    long bytes = StringValue.openBytes(call.database(), entry);
    call.reply().integer(Bits.count(bytes, start * unitBits, (end + 1) * unitBits - 1));
    StringValue.closeBytes(call.database(), entry, bytes);
  }

  private static void bitpos(Call call) {
    long bit = call.argLong(2);
    if ((bit & ~1) != 0) {
      throw NEITHER_1_NOR_0;
    }
    long entry = call.readString(1);
    if (entry == Entry.NONE) {
      call.reply().integer(bit == 1 ? -1 : 0);
      return;
    }
    if (call.count() > 6) {
      throw Errors.SYNTAX;
    }
    long start = call.count() > 3 ? call.argLong(3) : 0;
    int unitBits = call.count() > 5 ? unitBits(call, 5) : Byte.SIZE;
    boolean endGiven = call.count() > 4;
    int length = StringValue.length(entry);
    long units = (long) length * Byte.SIZE / unitBits;
    long end = endGiven ? call.argLong(4) : units - 1;
    start = fromStart(start, units);
    end = Math.min(fromStart(end, units), units - 1);
    if (start > end) {
      call.reply().integer(-1);
      return;
    }
    long bytes = StringValue.openBytes(call.database(), entry);
    long found = Bits.indexOf(bytes, (int) bit, start * unitBits, (end + 1) * unitBits - 1);
    StringValue.closeBytes(call.database(), entry, bytes);
    if (found < 0 && bit == 0 && !endGiven) {
      found = (long) length * Byte.SIZE; // zeros are taken to follow the string
    }
    call.reply().integer(found);
  }

  private static int unitBits(Call call, int i) {
    if (call.is(i, "BIT")) {
      return 1;
    }
    if (call.is(i, "BYTE")) {
      return Byte.SIZE;
    }
    throw Errors.SYNTAX;
  }

  /** Converts an index that may count from the end, if negative, to one from the start. */
  private static long fromStart(long index, long units) {
    return Math.max(index < 0 ? index + units : index, 0);
  }

  private static void bitop(Call call) {
    BitOperation operation = BitOperation.named(call, 1);
    if (operation == null) {
      throw Errors.SYNTAX;
    }
    long[] sources = new long[call.count() - 3];
    operation.require(sources.length);
    int length = 0;
    for (int i = 0; i < sources.length; i++) {
      sources[i] = call.readString(i + 3);
      if (sources[i] != Entry.NONE) {
        length = Math.max(length, StringValue.length(sources[i]));
      }
    }
    if (length == 0) {
      deleteTarget(call, operation);
    } else {
      storeResult(call, operation, sources, length);
    }
    call.reply().integer(length);
  }

  private static void deleteTarget(Call call, BitOperation operation) {
    if (StoreDestination.remove(call, 2) && operation.isNewer()) {
      call.propagateRemoval(2, false);
    }
  }

  private static void storeResult(Call call, BitOperation operation, long[] sources, int length) {
    int copies = operation.buffers() + (operation.isNewer() && call.propagates() ? 1 : 0);
    call.requireRoom(copies * (long) length);
    // The result is built separately because the destination may be a source.
    Slabs slabs = call.keyspace().slabs();
    long result = slabs.allocateFar(length);
    boolean kept = false;
    try {
      operation.combine(call.database(), sources, result, length);
      Database database = call.database();
      long key = call.argAddress(2);
      int keyLength = call.argLength(2);
      if (length > Encoding.MAX_INLINE_LENGTH) {
        database.putBlock(key, keyLength, result, length, result, length, Entry.NO_EXPIRY);
        kept = true;
      } else {
        long entry = database.putText(key, keyLength, result, length, Entry.NO_EXPIRY);
        StringValue.edit(database, entry, length, 0, 0); // OBJECT ENCODING: raw
      }
      call.recordChange(2, KeyEvent.SET, 1);
      if (operation.isNewer() && call.propagates()) {
        // Servers before 8.2 do not know the operation.
        call.propagateAs(3).word(SET).argument(2).bytes(result, length);
      }
    } finally {
      if (!kept) {
        slabs.free(result, length);
      }
    }
  }
}
