package io.redoubt.server.command.set;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.INSERT;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;

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
import io.redoubt.server.execution.Effect;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.BlockSet;
import io.redoubt.server.value.set.MemberTables;
import io.redoubt.server.value.set.SetMembers;
import io.redoubt.server.value.set.Sets;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The set group except set algebra. */
public final class SetCommands extends CommandGroup<Call> {
  private static final byte[] SREM = "SREM".getBytes(StandardCharsets.US_ASCII);

  /** The number of members in one SREM that SPOP propagates. */
  private static final long MAX_SREM_MEMBERS = 1024;

  /** SRANDMEMBER makes one pass over the set if it returns more than 1/LARGE_PART of it. */
  private static final int LARGE_PART = 3;

  private static final CommandError COUNT_RANGE =
      new CommandError(
          "ERR value is out of range, value must between -9223372036854775807 and"
              + " 9223372036854775807");

  final Command<Call> sadd =
      command("SADD key member...")
          .does("Adds members to a set, creating the set if needed.")
          .since("1.0.0")
          .costs("O(N), N the number of members to be added")
          .history("2.4.0", "Accepts multiple `member` arguments.")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, INSERT)
          .runs(SetCommands::sadd);

  final Command<Call> scard =
      command("SCARD key")
          .does("Returns the number of members of a set.")
          .since("1.0.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO)
          .runs(SetCommands::scard);

  final Command<Call> sismember =
      command("SISMEMBER key member")
          .does("Returns 1 if a member of a set exists, else 0.")
          .since("1.0.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO)
          .runs(SetCommands::sismember);

  final Command<Call> smembers =
      command("SMEMBERS key")
          .does("Returns all members of a set.")
          .since("1.0.0")
          .costs("O(N), N the number of members")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output_order")
          .runs(SetCommands::smembers);

  final Command<Call> smismember =
      command("SMISMEMBER key member...")
          .does("Returns 1 or 0 for each member, 1 if it is in the set.")
          .since("6.2.0")
          .costs("O(N), N the number of members asked for")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .runs(SetCommands::smismember);

  final Command<Call> smove =
      command("SMOVE source destination member")
          .does("Moves a member from one set to another.")
          .since("1.0.0")
          .costs("O(1)")
          .is(WRITE, FAST)
          .keys(RW, ACCESS, DELETE)
          .keys(RW, INSERT)
          .runs(SetCommands::smove);

  final Command<Call> spop =
      command("SPOP key [count{since 3.2.0}]")
          .does("Removes and returns random members of a set.")
          .since("1.0.0")
          .costs("O(1) without a count, else O(N), N the count")
          .history("3.2.0", "Added the `count` argument.")
          .is(WRITE, FAST)
          .keys(RW, ACCESS, DELETE)
          .tips("nondeterministic_output")
          .runs(SetCommands::spop);

  final Command<Call> srandmember =
      command("SRANDMEMBER key [count{since 2.6.0}]")
          .does("Returns random members of a set.")
          .since("1.0.0")
          .costs("O(1) without a count, else O(N), N the absolute value of the count")
          .history("2.6.0", "Added the optional `count` argument.")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output")
          .runs(SetCommands::srandmember);

  final Command<Call> srem =
      command("SREM key member...")
          .does("Removes members from a set, and the set with the last one.")
          .since("1.0.0")
          .costs("O(N), N the number of members to be removed")
          .history("2.4.0", "Accepts multiple `member` arguments.")
          .is(WRITE, FAST)
          .keys(RW, DELETE)
          .runs(SetCommands::srem);

  final Command<Call> sscan =
      command("SSCAN key cursor [MATCH pattern] [COUNT count]")
          .does("Iterates over the members of a set.")
          .since("2.8.0")
          .costs("O(1) a call, O(N) for an iteration over N members")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output")
          .runs(SetCommands::sscan);

  public SetCommands() {
    super(Group.SET);
  }

  private static void sadd(Call call) {
    Sets sets = call.values().sets();
    int members = call.count() - 2;
    long set = call.findForWrite(1, Type.SET);
    int next = 2;
    long added = 0;
    if (set == Entry.NONE) {
      set =
          sets.create(
              call.database(),
              call.argAddress(1),
              call.argLength(1),
              call.argAddress(2),
              call.argLength(2),
              members);
      next++;
      added++;
    } else if (members > 1) {
      set = sets.expect(call.database(), set, members);
    }
    for (int i = next; i < call.count(); i++) {
      if (sets.add(call.database(), set, call.argAddress(i), call.argLength(i))) {
        added++;
      }
      set = sets.entry();
    }
    if (added > 0) {
      call.recordChange(1, KeyEvent.SADD, added);
    }
    call.reply().integer(added);
  }

  private static void srem(Call call) {
    Sets sets = call.values().sets();
    long set = call.findForWrite(1, Type.SET);
    long removed = 0;
    boolean empty = false;
    for (int i = 2; set != Entry.NONE && !empty && i < call.count(); i++) {
      if (sets.remove(call.database(), set, call.argAddress(i), call.argLength(i))) {
        removed++;
        set = sets.entry();
        empty = sets.size(set) == 0;
      }
    }
    if (removed > 0) {
      call.recordChange(1, KeyEvent.SREM, removed);
      if (empty) {
        call.database().remove(set);
        call.notifyEvent(1, KeyEvent.DEL);
      }
    }
    call.reply().integer(removed);
  }

  private static void sismember(Call call) {
    long set = call.read(1, Type.SET);
    call.reply().integer(isMember(call, set, 2));
  }

  private static void smismember(Call call) {
    long set = call.read(1, Type.SET);
    ReplyWriter reply = call.reply();
    reply.array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) {
      reply.integer(isMember(call, set, i));
    }
  }

  private static int isMember(Call call, long set, int memberArg) {
    return set != Entry.NONE
            && call.values()
                .sets()
                .contains(set, call.argAddress(memberArg), call.argLength(memberArg))
        ? 1
        : 0;
  }

  private static void scard(Call call) {
    long set = call.read(1, Type.SET);
    call.reply().integer(set == Entry.NONE ? 0 : call.values().sets().size(set));
  }

  private static void smembers(Call call) {
    long set = call.read(1, Type.SET);
    if (set == Entry.NONE) {
      call.reply().set(0);
    } else {
      call.reply().set((int) call.values().sets().size(set));
      replyMembers(call, set);
    }
  }

  /** Replies with all members of a set, after the header. */
  static void replyMembers(Call call, long set) {
    SetMembers member = call.values().setAlgebra().member();
    member.iterate(set);
    while (member.next()) {
      member.writeTo(call.reply());
    }
  }

  private static void smove(Call call) {
    Sets sets = call.values().sets();
    long source = call.findForWrite(1);
    long destination = call.findForWrite(2);
    if (source == Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    if (Entry.type(source) != Type.SET
        || (destination != Entry.NONE && Entry.type(destination) != Type.SET)) {
      throw Errors.WRONGTYPE;
    }
    long member = call.argAddress(3);
    int length = call.argLength(3);
    if (source == destination) {
      call.reply().integer(isMember(call, source, 3));
      return;
    }
    if (!sets.remove(call.database(), source, member, length)) {
      call.reply().integer(0);
      return;
    }
    call.recordChange(1, KeyEvent.SREM, 1);
    removeIfEmpty(call, sets.entry());
    // Looks up the destination again, since the change of the source may have moved it.
    destination = call.findAgain(2);
    boolean added = true;
    if (destination == Entry.NONE) {
      sets.create(call.database(), call.argAddress(2), call.argLength(2), member, length, 1);
    } else {
      added = sets.add(call.database(), destination, member, length);
    }
    if (added) {
      call.recordChange(2, KeyEvent.SADD, 1);
    }
    call.reply().integer(1);
  }

  private static void removeIfEmpty(Call call, long set) {
    if (call.values().sets().size(set) == 0) {
      call.database().remove(set);
      call.notifyEvent(1, KeyEvent.DEL);
    }
  }

  // Random members.

  private static void spop(Call call) {
    if (call.count() > 3) {
      throw Errors.SYNTAX;
    }
    if (call.count() == 3) {
      spopSeveral(call);
      return;
    }
    Sets sets = call.values().sets();
    long set = call.findForWrite(1, Type.SET);
    if (set == Entry.NONE) {
      call.reply().nil();
      return;
    }
    SetMembers member = sets.random(set);
    member.writeTo(call.reply());
    if (call.propagates()) {
      call.propagateAs(3).word(SREM).argument(1).bytes(member.address(), member.length());
    }
    sets.remove(call.database(), set, member);
    call.recordChange(1, KeyEvent.SPOP, 1);
    removeIfEmpty(call, sets.entry());
  }

  private static void spopSeveral(Call call) {
    long count = call.argAtLeast(0, 2, Errors.NOT_POSITIVE);
    Sets sets = call.values().sets();
    long set = call.findForWrite(1, Type.SET);
    if (set == Entry.NONE || count == 0) {
      call.reply().set(0);
      return;
    }
    long size = sets.size(set);
    if (count >= size) {
      call.inspect(1); // counts a hit, as in Redis, which computes a union here
      call.reply().set((int) size);
      replyMembers(call, set);
      call.database().remove(set);
      call.recordChange(1, KeyEvent.SPOP, size);
      call.notifyEvent(1, KeyEvent.DEL);
      call.propagateRemoval(1, call.settings().memory.lazyfreeLazyServerDel.value());
      return;
    }
    call.reply().set((int) count);
    if (PackedValue.isPacked(set) || count <= size / LARGE_PART) {
      for (long left = count; left > 0; ) {
        long batch = Math.min(left, MAX_SREM_MEMBERS);
        set = popBatch(call, set, batch);
        left -= batch;
      }
    } else {
      sets.removeMany(call.database(), set, count, new Popped(call, count));
    }
    call.recordChange(1, KeyEvent.SPOP, count);
  }

  /** Replies with the members removed, and propagates them in batches. */
  private static final class Popped implements BlockConsumer {
    private final Call call;
    private long left;
    private @Nullable Effect effect;
    private long leftInEffect;

    Popped(Call call, long count) {
      this.call = call;
      left = count;
    }

    @Override
    public void accept(long block) {
      SetMembers member = call.values().sets().at(block);
      member.writeTo(call.reply());
      if (call.propagates()) {
        if (leftInEffect == 0) {
          leftInEffect = Math.min(left, MAX_SREM_MEMBERS);
          effect = call.propagateAs(2 + (int) leftInEffect).word(SREM).argument(1);
        }
        if (effect != null) {
          effect.bytes(member.address(), member.length());
        }
        leftInEffect--;
        left--;
      }
    }
  }

  private static long popBatch(Call call, long set, long batch) {
    Sets sets = call.values().sets();
    Effect effect = null;
    if (call.propagates()) {
      effect = call.propagateAs(2 + (int) batch).word(SREM).argument(1);
    }
    long left = set;
    for (long i = 0; i < batch; i++) {
      SetMembers member = sets.random(left);
      member.writeTo(call.reply());
      if (effect != null) {
        effect.bytes(member.address(), member.length());
      }
      sets.remove(call.database(), left, member);
      left = sets.entry();
    }
    return left;
  }

  private static void srandmember(Call call) {
    if (call.count() > 3) {
      throw Errors.SYNTAX;
    }
    if (call.count() == 2) {
      long set = call.read(1, Type.SET);
      if (set == Entry.NONE) {
        call.reply().nil();
      } else {
        call.values().sets().random(set).writeTo(call.reply());
      }
      return;
    }
    long count = call.argLong(2);
    if (count == Long.MIN_VALUE) {
      throw COUNT_RANGE;
    }
    long set = call.read(1, Type.SET);
    if (set == Entry.NONE || count == 0) {
      call.reply().array(0);
      return;
    }
    long size = call.values().sets().size(set);
    if (count < 0) {
      replyWithRepetition(call, set, Repetitions.of(call, count));
    } else if (count >= size) {
      call.reply().array((int) size);
      replyMembers(call, set);
    } else if (PackedValue.isPacked(set) || count > size / LARGE_PART) {
      replySelection(call, set, count, size);
    } else {
      replyDistinct(call, set, count);
    }
  }

  private static void replyWithRepetition(Call call, long set, int count) {
    call.reply().array(count);
    for (int i = 0; i < count && !call.reply().isInVain(); i++) {
      call.values().sets().random(set).writeTo(call.reply());
    }
  }

  /**
   * Replies with random members in one pass over the set: each is selected with the probability
   * wanted / remaining.
   */
  private static void replySelection(Call call, long set, long count, long size) {
    call.reply().array((int) count);
    SetMembers member = call.values().setAlgebra().member();
    member.iterate(set);
    long wanted = count;
    for (long left = size; wanted > 0 && member.next(); left--) {
      if (call.keyspace().random().nextLong(left) < wanted) {
        member.writeTo(call.reply());
        wanted--;
      }
    }
  }

  /** Replies with distinct random members of a table, few in relation to its size. */
  private static void replyDistinct(Call call, long set, long count) {
    Sets sets = call.values().sets();
    BlockSet seen = new BlockSet((int) count);
    call.reply().array((int) count);
    for (long i = 0; i < count; ) {
      long block = sets.randomBlock(set);
      if (seen.add(block)) {
        sets.at(block).writeTo(call.reply());
        i++;
      }
    }
  }

  private static void sscan(Call call) {
    long cursor = call.argCursor(2);
    long set = call.read(1, Type.SET);
    ReplyWriter reply = call.reply();
    if (set == Entry.NONE) {
      ScanPage.replyCursor(reply, 0);
      reply.array(0);
      return;
    }
    ScanOptions options = ScanOptions.parse(call, 3, false);
    Sets sets = call.values().sets();
    if (PackedValue.isPacked(set)) {
      scanPacked(call, set, options);
      return;
    }
    ScanPage page = new ScanPage();
    cursor = page.collect((from, consumer) -> sets.scan(set, from, consumer), cursor, options);
    page.retain(block ->
        options.matches(MemberTables.memberAddress(block), MemberTables.memberLength(block)));
    ScanPage.replyCursor(reply, cursor);
    reply.array(page.size());
    for (int i = 0; i < page.size(); i++) {
      sets.at(page.block(i)).writeTo(reply);
    }
  }

  /** Replies with all matching members of a small set at once. */
  private static void scanPacked(Call call, long set, ScanOptions options) {
    ReplyWriter reply = call.reply();
    ScanPage.replyCursor(reply, 0);
    long mark = reply.deferArray();
    int found = 0;
    SetMembers member = call.values().setAlgebra().member();
    member.iterate(set);
    while (member.next()) {
      if (!options.hasPattern() || options.matches(member.address(), member.length())) {
        member.writeTo(reply);
        found++;
      }
    }
    reply.resolve(mark, found);
  }
}
