package io.redoubt.server.command.key;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.OW;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.UserText;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.keyspace.AccessClock;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.loading.RestoredValue;
import io.redoubt.server.memory.Region;
import io.redoubt.server.snapshot.export.Payloads;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** DUMP and RESTORE: one value in the form of an RDB file. */
public final class DumpCommands extends CommandGroup<Call> {
  static final String RESTORE_ARGUMENTS =
      " key ttl serialized-value [REPLACE]{since 3.0.0} [ABSTTL]{since 5.0.0}"
          + " [IDLETIME seconds{since 5.0.0}] [FREQ frequency{since 5.0.0}]";

  private static final byte[] RESTORE = {'R', 'E', 'S', 'T', 'O', 'R', 'E'};
  private static final byte[] ABSTTL = {'A', 'B', 'S', 'T', 'T', 'L'};
  private static final byte[] REPLACE = {'R', 'E', 'P', 'L', 'A', 'C', 'E'};

  private static final CommandError BAD_TTL =
      new CommandError("ERR Invalid TTL value, must be >= 0");
  private static final CommandError BAD_IDLETIME =
      new CommandError("ERR Invalid IDLETIME value, must be >= 0");
  private static final CommandError BAD_FREQUENCY =
      new CommandError("ERR Invalid FREQ value, must be >= 0 and <= 255");
  private static final CommandError BUSYKEY =
      new CommandError("BUSYKEY Target key name already exists.");
  private static final CommandError BAD_PAYLOAD =
      new CommandError("ERR DUMP payload version or checksum are wrong");
  private static final CommandError BAD_DATA = new CommandError("ERR Bad data format");

  final Command<Call> dump =
      command("DUMP key")
          .does("Returns a serialized value for RESTORE.")
          .since("2.6.0")
          .costs("O(N), N the size of the value")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output")
          .runs(DumpCommands::dump);

  final Command<Call> restore =
      command("RESTORE" + RESTORE_ARGUMENTS)
          .does("Creates a key from a serialized value of DUMP.")
          .since("2.6.0")
          .costs("O(N), N the size of the value")
          .is(WRITE, DENYOOM)
          .categories(Category.KEYSPACE, Category.DANGEROUS)
          .keys(OW, UPDATE)
          .history("3.0.0", "Added the `REPLACE` modifier.")
          .history("5.0.0", "Added the `ABSTTL` modifier.")
          .history("5.0.0", "Added the `IDLETIME` and `FREQ` options.")
          .runs(this::restore);

  private static final int SHOWN_KEY_BYTES = 128;

  private final Log log;
  private boolean comparesChecksums = true;

  /** Restores small values; it consists of two dozen objects, more than such a value costs. */
  private @Nullable RestoredValue spare;

  /**
   * Declares the group.
   *
   * @param log receives the reasons why payloads are refused
   */
  public DumpCommands(Log log) {
    super(Group.GENERIC);
    this.log = log;
  }

  /** Enables or disables the check of payloads' checksums; it is enabled at first. */
  public void setComparesChecksums(boolean compares) {
    comparesChecksums = compares;
  }

  private static void dump(Call call) {
    long entry = call.readQuietly(1);
    if (entry == Entry.NONE) {
      call.reply().nil();
      return;
    }
    boolean compress = call.settings().persistence.rdbcompression.value();
    int version = call.settings().persistence.rdbWriteVersion.value();
    try (var payload = Payloads.dump(call.values(), entry, compress, version)) {
      call.reply().bulk(payload.memory(), payload.offset(), payload.sizeBytes());
    }
  }

  void restore(Call call) {
    boolean replace = false;
    boolean absolute = false;
    long idleSeconds = -1;
    long frequency = -1;
    for (int i = 4; i < call.count(); i++) {
      boolean hasNext = i + 1 < call.count();
      if (call.is(i, "REPLACE")) {
        replace = true;
      } else if (call.is(i, "ABSTTL")) {
        absolute = true;
      } else if (call.is(i, "IDLETIME") && hasNext && frequency < 0) {
        idleSeconds = call.argLong(++i);
        if (idleSeconds < 0) {
          throw BAD_IDLETIME;
        }
      } else if (call.is(i, "FREQ") && hasNext && idleSeconds < 0) {
        frequency = call.argLong(++i);
        if (frequency < 0 || frequency > 255) {
          throw BAD_FREQUENCY;
        }
      } else {
        throw Errors.SYNTAX;
      }
    }
    if (!replace && call.findForWrite(1) != Entry.NONE) {
      throw BUSYKEY;
    }
    long ttl = call.argLong(2);
    if (ttl < 0) {
      throw BAD_TTL;
    }
    RestoreWait wait = call.client().waiting() instanceof RestoreWait done ? done : null;
    boolean inSlices = wait != null || RestoreWait.isFor(call);
    boolean compares = comparesChecksums && !inSlices;
    if (!Payloads.isValid(call.argAddress(3), call.argLength(3), compares)
        || (wait != null && wait.isSumWrong())) {
      throw BAD_PAYLOAD;
    }
    if (Payloads.mayHaveFieldExpiry(call.argAddress(3))) {
      call.requireFieldExpiry();
    }
    long expireAt = wait == null ? expireAt(call, ttl, absolute) : wait.expireAt();
    if (inSlices && wait == null) {
      new RestoreWait(call, expireAt, comparesChecksums, repairs(call)).begin();
      return;
    }
    if (expireAt != Entry.NO_EXPIRY && call.isPast(expireAt)) {
      restoreNothing(call);
      return;
    }
    long entry = restored(call, expireAt, wait);
    AccessClock clock = call.keyspace().accessClock();
    if (idleSeconds >= 0) {
      clock.idleSeconds(entry, idleSeconds, call.keyspace().nowMillis());
    }
    if (frequency >= 0) {
      clock.frequency(entry, (int) frequency, call.keyspace().nowMillis());
    }
    call.recordChange(1, KeyEvent.RESTORE, 1);
    if (call.propagates()) {
      propagate(call, entry, ttl == 0 ? 0 : expireAt, absolute);
    }
    call.reply().ok();
  }

