package io.redoubt.server.replication.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.resp.Request;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A command of the stream unknown to Redis 7.2, in a form that Redis ignores. All replicas get the
 * same stream, so that offsets are equal everywhere and any replica can resume from any other. It
 * therefore also contains commands that an older replica can't execute.
 *
 * <p>The form is {@code REPLCONF ACK 0} followed by the words of the command. Every Redis silently
 * accepts an acknowledgement from its master, whatever follows. It does not write it to its
 * append-only file, and passes it on to its own replicas byte by byte. REPLCONF must have an odd
 * number of words: an empty word precedes the command if the number would be even.
 */
public final class NewerCommand {
  private static final String REPLCONF = "REPLCONF";
  private static final String ACK = "ACK";
  private static final String OFFSET = "0";

  private static final String WORDS = "$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n";
  private static final int WORD_COUNT = 3;
  private static final String EMPTY_WORD = "$0\r\n\r\n";

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  /** The limit of words below which heads are built in advance. */
  private static final int PREPARED = 64;

  private static final MemorySegment[] HEADS = new MemorySegment[PREPARED];

  static {
    for (int words = 0; words < PREPARED; words++) {
      HEADS[words] = head(words);
    }
  }

  private NewerCommand() {}

  /**
   * Returns the bytes that replace the first line of an encoded command in the stream.
   *
   * @param memory the memory with the encoded command at {@code start}
   */
  public static MemorySegment head(MemorySegment memory, long start) {
    int words = 0;
    for (long at = start + 1; memory.get(BYTE, at) != '\r'; at++) {
      words = words * 10 + memory.get(BYTE, at) - '0';
    }
    return words < PREPARED ? HEADS[words] : head(words);
  }

  private static MemorySegment head(int words) {
    boolean isOdd = words % 2 != 0;
    int all = WORD_COUNT + words + (isOdd ? 1 : 0);
    String text = "*" + all + "\r\n" + WORDS + (isOdd ? EMPTY_WORD : "");
    return MemorySegment.ofArray(text.getBytes(US_ASCII)).asReadOnly();
  }

  /** Returns the offset of the first word of an encoded command, after its first line. */
  public static long firstWord(MemorySegment memory, long start) {
    long at = start + 1;
    while (memory.get(BYTE, at) != '\n') {
      at++;
    }
    return at + 1;
  }

  /** Returns the number of words before the newer command in a request; 0 if it contains none. */
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
