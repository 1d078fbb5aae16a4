package io.redoubt.server.command.string;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.OW;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;
import static io.redoubt.protocol.command.KeyFlag.VARIABLE_FLAGS;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.KeyVisitor;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.command.common.ExpireUnit;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.OwnBlock;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.value.StringValue;
import java.nio.charset.StandardCharsets;

/**
 * SET. Conditions on the value (IFEQ of Valkey 8.1 and Redis 8.4; IFNE, IFDEQ and IFDNE of Redis
 * 8.4) are not propagated: older servers receive a SET without conditions.
 */
public final class SetCommand extends CommandGroup<Call> {
  private static final byte[] SET = "SET".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] PXAT = "PXAT".getBytes(StandardCharsets.US_ASCII);

  /** The length from which a value may take over the memory of its request. */
  private static final int LARGE_BYTES = 32 << 10;

  /** The part of a value's length that its memory may exceed it by then. */
  private static final int MAX_UNUSED_SHARE = 16;

  final Command<Call> set =
      command(
              "SET key value [NX{since 2.6.12} | XX{since 2.6.12}"
                  + " | IFEQ ifeq-value{since 8.4.0} | IFNE ifne-value{since 8.4.0}"
                  + " | IFDEQ ifdeq-digest{since 8.4.0}"
                  + " | IFDNE ifdne-digest{since 8.4.0}]{condition}"
                  + " [GET]{since 6.2.0}"
                  + " [EX seconds{since 2.6.12} | PX milliseconds{since 2.6.12}"
                  + " | EXAT unix-time-seconds{since 6.2.0}"
                  + " | PXAT unix-time-milliseconds{since 6.2.0}"
                  + " | KEEPTTL{since 6.0.0}]{expiration}")
          .does("Sets the string value of a key and its expiration, replacing a value of any type.")
          .since("1.0.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM)
          .keys(RW, ACCESS, UPDATE, VARIABLE_FLAGS)
          .keyNote("RW and ACCESS due to the optional `GET` argument")
          .keys(SetCommand::keyOfSet)
          .history("2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options.")
          .history("6.0.0", "Added the `KEEPTTL` option.")
          .history("6.2.0", "Added the `GET`, `EXAT` and `PXAT` option.")
          .history("7.0.0", "Allowed the `NX` and `GET` options to be used together.")
          .history("8.4.0", "Added the `IFEQ`, `IFNE`, `IFDEQ` and `IFDNE` options.")
          .runs(SetCommand::set);

  /** The conditions under which the key is set. */
  private enum Condition {
    NONE,
    NX,
    XX,
    IFEQ,
    IFNE,
    IFDEQ,
    IFDNE;

    private static final Condition[] NAMED = {NX, XX, IFEQ, IFNE, IFDEQ, IFDNE};

    /** Returns the condition that an argument names, or none. */
    static Condition named(Call call, int i) {
      for (Condition condition : NAMED) {
        if (call.is(i, condition.name())) {
          return condition;
        }
      }
      return NONE;
    }

    boolean comparesValues() {
      return compareTo(IFEQ) >= 0;
    }

    boolean comparesDigests() {
      return compareTo(IFDEQ) >= 0;
    }

    boolean isMet(Call call, long old, int comparedArg) {
      return switch (this) {
        case NONE -> true;
        case NX -> old == Entry.NONE;
        case XX -> old != Entry.NONE;
        case IFEQ -> old != Entry.NONE && equals(call, old, comparedArg);
        case IFNE -> old == Entry.NONE || !equals(call, old, comparedArg);
        case IFDEQ -> old != Entry.NONE && hasDigest(call, old, comparedArg);
        case IFDNE -> old == Entry.NONE || !hasDigest(call, old, comparedArg);
      };
    }

    private static boolean equals(Call call, long entry, int i) {
      return StringValue.equals(entry, call.argAddress(i), call.argLength(i));
    }

    private static boolean hasDigest(Call call, long entry, int i) {
      return StringValue.digest(entry) == Digest.parse(call, i);
    }
  }

  public SetCommand() {
    super(Group.STRING);
  }

  /** Finds the key of SET, which is read only with GET or a condition on its value. */
  private static boolean keyOfSet(Request request, KeyVisitor keys) {
    int flags = OW.bit() | UPDATE.bit();
    for (int i = 3; i < request.count(); i++) {
      if (request.is(i, "GET")
          || request.is(i, "IFEQ")
          || request.is(i, "IFNE")
          || request.is(i, "IFDEQ")
          || request.is(i, "IFDNE")) {
        flags = RW.bit() | ACCESS.bit() | UPDATE.bit();
      }
    }
    keys.key(1, flags);
    return true;
  }

  private static void set(Call call) {
    if (call.count() == 3) {
      call.touchOverwritten(1);
      put(call, 2, Entry.NO_EXPIRY);
      call.recordChange(1, KeyEvent.SET, 1);
      call.reply().ok();
    } else {
      setWithOptions(call);
    }
  }

  private static void setWithOptions(Call call) {
    Condition condition = Condition.NONE;
    int comparedArg = 0;
    boolean returnOld = false;
    boolean keepExpiry = false;
    ExpireUnit unit = null;
    int timeArg = 0;
    for (int i = 3; i < call.count(); i++) {
      ExpireUnit namedUnit;
      Condition named = Condition.named(call, i);
      if (named != Condition.NONE) {
        boolean repeats = named == condition && !named.comparesValues();
        if (condition != Condition.NONE && !repeats) {
          throw Errors.SYNTAX;
        }
        condition = named;
        if (named.comparesValues()) {
          comparedArg = ++i;
          requireArgument(call, i);
          if (named.comparesDigests()) {
            Digest.parse(call, i); // refused whether the key exists or not
          }
        }
      } else if (call.is(i, "GET")) {
        returnOld = true;
      } else if (call.is(i, "KEEPTTL") && unit == null) {
        keepExpiry = true;
      } else if (!keepExpiry
          && unit == null
          && i + 1 < call.count()
          && (namedUnit = ExpireUnit.named(call, i)) != null) {
        unit = namedUnit;
        timeArg = ++i;
      } else {
        throw Errors.SYNTAX;
      }
    }
    long expireAt = unit == null ? Entry.NO_EXPIRY : unit.positiveTime(call, timeArg);
    long old = find(call, condition, returnOld);
    if (returnOld) {
      replyString(call, old);
    }
    if (!condition.isMet(call, old, comparedArg)) {
      if (!returnOld) {
        call.reply().nil();
      }
      return;
    }
    if (keepExpiry && old != Entry.NONE) {
      expireAt = Entry.expireAt(old);
    }
    put(call, 2, expireAt);
    call.recordChange(1, KeyEvent.SET, 1);
    if (unit != null) {
      call.notifyEvent(1, KeyEvent.EXPIRE);
      propagateWithExpiry(call, 2, expireAt);
    } else if ((returnOld || condition.comparesValues()) && call.propagates()) {
      propagateDecided(call, comparedArg);
    }
    if (!returnOld) {
      call.reply().ok();
    }
  }

  private static void requireArgument(Call call, int i) {
    if (i >= call.count()) {
      throw Errors.SYNTAX;
    }
  }

  private static long find(Call call, Condition condition, boolean returnsOld) {
    if (returnsOld) {
      return call.readString(1);
    }
    return condition.comparesValues() ? call.writeString(1) : call.findForWrite(1);
  }

  /**
   * Propagates the request without GET and conditions on the value, which older versions don't
   * support and replicas don't need.
   *
   * @param comparedArg the argument after IFEQ or IFNE, or 0
   */
  private static void propagateDecided(Call call, int comparedArg) {
    int kept = 3;
    for (int i = 3; i < call.count(); i++) {
      kept += isDecided(call, i, comparedArg) ? 0 : 1;
    }
    Effect effect = call.propagateAs(kept);
    effect.word(SET).argument(1);
    effect.argument(2);
    for (int i = 3; i < call.count(); i++) {
      if (!isDecided(call, i, comparedArg)) {
        effect.argument(i);
      }
    }
  }

  private static boolean isDecided(Call call, int i, int comparedArg) {
    return call.is(i, "GET") || (comparedArg > 0 && (i == comparedArg || i == comparedArg - 1));
  }

  /** Propagates the setting of the first key to the value with an absolute expiry time. */
  static void propagateWithExpiry(Call call, int valueArg, long expireAt) {
    if (call.propagates()) {
      call.propagateAs(5).word(SET).argument(1).argument(valueArg).word(PXAT).number(expireAt);
    }
  }

  /**
   * Sets the first key to an argument; returns its entry. The memory of a request that consists
   * almost only of the value becomes the value's.
   */
  static long put(Call call, int valueArg, long expireAt) {
    int length = call.argLength(valueArg);
    if (length >= LARGE_BYTES) {
      BufferMemory.Block block = call.requestBlock();
      long lead = block == null ? 0 : call.argAddress(valueArg) - block.offset();
      if (block != null
          && block.sizeBytes() - length <= length / MAX_UNUSED_SHARE
          && lead <= OwnBlock.MAX_LEAD_BYTES) {
        return putBlock(call, valueArg, block, expireAt);
      }
    }
    return call.database()
        .putString(
            call.argAddress(1), call.argLength(1), call.argAddress(valueArg), length, expireAt);
  }

  private static long putBlock(Call call, int valueArg, BufferMemory.Block block, long expireAt) {
    long entry =
        call.database()
            .putBlock(
                call.argAddress(1),
                call.argLength(1),
                block.offset(),
                block.sizeBytes(),
                call.argAddress(valueArg),
                call.argLength(valueArg),
                expireAt);
    call.giveRequestAway();
    return entry;
  }

  /** Replies with the string of an entry, or with nil if there is none. */
  static void replyString(Call call, long entry) {
    if (entry == Entry.NONE) {
      call.reply().nil();
    } else {
      StringValue.writeTo(entry, call.reply());
    }
  }
}
