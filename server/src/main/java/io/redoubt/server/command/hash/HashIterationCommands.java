package io.redoubt.server.command.hash;

import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.RO;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.command.common.Repetitions;
import io.redoubt.server.command.common.ScanOptions;
import io.redoubt.server.command.common.ScanPage;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.hash.HashCursor;
import io.redoubt.server.value.hash.HashField;
import io.redoubt.server.value.hash.Hashes;
import java.util.random.RandomGenerator;

/** HRANDFIELD and HSCAN. */
public final class HashIterationCommands extends CommandGroup<Call> {
  private static final CommandError COUNT_OUT_OF_RANGE =
      new CommandError(
          "ERR value is out of range, value must between -9223372036854775807 and"
              + " 9223372036854775807");
  private static final CommandError TOO_MANY = new CommandError("ERR value is out of range");

  /**
   * Less than 1/DRAWN_PART of a hash is drawn one by one, drawing again after a repetition; more is
   * selected in one pass over all fields.
   */
  private static final int DRAWN_PART = 16;

  final Command<Call> hrandfield =
      command("HRANDFIELD key [count [WITHVALUES]]{options}")
          .does("Returns random fields of a hash.")
          .since("6.2.0")
          .costs("O(N), N the number of fields returned")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output")
          .runs(HashIterationCommands::hrandfield);

  final Command<Call> hscan =
      command("HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]")
          .does("Iterates over the fields of a hash and their values.")
          .since("2.8.0")
          .costs("O(1) a call, O(N) for an iteration over N fields")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output")
          .runs(HashIterationCommands::hscan);

  public HashIterationCommands() {
    super(Group.HASH);
  }

  private static void hrandfield(Call call) {
    if (call.count() == 2) {
      long entry = call.read(1, Type.HASH);
      if (entry != Entry.NONE && call.values().hashes().findRandom(entry)) {
        call.values().hashes().found().writeField(call.reply());
      } else {
        call.reply().nil();
      }
      return;
    }
    long count = call.argLong(2);
    if (count == Long.MIN_VALUE) {
      throw COUNT_OUT_OF_RANGE;
    }
    if (call.count() > 4 || (call.count() == 4 && !call.is(3, "WITHVALUES"))) {
      throw Errors.SYNTAX;
    }
    boolean withValues = call.count() == 4;
    if (withValues && Math.abs(count) > Long.MAX_VALUE / 2) {
      throw TOO_MANY;
    }
    long entry = call.read(1, Type.HASH);
    long size = entry == Entry.NONE ? 0 : call.values().hashes().size(entry);
    if (size == 0 || count == 0) {
      call.reply().array(0);
    } else if (count < 0) {
      replyRepeated(call, entry, Repetitions.of(call, count), withValues);
    } else if (count < size / DRAWN_PART) {
      replyDrawn(call, entry, (int) count, withValues);
    } else {
      replySelected(call, entry, (int) Math.min(count, size), size, withValues);
    }
  }

  /** Replies with random fields, which may repeat. */
  private static void replyRepeated(Call call, long entry, long count, boolean withValues) {
    begin(call, count, withValues);
    Hashes hashes = call.values().hashes();
    for (long i = 0; i < count && !call.reply().isInVain(); i++) {
      hashes.findRandom(entry);
      reply(call, hashes.found(), withValues);
    }
  }

  /** Replies with few distinct random fields of many: draws again after a repetition. */
  private static void replyDrawn(Call call, long entry, int count, boolean withValues) {
    begin(call, count, withValues);
    Hashes hashes = call.values().hashes();
    long[] seen = new long[Integer.highestOneBit(count) * 4];
    int drawn = 0;
    while (drawn < count) {
      hashes.findRandom(entry);
      if (add(seen, hashes.found().at())) {
        reply(call, hashes.found(), withValues);
        drawn++;
      }
    }
  }

