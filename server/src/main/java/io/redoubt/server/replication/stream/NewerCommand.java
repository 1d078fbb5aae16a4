package io.redoubt.server.replication.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.resp.Request;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A command of the stream that Redis 7.2 does not know, in a form that it passes over. There is one
 * stream for all replicas, so that any of them can resume it from any other and offsets are the
 * same everywhere: what an older replica can't execute has to be in it nevertheless.
 *
 * <p>The form is {@code REPLCONF ACK 0} followed by the words of the command. Every Redis takes an
 * acknowledgement silently, whatever follows, unless it comes from one of its own replicas; it
 * writes nothing of it to its append-only file, and passes it on to its own replicas byte by byte.
 * REPLCONF has to have an odd number of words: an empty one stands before the command where the
 * number would be even.
 */
public final class NewerCommand {
  private static final String REPLCONF = "REPLCONF";
  private static final String ACK = "ACK";
  private static final String OFFSET = "0";

  private static final String WORDS = "$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n";
  private static final int WORD_COUNT = 3;
  private static final String EMPTY_WORD = "$0\r\n\r\n";

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  private NewerCommand() {}

  /**
   * Returns what stands in the stream in place of the line that begins a command.
   *
   * @param memory holds the command at {@code start}, encoded
   */
  public static byte[] head(MemorySegment memory, long start) {
    int words = 0;
    for (long at = start + 1; memory.get(BYTE, at) != '\r'; at++) {
      words = words * 10 + memory.get(BYTE, at) - '0';
    }
    boolean isOdd = words % 2 != 0;
    int all = WORD_COUNT + words + (isOdd ? 1 : 0);
    return ("*" + all + "\r\n" + WORDS + (isOdd ? EMPTY_WORD : "")).getBytes(US_ASCII);
  }

  /** Returns the place behind the line that begins an encoded command: its first word's. */
  public static long firstWord(MemorySegment memory, long start) {
    long at = start + 1;
    while (memory.get(BYTE, at) != '\n') {
      at++;
    }
    return at + 1;
  }

  /** Returns the number of words that stand before such a command; 0 if the request is another. */
  public static int wordsBefore(Request request) {
    if (request.count() <= WORD_COUNT
        || request.length(0) != REPLCONF.length()
        || !request.is(0, REPLCONF)
        || !request.is(1, ACK)
        || !request.is(2, OFFSET)) {
      return 0;
    }
    int before = request.length(WORD_COUNT) == 0 ? WORD_COUNT + 1 : WORD_COUNT;
    return before < request.count() ? before : 0;
  }
}
