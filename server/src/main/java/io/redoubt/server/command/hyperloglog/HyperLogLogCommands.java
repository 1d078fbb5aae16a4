package io.redoubt.server.command.hyperloglog;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.MAY_REPLICATE;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.SYSCMD;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.INSERT;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.hyperloglog.HyperLogLog;
import io.redoubt.server.value.HyperLogLogValue;
import io.redoubt.server.value.HyperLogLogValue.Outcome;

/** The HyperLogLog group: approximate counts of distinct elements in constant space. */
public final class HyperLogLogCommands extends CommandGroup<Call> {
  private static final CommandError NOT_ONE =
      new CommandError("WRONGTYPE Key is not a valid HyperLogLog string value.");
  private static final CommandError CORRUPT =
      new CommandError("INVALIDOBJ Corrupted HLL object detected");
  private static final CommandError NO_KEY =
      new CommandError("ERR The specified key does not exist");
  private static final CommandError NOT_SPARSE = new CommandError("ERR HLL encoding is not sparse");

  final Command<Call> pfadd =
      command("PFADD key [element...]")
          .does("Adds elements to a HyperLogLog, creating it if needed.")
          .since("2.8.9")
          .costs("O(1) for each element")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, INSERT)
          .runs(HyperLogLogCommands::pfadd);

  final Command<Call> pfcount =
      command("PFCOUNT key...")
          .does("Returns the approximate number of distinct elements in the union of HyperLogLogs.")
          .since("2.8.9")
          .costs("O(1) with one key, mostly from the cached count; O(N) otherwise")
          .is(READONLY, MAY_REPLICATE)
          .keys(RW, ACCESS)
          .keyNote(
              "RW because it may change the internal representation of the key, and propagate to"
                  + " replicas")
          .runs(HyperLogLogCommands::pfcount);

  final Command<Call> pfdebug =
      command("PFDEBUG subcommand key")
          .does("Returns internals of a HyperLogLog for tests.")
          .since("2.8.9")
          .costs("N/A")
          .is(WRITE, DENYOOM, ADMIN, SYSCMD)
          .keys(RW, ACCESS)
          .runs(HyperLogLogCommands::pfdebug);

  final Command<Call> pfmerge =
      command("PFMERGE destkey [sourcekey]...")
          .does("Merges HyperLogLogs into one.")
          .since("2.8.9")
          .costs("O(N), N the number of HyperLogLogs")
          .is(WRITE, DENYOOM)
          .keys(RW, ACCESS, INSERT)
          .keys(RO, ACCESS)
          .arity(-2)
          .runs(HyperLogLogCommands::pfmerge);

  final Command<Call> pfselftest =
      command("PFSELFTEST")
          .does("Runs a self-test of HyperLogLogs.")
          .since("2.8.9")
          .costs("N/A")
          .is(ADMIN, SYSCMD)
          .runs(call -> HyperLogLogSelfTest.run(call));

  public HyperLogLogCommands() {
    super(Group.HYPERLOGLOG);
  }

  private static long checked(long entry) {
    if (entry != Entry.NONE && !HyperLogLogValue.isOne(entry)) {
      throw NOT_ONE;
    }
    return entry;
  }

  private static HyperLogLogValue open(Call call, long entry) {
    long maxSparseBytes = call.settings().encodings.hllSparseMaxBytes.value();
    return HyperLogLogValue.open(call.database(), entry, maxSparseBytes);
  }

  private static long putEmpty(Call call) {
    return HyperLogLogValue.putEmpty(call.database(), call.argAddress(1), call.argLength(1));
  }

  private static void pfadd(Call call) {
    long entry = checked(call.writeString(1));
    int changes = 0;
    if (entry == Entry.NONE) {
      entry = putEmpty(call);
      changes++;
    }
    HyperLogLogValue value = open(call, entry);
    for (int i = 2; i < call.count(); i++) {
      Outcome outcome = value.add(call.argAddress(i), call.argLength(i));
      if (outcome == Outcome.CORRUPT) {
        throw CORRUPT;
      }
      if (outcome == Outcome.RAISED) {
        changes++;
      }
    }
    if (changes > 0) {
      value.forgetCount();
      call.recordChange(1, KeyEvent.PFADD, changes);
    }
    call.reply().integer(changes > 0 ? 1 : 0);
  }

  private static void pfcount(Call call) {
    if (call.count() == 2) {
      countOne(call);
      return;
    }
    Slabs slabs = call.keyspace().slabs();
    long plain = openPlain(slabs);
    try {
      for (int i = 1; i < call.count(); i++) {
        merge(plain, checked(call.readString(i)));
      }
      call.reply().integer(HyperLogLog.count(plain));
    } finally {
      slabs.free(plain, HyperLogLog.REGISTERS);
    }
  }

  private static void countOne(Call call) {
    long entry = checked(call.readString(1));
    if (entry == Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    long count = HyperLogLogValue.cachedCount(entry);
    if (count < 0) {
      Slabs slabs = call.keyspace().slabs();
      long plain = openPlain(slabs);
      try {
        merge(plain, entry);
        count = HyperLogLog.count(plain);
      } finally {
        slabs.free(plain, HyperLogLog.REGISTERS);
      }
      open(call, entry).cacheCount(count);
      call.recordQuietChange(1, 1); // replicas cache the count as well
    }
    call.reply().integer(count);
  }

  private static long openPlain(Slabs slabs) {
    long plain = slabs.allocateFar(HyperLogLog.REGISTERS);
    Region.zero(plain, HyperLogLog.REGISTERS);
    return plain;
  }

  private static void merge(long plain, long entry) {
    if (entry != Entry.NONE && !HyperLogLogValue.mergeInto(plain, entry)) {
      throw CORRUPT;
    }
  }

  private static void pfmerge(Call call) {
    Slabs slabs = call.keyspace().slabs();
    long plain = openPlain(slabs);
    try {
      boolean dense = false;
      for (int i = 1; i < call.count(); i++) {
        long entry = checked(call.readString(i));
        dense |= entry != Entry.NONE && HyperLogLogValue.isDense(entry);
        merge(plain, entry);
      }
      long entry = call.findForWrite(1);
      HyperLogLogValue value = open(call, entry == Entry.NONE ? putEmpty(call) : entry);
      if (dense && !value.becomeDense()) {
        throw CORRUPT;
      }
      value.raiseAll(plain);
      value.forgetCount();
    } finally {
      slabs.free(plain, HyperLogLog.REGISTERS);
    }
    call.recordChange(1, KeyEvent.PFADD, 1);
    call.reply().ok();
  }

  private static void pfdebug(Call call) {
    long entry = call.findForWrite(2);
    if (entry == Entry.NONE) {
      throw NO_KEY;
    }
    if (!call.isString(entry)) {
      throw Errors.WRONGTYPE;
    }
    checked(entry);
    boolean dense = HyperLogLogValue.isDense(entry);
    if (call.is(1, "GETREG")) {
      replyRegisters(call, becomeDense(call, entry, dense));
    } else if (call.is(1, "DECODE")) {
      if (dense) {
        throw NOT_SPARSE;
      }
      call.reply().bulk(HyperLogLogValue.runs(entry));
    } else if (call.is(1, "ENCODING")) {
      call.reply().simple(dense ? "dense" : "sparse");
    } else if (call.is(1, "TODENSE")) {
      becomeDense(call, entry, dense);
      call.reply().integer(dense ? 0 : 1);
    } else {
      throw new CommandError(
          "ERR Unknown PFDEBUG subcommand '" + Errors.excerpt(call.request(), 1) + "'");
    }
  }

  private static long becomeDense(Call call, long entry, boolean dense) {
    if (dense) {
      return entry;
    }
    HyperLogLogValue value = open(call, entry);
    if (!value.becomeDense()) {
      throw CORRUPT;
    }
    call.recordFullChange(1); // replicas convert it as well
    return value.entry();
  }

  private static void replyRegisters(Call call, long entry) {
    Slabs slabs = call.keyspace().slabs();
    long plain = openPlain(slabs);
    HyperLogLogValue.mergeInto(plain, entry);
    call.reply().array(HyperLogLog.REGISTERS);
    for (int i = 0; i < HyperLogLog.REGISTERS; i++) {
      call.reply().integer(Region.getByte(plain + i));
    }
    slabs.free(plain, HyperLogLog.REGISTERS);
  }
}
