package io.redoubt.server.command.stream;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.server.execution.Call;
import io.redoubt.server.memory.Region;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.structure.ByteStrings;
import io.redoubt.server.value.stream.Idempotency;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.Streams;
import java.lang.foreign.MemorySegment;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The options {@code IDMPAUTO producer} and {@code IDMP producer id} of XADD: an entry is added at
 * most once for each id of a producer. Older servers receive an XADD without them, and ignore the
 * commands that record the ids on others. One instance serves all commands.
 */
final class IdempotentAdd {
  static final CommandError CHOSEN_ID =
      new CommandError("ERR IDMP and IDMPAUTO require the ID to be *");
  static final CommandError EMPTY =
      new CommandError("ERR Producer and idempotent IDs must not be empty");

  private static final byte[] XIDMPRECORD = "XIDMPRECORD".getBytes(US_ASCII);
  private static final byte[] XCFGSET = "XCFGSET".getBytes(US_ASCII);
  private static final byte[] IDMP_DURATION = "IDMP-DURATION".getBytes(US_ASCII);
  private static final byte[] IDMP_MAXSIZE = "IDMP-MAXSIZE".getBytes(US_ASCII);

  private static final int DIGEST_BYTES = 20;

  private final MessageDigest sha1;
  private final byte[] piece = new byte[4096];
  private final byte[] digest = new byte[DIGEST_BYTES];
  private final StreamId entryId = new StreamId();
  private int producerArg;
  private boolean auto;

  /** The bytes of the idempotent id. */
  private long text;

  private int textLength;
  private boolean created;

  IdempotentAdd() {
    try {
      sha1 = MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  /** Resets the options, before each command. */
  void begin() {
    producerArg = 0;
  }

  boolean isAsked() {
    return producerArg > 0;
  }

  /** Parses an option; returns the index of the argument after it, or 0 if it is another one. */
  int parse(Call call, int i) {
    auto = call.is(i, "IDMPAUTO");
    if (!auto && !call.is(i, "IDMP")) {
      return 0;
    }
    int next = i + (auto ? 2 : 3);
    if (isAsked() || next >= call.count()) {
      throw Errors.SYNTAX;
    }
    producerArg = i + 1;
    for (int arg = producerArg; arg < next; arg++) {
      if (call.argLength(arg) == 0) {
        throw EMPTY;
      }
    }
    return next;
  }

  /** Determines the idempotent id: the one given, or a digest of the fields and values. */
  void chooseId(Call call, int firstWord, int words) {
    if (!auto) {
      text = call.argAddress(producerArg + 1);
      textLength = call.argLength(producerArg + 1);
      return;
    }
    for (int i = firstWord; i < firstWord + words; i++) {
      update(call.argAddress(i), call.argLength(i));
    }
    try {
      textLength = sha1.digest(digest, 0, DIGEST_BYTES);
    } catch (DigestException e) {
      throw new IllegalStateException(e); // the array is long enough
    }
    ByteStrings scratch = call.values().streams().moreTemporary();
    scratch.clear();
    text = scratch.add(textLength);
    Region.put(text, digest);
  }

  /** Adds a word with its length, so that its end is part of the digest. */
  private void update(long address, int length) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      sha1.update((byte) (length >>> shift));
    }
    for (int done = 0; done < length; ) {
      int bytes = Math.min(piece.length, length - done);
      MemorySegment.copy(Region.MEMORY, JAVA_BYTE, address + done, piece, 0, bytes);
      sha1.update(piece, 0, bytes);
      done += bytes;
    }
  }

  /** Replies with the entry of the idempotent id if it is known; returns false if it is not. */
  boolean isDuplicate(Call call, long entry) {
    long table = Idempotency.table(Streams.root(entry));
    if (table == 0) {
      return false;
    }
    Idempotency ids = call.values().streams().idempotency();
    long unchangedSoFar = Streams.change(call.database(), entry);
    table = Idempotency.table(unchangedSoFar);
    long found =
        ids.find(
            table,
            call.argAddress(producerArg),
            call.argLength(producerArg),
            text,
            textLength,
            call.now());
    if (found == 0) {
      return false;
    }
    Idempotency.countDuplicate(table);
    entryId.load(Idempotency.entryId(found));
    entryId.reply(call.reply());
    call.propagateNothing();
    call.recordFullChange(1); // of a count only, which watchers do not see
    propagate(call, found);
    return true;
  }

  /** Records the id of the entry that is about to be added. */
  void record(Call call, long root, StreamId added) {
    Idempotency ids = call.values().streams().idempotency();
    long table = Idempotency.table(root);
    created = table == 0;
    if (created) {
      table = create(call, root);
    }
    ids.record(
        table,
        call.argAddress(producerArg),
        call.argLength(producerArg),
        text,
        textLength,
        added,
        call.now());
  }

  /** Creates the table of a stream with the configured limits. */
  static long create(Call call, long root) {
    EncodingDirectives defaults = call.settings().encodings;
    return call.values()
        .streams()
        .idempotency()
        .create(root, defaults.streamIdmpDuration.value(), defaults.streamIdmpMaxsize.value());
  }

  /** Forgets the id recorded last, because its entry could not be added. */
  void forget(Call call, long root) {
    if (isAsked()) {
      call.values().streams().idempotency().forgetNewest(Idempotency.table(root));
    }
  }

  /** Propagates the id of the entry just added, after that entry. */
  void propagateAdded(Call call, long root) {
    long table = Idempotency.table(root);
    if (created) {
      propagateLimits(call, table);
    }
    propagate(call, Idempotency.last(table));
  }

  /** Propagates an idempotent id of the stream of the first key. */
  static void propagate(Call call, long each) {
    if (call.propagates()) {
      long producer = Idempotency.producer(each);
      call.propagateAsOptional(5)
          .word(XIDMPRECORD)
          .argument(1)
          .bytes(Idempotency.name(producer), Idempotency.nameLength(producer))
          .bytes(Idempotency.text(each), Idempotency.textLength(each))
          .idAt(Idempotency.entryId(each));
    }
  }

  /** Propagates the limits of the table of the stream of the first key. */
  static void propagateLimits(Call call, long table) {
    if (call.propagates()) {
      call.propagateAsOptional(6)
          .word(XCFGSET)
          .argument(1)
          .word(IDMP_DURATION)
          .number(Idempotency.durationSeconds(table))
          .word(IDMP_MAXSIZE)
          .number(Idempotency.maxsize(table));
    }
  }
}