  /** Adds an address to a hash table; returns false if it was there. */
  private static boolean add(long[] seen, long address) {
    int mask = seen.length - 1;
    int place = (int) ((address * 0x9e37_79b9_7f4a_7c15L) >>> 32) & mask;
    while (seen[place] != 0) {
      if (seen[place] == address) {
        return false;
      }
      place = place + 1 & mask;
    }
    seen[place] = address;
    return true;
  }

  /**
   * Replies with distinct random fields in one pass: each with the probability wanted / remaining.
   */
  private static void replySelected(
      Call call, long entry, int count, long size, boolean withValues) {
    begin(call, count, withValues);
    HashCursor cursor = call.values().hashes().cursor();
    RandomGenerator random = call.keyspace().random();
    int wanted = count;
    cursor.start(entry);
    for (long left = size; wanted > 0 && cursor.next(); left--) {
      if (wanted == left || random.nextLong(left) < wanted) {
        reply(call, cursor.field(), withValues);
        wanted--;
      }
    }
  }

  private static void begin(Call call, long count, boolean withValues) {
    boolean flat = withValues && call.reply().resp() == 2;
    call.reply().array((int) (flat ? 2 * count : count));
  }

  private static void reply(Call call, HashField field, boolean withValues) {
    ReplyWriter reply = call.reply();
    if (!withValues) {
      field.writeField(reply);
      return;
    }
    if (reply.resp() > 2) {
      reply.array(2);
    }
    field.writeField(reply);
    field.writeValue(reply);
  }

  private static void hscan(Call call) {
    long from = call.argCursor(2);
    long entry = call.read(1, Type.HASH);
    ReplyWriter reply = call.reply();
    if (entry == Entry.NONE) {
      ScanPage.replyCursor(reply, 0);
      reply.array(0);
      return;
    }
    ScanOptions options = ScanOptions.ofPairs(call, 3, "NOVALUES");
    if (PackedValue.isPacked(entry)) {
      scanPacked(call, entry, options);
    } else {
      scanTable(call, entry, from, options);
    }
  }

  /** Replies with all matching fields of a small hash at once. */
  private static void scanPacked(Call call, long entry, ScanOptions options) {
    ReplyWriter reply = call.reply();
    ScanPage.replyCursor(reply, 0);
    long text = call.keyspace().slabs().allocateFar(Numbers.MAX_LONG_LENGTH);
    long mark = reply.deferArray();
    int count = 0;
    HashCursor cursor = call.values().hashes().cursor();
    cursor.start(entry);
    while (cursor.next()) {
      if (matches(cursor.field(), options, text)) {
        count += replyPair(reply, cursor.field(), options);
      }
    }
    reply.resolve(mark, count);
    call.keyspace().slabs().free(text, Numbers.MAX_LONG_LENGTH);
  }

  private static boolean matches(HashField field, ScanOptions options, long text) {
    if (!options.hasPattern()) {
      return true;
    }
    if (!field.fieldIsInteger()) {
      return options.matches(field.fieldAddress(), field.fieldLength());
    }
    return options.matches(text, field.copyField(Region.MEMORY, text));
  }

  private static void scanTable(Call call, long entry, long from, ScanOptions options) {
    Hashes hashes = call.values().hashes();
    ScanPage page = new ScanPage();
    long next = page.collect((at, elements) -> hashes.scan(entry, at, elements), from, options);
    page.retain(element -> hashes.show(element) && matches(hashes.found(), options, 0));
    ReplyWriter reply = call.reply();
    ScanPage.replyCursor(reply, next);
    reply.array(options.onlyNames() ? page.size() : 2 * page.size());
    for (int i = 0; i < page.size(); i++) {
      hashes.show(page.block(i));
      replyPair(reply, hashes.found(), options);
    }
  }

  /** Writes a field and, unless NOVALUES, its value; returns the number of elements. */
  private static int replyPair(ReplyWriter reply, HashField field, ScanOptions options) {
    field.writeField(reply);
    if (options.onlyNames()) {
      return 1;
    }
    field.writeValue(reply);
    return 2;
  }
}