  /**
   * Propagates the restored key. A payload that a Redis 7.0 refuses is encoded again in a version
   * that it takes; if that loses the expiries of fields, the payload itself follows for replicas
   * that know them.
   */
  private static void propagate(Call call, long entry, long expireAt, boolean absolute) {
    boolean isForOlder = Payloads.isForOlder(call.argAddress(3), call.argLength(3));
    boolean isTimeLeft = expireAt != 0 && !absolute;
    if (isForOlder) {
      if (isTimeLeft) {
        propagate(
                call.propagateAs(call.count() + 1),
                call,
                expireAt,
                call.argAddress(3),
                call.argLength(3))
            .word(ABSTTL);
      }
      return;
    }
    boolean compress = call.settings().persistence.rdbcompression.value();
    try (var payload = Payloads.dumpForOlder(call.values(), entry, compress)) {
      propagate(
              call.propagateAs(call.count() + 1),
              call,
              expireAt,
              payload.offset(),
              (int) payload.sizeBytes())
          .word(ABSTTL);
    }
    if (Entry.nextElementExpiry(entry) != Entry.NO_EXPIRY) {
      propagate(
              call.propagateAsNewer(call.count() + 2),
              call,
              expireAt,
              call.argAddress(3),
              call.argLength(3))
          .word(ABSTTL)
          .word(REPLACE);
    }
  }

  private static Effect propagate(
      Effect effect, Call call, long expireAt, long payload, int length) {
    effect.word(RESTORE).argument(1).number(expireAt).bytes(payload, length);
    for (int i = 4; i < call.count(); i++) {
      effect.argument(i);
    }
    return effect;
  }

  private static long expireAt(Call call, long ttl, boolean absolute) {
    return ttl == 0 ? Entry.NO_EXPIRY : absolute ? ttl : call.now() + ttl;
  }

  private long restored(Call call, long expireAt, @Nullable RestoreWait wait) {
    try {
      long entry = wait != null ? wait.publish() : restoredAtOnce(call, expireAt);
      if (Entry.type(entry) != Type.STRING) {
        call.stats().checkedPayloads.increment();
      }
      return entry;
    } catch (RdbException bad) {
      log.warning(
          "RESTORE of key %s: at byte %d of the payload: %s.",
          UserText.of(keyName(call)), bad.offset(), bad);
      throw BAD_DATA;
    }
  }

  private long restoredAtOnce(Call call, long expireAt) throws RdbException {
    RestoredValue value = spare;
    spare = null;
    if (value == null || !value.isOf(call.values())) {
      value = new RestoredValue(call.values());
    }
    long entry =
        value.restore(
            call.database(),
            call.argAddress(1),
            call.argLength(1),
            expireAt,
            new RestoredValue.Payload(call.argAddress(3), call.argLength(3)),
            what -> log.warning("RESTORE of key %s: repaired: %s.", keyName(call), what));
    spare = value;
    return entry;
  }

  /** Returns a receiver of the repairs of a value, which may be restored after the call. */
  private Consumer<String> repairs(Call call) {
    byte[] key = shownKey(call);
    return what ->
        log.warning("RESTORE of key %s: repaired: %s.", UserText.of(Quoting.quote(key)), what);
  }

  private static String keyName(Call call) {
    return Quoting.quote(shownKey(call));
  }

  private static byte[] shownKey(Call call) {
    int length = Math.min(call.argLength(1), SHOWN_KEY_BYTES);
    return Region.toByteArray(call.argAddress(1), length);
  }

  /** Restores a value that has already expired: it only removes the old one. */
  private static void restoreNothing(Call call) {
    long old = call.database().find(call.argAddress(1), call.argLength(1));
    if (old != Entry.NONE) {
      call.database().remove(old);
      call.recordChange(1, KeyEvent.DEL, 1);
      call.propagateRemoval(1, call.settings().memory.lazyfreeLazyServerDel.value());
    }
    call.reply().ok();
  }
}
