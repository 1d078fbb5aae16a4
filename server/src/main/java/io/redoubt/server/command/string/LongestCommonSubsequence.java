package io.redoubt.server.command.string;

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
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.value.StringValue;
import java.util.ArrayList;
import java.util.List;

/**
 * LCS: the longest common subsequence of two strings, by a table of the prefixes. It is walked back
 * from the end, which yields the matching ranges last to first: the order in which Redis lists
 * them.
 */
public final class LongestCommonSubsequence extends CommandGroup<Call> {
  private static final CommandError NOT_STRINGS =
      new CommandError("ERR The specified keys must contain string values");
  private static final CommandError LENGTH_AND_INDEXES =
      new CommandError("ERR If you want both the length and indexes, please just use IDX.");
  private static final CommandError TOO_LARGE =
      new CommandError(
          "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  private static final CommandError NO_MEMORY =
      new CommandError("ERR Insufficient memory, failed allocating transient memory for LCS");

  final Command<Call> lcs =
      command("LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]")
          .does("Finds the longest common subsequence of two strings.")
          .since("7.0.0")
          .costs("O(N*M), N and M the lengths of the strings")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(LongestCommonSubsequence::lcs);

  public LongestCommonSubsequence() {
    super(Group.STRING);
  }

  /** A match of {@code a[aFrom..aTo]} with {@code b[bFrom..bTo]}, ends included. */
  private record Match(int aFrom, int aTo, int bFrom, int bTo) {
    int length() {
      return aTo - aFrom + 1;
    }
  }

  private static void lcs(Call call) {
    boolean lengthOnly = false;
    boolean indexes = false;
    boolean withLengths = false;
    long minLength = 0;
    long first = call.read(1);
    long second = call.read(2);
    checkString(call, first);
    checkString(call, second);
    for (int i = 3; i < call.count(); i++) {
      if (call.is(i, "IDX")) {
        indexes = true;
      } else if (call.is(i, "LEN")) {
        lengthOnly = true;
      } else if (call.is(i, "WITHMATCHLEN")) {
        withLengths = true;
      } else if (call.is(i, "MINMATCHLEN") && i + 1 < call.count()) {
        minLength = Math.max(call.argLong(++i), 0);
      } else {
        throw Errors.SYNTAX;
      }
    }
    if (lengthOnly && indexes) {
      throw LENGTH_AND_INDEXES;
    }
    Slabs slabs = call.keyspace().slabs();
    try (Text a = new Text(slabs, first);
        Text b = new Text(slabs, second)) {
      long cells = (a.length + 1L) * (b.length + 1L); // Redis' table has an int for each
      if (cells > call.settings().common.protoMaxBulkLen.value() / Integer.BYTES) {
        throw TOO_LARGE;
      }
      try (LengthSteps steps = steps(slabs, a, b, !lengthOnly)) {
        int length = steps.length();
        if (lengthOnly) {
          call.reply().integer(length);
          return;
        }
        byte[] common = new byte[length];
        List<Match> matches = walkBack(a, b, steps, common);
        if (indexes) {
          replyMatches(call.reply(), matches, minLength, withLengths, length);
        } else {
          call.reply().bulk(common);
        }
      }
    }
  }

  private static void checkString(Call call, long entry) {
    if (entry != Entry.NONE && !call.isString(entry)) {
      throw NOT_STRINGS;
    }
  }

  private static LengthSteps steps(Slabs slabs, Text a, Text b, boolean keepsRows) {
    try {
      return new LengthSteps(slabs, a, b, keepsRows);
    } catch (OutOfMemoryError full) {
      throw NO_MEMORY;
    }
  }

  /** The bytes of a string in place, since a copy of a large one would not fit on the heap. */
  private static final class Text implements AutoCloseable {
    final int length;

    private final Slabs slabs;
    private final long address;

    /** True if the address is of the digits of a number, formatted for this call. */
    private final boolean written;

    Text(Slabs slabs, long entry) {
      this.slabs = slabs;
      written = entry != Entry.NONE && StringValue.isInteger(entry);
      length = entry == Entry.NONE ? 0 : StringValue.length(entry);
      if (written) {
        address = slabs.allocateFar(Numbers.MAX_LONG_LENGTH);
        StringValue.copyTo(entry, Region.MEMORY, address);
      } else {
        address = entry == Entry.NONE ? 0 : StringValue.bytesAddress(entry);
      }
    }

    byte at(int i) {
      return Region.getByte(address + i);
    }

    @Override
    public void close() {
      if (written) {
        slabs.free(address, Numbers.MAX_LONG_LENGTH);
      }
    }
  }

  /**
   * The lengths of the longest common subsequences of all pairs of prefixes, as the differences
   * between neighbours in a row: bit {@code j} of row {@code i} is set if {@code a[0..i]} has one
   * byte more in common with {@code b[0..j]} than with {@code b[0..j-1]}. 64 columns are computed
   * at once, by the addition of H. Hyyrö, "Bit-Parallel LCS-length Computation Revisited" (2004);
   * the words hold the complement of the bits, as there. Each strip of 64 columns is computed from
   * the first row to the last, so that its masks stay in the processor's cache. The table lives off
   * the heap for the time of the call; {@code proto-max-bulk-len} bounds it.
   */
  private static final class LengthSteps implements AutoCloseable {
    private static final int BYTE_VALUES = 256;
    private static final int MASKS_BYTES = BYTE_VALUES * Long.BYTES;

    private final Slabs slabs;
    private final long address;
    private final long sizeBytes;
    private final long rows;
    private final int height;
    private int length;

    /** Computes the length, and keeps the rows if {@code keepsRows}. */
    LengthSteps(Slabs slabs, Text a, Text b, boolean keepsRows) {
      this.slabs = slabs;
      height = a.length;
      int strips = (b.length + Long.SIZE - 1) / Long.SIZE;
      long kept = keepsRows ? (long) height * strips : 0;
      sizeBytes = MASKS_BYTES + height + kept * Long.BYTES;
      address = slabs.allocateFar(sizeBytes);
      rows = address + MASKS_BYTES;
      Region.zero(address, MASKS_BYTES);
      Region.zero(carries(kept), height);
      for (int strip = 0; strip < strips; strip++) {
        int from = strip * Long.SIZE;
        int to = Math.min(from + Long.SIZE, b.length);
        for (int j = from; j < to; j++) {
          long mask = mask(b.at(j));
          Region.putLong(mask, Region.getLong(mask) | (1L << j));
        }
        length += fill(a, carries(kept), keepsRows ? row(strip, 0) : 0);
        for (int j = from; j < to; j++) {
          Region.putLong(mask(b.at(j)), 0);
        }
      }
    }

    /** Returns the address of the carries of the previous strip, one byte a row. */
    private long carries(long keptRows) {
      return rows + keptRows * Long.BYTES;
    }

    private long row(int strip, int i) {
      return rows + ((long) strip * height + i) * Long.BYTES;
    }

    private long mask(byte value) {
      return address + (long) (value & 0xff) * Long.BYTES;
    }

    /**
     * Computes a strip; returns the number of bits set in its last row.
     *
     * @param words receives the rows; 0 to discard them
     */
    private int fill(Text a, long carries, long words) {
      long unset = -1;
      for (int i = 0; i < height; i++) {
        long equal = Region.getLong(mask(a.at(i)));
        long matched = unset & equal;
        long sum = unset + matched + Region.getByte(carries + i);
        int carry = (int) ((matched | (unset & ~sum)) >>> (Long.SIZE - 1));
        Region.putByte(carries + i, carry);
        unset = sum | (unset & ~equal);
        if (words != 0) {
          Region.putLong(words + (long) i * Long.BYTES, unset);
        }
      }
      return Long.bitCount(~unset);
    }

    /** Returns the length of the longest common subsequence of both strings. */
    int length() {
      return length;
    }

    /** Returns a bit of the kept rows, both indexes from 0. */
    boolean at(int i, int j) {
      return (Region.getLong(row(j / Long.SIZE, i)) >>> j & 1) == 0;
    }

    @Override
    public void close() {
      slabs.free(address, sizeBytes);
    }
  }

  private static List<Match> walkBack(Text a, Text b, LengthSteps steps, byte[] common) {
    List<Match> matches = new ArrayList<>();
    int left = common.length;
    int i = a.length;
    int j = b.length;
    int aEnd = -1;
    int bEnd = -1;
    while (i > 0 && j > 0 && left > 0) {
      if (a.at(i - 1) == b.at(j - 1)) {
        if (aEnd < 0) {
          aEnd = i - 1;
          bEnd = j - 1;
        }
        common[--left] = a.at(i - 1);
        i--;
        j--;
        boolean goesOn = left > 0 && i > 0 && j > 0 && a.at(i - 1) == b.at(j - 1);
        if (!goesOn) {
          matches.add(new Match(i, aEnd, j, bEnd));
          aEnd = -1;
        }
      } else if (steps.at(i - 1, j - 1)) { // a's byte is in vain rather than b's
        i--;
      } else {
        j--;
      }
    }
    return matches;
  }

  private static void replyMatches(
      ReplyWriter reply, List<Match> matches, long minLength, boolean withLengths, int length) {
    reply.map(2);
    reply.bulk("matches");
    int shown = 0;
    for (Match match : matches) {
      shown += match.length() >= minLength ? 1 : 0;
    }
    reply.array(shown);
    for (Match match : matches) {
      if (match.length() >= minLength) {
        reply.array(withLengths ? 3 : 2);
        replyRange(reply, match.aFrom(), match.aTo());
        replyRange(reply, match.bFrom(), match.bTo());
        if (withLengths) {
          reply.integer(match.length());
        }
      }
    }
    reply.bulk("len");
    reply.integer(length);
  }

  private static void replyRange(ReplyWriter reply, int from, int to) {
    reply.array(2);
    reply.integer(from);
    reply.integer(to);
  }
}
