package io.redoubt.server.command.bitmap;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;
import static io.redoubt.protocol.command.KeyFlag.VARIABLE_FLAGS;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.KeyVisitor;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.command.bitmap.BitField.Operation;
import io.redoubt.server.command.bitmap.BitField.Overflow;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.value.StringValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** BITFIELD and BITFIELD_RO: integers of any width at any bit offset of a string. */
public final class BitfieldCommands extends CommandGroup<Call> {
  private static final CommandError NO_OVERFLOW =
      new CommandError("ERR Invalid OVERFLOW type specified");
  private static final Operation[] OPERATIONS = Operation.values();
  private static final Overflow[] OVERFLOWS = Overflow.values();
  private static final CommandError ONLY_GET =
      new CommandError("ERR BITFIELD_RO only supports the GET subcommand");

  final Command<Call> bitfield =
      command(
              "BITFIELD key [(GET encoding offset){get-block} | ([OVERFLOW (WRAP | SAT"
                  + " | FAIL)]{overflow-block} ((SET encoding offset value{integer}){set-block} |"
                  + " (INCRBY encoding offset"
                  + " increment){incrby-block}){write-operation}){write}]{operation}...")
          .does("Reads, writes and increments integers of any width at any bit offset of a string.")
          .since("3.2.0")
          .costs("O(1) for each operation")
          .is(WRITE, DENYOOM)
          .keys(RW, ACCESS, UPDATE, VARIABLE_FLAGS)
          .keys(BitfieldCommands::findKey)
          .keyNote("This command allows both access and modification of the key")
          .runs(BitfieldCommands::bitfield);

  final Command<Call> bitfieldRo =
      command("BITFIELD_RO key [GET encoding offset]{get-block}...")
          .does("Reads integers of any width at any bit offset of a string.")
          .since("6.0.0")
          .costs("O(1) for each operation")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .runs(BitfieldCommands::bitfieldRo);

  public BitfieldCommands() {
    super(Group.BITMAP);
  }

  /** Requires only read permission if all operations are GET. */
  private static boolean findKey(Request request, KeyVisitor keys) {
    boolean readOnly = true;
    for (int i = 2; i < request.count(); i += 3) {
      readOnly &= request.is(i, Operation.GET.name());
    }
    keys.key(1, readOnly ? RO.bit() | ACCESS.bit() : RW.bit() | ACCESS.bit() | UPDATE.bit());
    return true;
  }

  private static void bitfield(Call call) {
    List<BitField> fields = fields(call);
    if (isReadOnly(fields)) {
      read(call, fields);
    } else {
      write(call, fields);
    }
  }

  private static void bitfieldRo(Call call) {
    List<BitField> fields = fields(call);
    if (!isReadOnly(fields)) {
      throw ONLY_GET;
    }
    read(call, fields);
  }

  private static boolean isReadOnly(List<BitField> fields) {
    for (BitField field : fields) {
      if (field.operation() != Operation.GET) {
        return false;
      }
    }
    return true;
  }

  private static List<BitField> fields(Call call) {
    var fields = new ArrayList<BitField>();
    Overflow overflow = Overflow.WRAP;
    for (int i = 2; i < call.count(); i++) {
      int left = call.count() - i - 1;
      Operation operation = operation(call, i);
      int words = operation == null ? 1 : operation == Operation.GET ? 2 : 3;
      if (left < words) {
        throw Errors.SYNTAX;
      }
      if (operation != null) {
        fields.add(BitField.of(call, operation, overflow, i));
      } else if (call.is(i, "OVERFLOW")) {
        overflow = overflow(call, i + 1);
      } else {
        throw Errors.SYNTAX;
      }
      i += words;
    }
    return fields;
  }

  private static @Nullable Operation operation(Call call, int i) {
    for (Operation each : OPERATIONS) {
      if (call.is(i, each.name())) {
        return each;
      }
    }
    return null;
  }

  private static Overflow overflow(Call call, int i) {
    for (Overflow each : OVERFLOWS) {
      if (call.is(i, each.name())) {
        return each;
      }
    }
    throw NO_OVERFLOW;
  }

  private static void read(Call call, List<BitField> fields) {
    long entry = call.readString(1);
    ReplyWriter reply = call.reply();
    reply.array(fields.size());
    if (entry == Entry.NONE) {
      fields.forEach(_ -> reply.integer(0));
      return;
    }
    int length = StringValue.length(entry);
    long bytes = StringValue.openBytes(call.database(), entry);
    for (BitField field : fields) {
      reply.integer(field.read(bytes, length));
    }
    StringValue.closeBytes(call.database(), entry, bytes);
  }

  private static void write(Call call, List<BitField> fields) {
    long entry = call.writeString(1);
    int before = entry == Entry.NONE ? 0 : StringValue.length(entry);
    int from = Integer.MAX_VALUE;
    int to = 0;
    for (BitField field : fields) {
      if (field.operation() != Operation.GET) {
        from = Math.min(from, field.startByte());
        to = Math.max(to, field.endBytes());
      }
    }
    int length = Math.max(before, to);
    long bytes =
        StringValue.bytesAddress(BitmapCommands.openForWrite(call, entry, length, from, to));
    ReplyWriter reply = call.reply();
    reply.array(fields.size());
    long changes = 0;
    for (BitField field : fields) {
      long old = field.read(bytes, length);
      if (field.operation() == Operation.GET) {
        reply.integer(old);
      } else if (field.overflow() == Overflow.FAIL && field.overflows(old)) {
        reply.nil();
      } else {
        long result = field.result(old);
        field.write(bytes, result);
        reply.integer(field.operation() == Operation.SET ? old : result);
        if (length > before || result != old) {
          changes++;
        }
      }
    }
    if (changes > 0) {
      call.recordChange(1, KeyEvent.SETBIT, changes);
    } else if (length > before) {
      call.propagateAnyway(); // all operations have overflowed, but the string has grown
    }
  }
}
