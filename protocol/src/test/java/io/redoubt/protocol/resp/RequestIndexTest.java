package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestIndexTest {
  private static final int BLOCK_BYTES = 64 * 1024;
  private static final long BLOCK = 24;
  private static final int STREAMS = 3000;
  private static final int FULL_STREAMS = 30;

  private static final String VALUE = "$300\r\n" + "v".repeat(300) + "\r\n";
  private static final String SET = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n" + VALUE;

  private final Limits limits = new Limits();
  private final MemorySegment memory = Arena.ofAuto().allocate(BLOCK + BLOCK_BYTES);
  private final RequestIndex index = new RequestIndex(memory, BLOCK);
  private final BufferMemory buffers = BufferMemory.offHeap();
  private final RequestDecoder decoder = new RequestDecoder(limits, buffers);
  private final Request request = new Request();

  private static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }

  private void put(byte[] bytes, int at) {
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory, BLOCK + at, bytes.length);
  }

  /** Indexes a text at the start of the block and returns the number of requests found. */
  private int indexed(String text) {
    put(bytes(text), 0);
    int place = index.add(0, text.length());
    long at = BLOCK;
    int requests = 0;
    for (; index.get(place, at, request) != RequestDecoder.NEED_MORE; requests++) {
      at = request.end();
      place += request.count() + 1;
    }
    return requests;
  }

  @Test
  void findsRequestsUpToAnIncompleteOne() {
    String key = "$5\r\nk\r\ne2\r\n";

    assertThat(indexed(SET + "*3\r\n$3\r\nSET\r\n" + key + VALUE + SET + "*1\r\n$4\r\nPI"))
        .isEqualTo(3);
    assertThat(indexed(SET + SET.substring(0, SET.length() - 1))).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "PING\r\n",
        "*0\r\n*1\r\n$4\r\nPING\r\n",
        "*-1\r\n$4\r\nPING\r\n",
        "*01\r\n$4\r\nPING\r\n",
        "*1\r\n$04\r\nPING\r\n",
        "*1\r\n+4\r\nPING\r\n",
        "*1\r\n$-1\r\nPING\r\n",
        "$1\r\n$4\r\nPING\r\n",
      })
  void leavesUnusualRequestsToTheDecoder(String text) {
    assertThat(indexed(text)).isZero();
  }

  @Test
  void stopsAtAShortRequest() {
    assertThat(indexed(SET + SET + "*1\r\n$4\r\nPING\r\n" + SET)).isEqualTo(2);
  }

  @Test
  void findsOnlyRequestsWithinTheLimitsBeforeAuthentication() {
    String longest = "$16384\r\n" + "x".repeat(16384) + "\r\n";
    String tooLong = "$16385\r\n" + "x".repeat(16385) + "\r\n";

    assertThat(indexed("*1\r\n" + longest)).isEqualTo(1);
    assertThat(indexed("*1\r\n" + tooLong)).isZero();
    assertThat(indexed("*10\r\n" + VALUE.repeat(10))).isEqualTo(1);
    assertThat(indexed("*11\r\n" + VALUE.repeat(11))).isZero();
  }

  @Test
  void obeysSmallerLimits() throws ProtocolException {
    limits.setMaxBulkBytes(50);
    put(bytes(SET), 0);

    decoder.follow(index.select(index.add(0, SET.length())));

    assertThat(outcome(decoder, memory, BLOCK, BLOCK + SET.length()))
        .isEqualTo("Protocol error: invalid bulk length");
  }

  @Test
  void endsWhenItIsFull() {
    String longest = "*10\r\n" + ("$20\r\n" + "v".repeat(20) + "\r\n").repeat(10);
    int most = BLOCK_BYTES / longest.length();

    int found = indexed(longest.repeat(most));

    assertThat(found).isBetween(100, most - 1);
    assertThat(indexed(longest)).isZero();
    index.clear();
    assertThat(indexed(longest)).isEqualTo(1);
  }

  /**
   * Reads of random streams, cut anywhere, are decoded with the index and without it, as a client's
   * input is: in place unless earlier bytes wait.
   */
  @Test
  void decoderFindsTheSameWithAndWithoutIndex() {
    Random random = Seed.random("decoderFindsTheSameWithAndWithoutIndex");
    int used = 0;
    for (int i = 0; i < STREAMS; i++) {
      used += compare(stream(random, 1 + random.nextInt(12)), random, 1500);
    }
    for (int i = 0; i < FULL_STREAMS; i++) {
      used += compare(stream(random, 4000), random, 16 * 1024);
    }
    assertThat(used).isPositive();
  }

  private int compare(byte[] stream, Random random, int maxRead) {
    RequestDecoder plain = new RequestDecoder(limits, buffers);
    RequestDecoder indexing = new RequestDecoder(limits, buffers);
    boolean authenticated = random.nextBoolean();
    plain.setAuthenticated(authenticated);
    indexing.setAuthenticated(authenticated);
    byte[] kept = {};
    int used = 0;
    index.clear();
    int position = 0;
    for (int at = 0; at < stream.length; ) {
      int length = Math.min(1 + random.nextInt(maxRead), stream.length - at);
      if (position + length > BLOCK_BYTES || random.nextInt(8) == 0) {
        index.clear();
        position = 0;
      }
      put(Arrays.copyOfRange(stream, at, at + length), position);
      int place = index.add(position, position + length);
      MemorySegment from = memory;
      long start = BLOCK + position;
      long end = start + length;
      if (kept.length > 0) {
        byte[] all = Arrays.copyOf(kept, kept.length + length);
        System.arraycopy(stream, at, all, kept.length, length);
        from = Arena.ofAuto().allocate(all.length);
        MemorySegment.copy(MemorySegment.ofArray(all), 0, from, 0, all.length);
        start = 0;
        end = all.length;
        indexing.follow(null);
      } else {
        indexing.follow(index.select(place));
      }
      at += length;
      position += length + random.nextInt(64);
      while (true) {
        String expected = outcome(plain, from, start, end);
        String found = outcome(indexing, from, start, end);
        assertThat(found).isEqualTo(expected);
        assertThat(indexing.missingBytes()).isEqualTo(plain.missingBytes());
        assertThat(indexing.decodedBytes()).isEqualTo(plain.decodedBytes());
        if (expected.startsWith("Protocol")) {
          return used;
        }
        if (expected.equals("incomplete")) {
          kept = from.asSlice(start, end - start).toArray(ValueLayout.JAVA_BYTE);
          break;
        }
        if (random.nextInt(10) != 0) { // otherwise the request was postponed, and is decoded again
          start = request.end();
        }
        used++;
      }
    }
    return used;
  }

  /** Returns all that a decoder makes of the next request. */
  private String outcome(RequestDecoder by, MemorySegment from, long start, long end) {
    try {
      long next = by.decode(from, start, end, request);
      if (next == RequestDecoder.NEED_MORE) {
        return "incomplete";
      }
      List<String> words = new ArrayList<>();
      for (int i = 0; i < request.count(); i++) {
        long offset = request.memory() == from ? request.offset(i) : 0; // unquoted elsewhere
        words.add(offset + ":" + new String(request.bytes(i), ISO_8859_1));
      }
      return next + " " + request.start() + " " + request.end() + " " + request.isInline() + words;
    } catch (ProtocolException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static byte[] stream(Random random, int requests) {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (int i = 0; i < requests; i++) {
      stream.writeBytes(request(random));
    }
    byte[] bytes = stream.toByteArray();
    for (int i = random.nextInt(3); i > 0 && random.nextInt(4) == 0; i--) {
      byte[] marks = bytes("*$\r\n0123 \"'");
      bytes[random.nextInt(bytes.length)] = marks[random.nextInt(marks.length)];
    }
    return bytes;
  }

  private static byte[] request(Random random) {
    return switch (random.nextInt(20)) {
      case 0 -> bytes("PING\r\n");
      case 1 -> bytes("set \"a b\" c\r\n");
      case 2 -> bytes("*0\r\n");
      case 3 -> array(random, 9 + random.nextInt(4), 3);
      case 4 -> array(random, 2, 16_380 + random.nextInt(8));
      default -> array(random, 1 + random.nextInt(4), random.nextInt(400));
    };
  }

  /** Returns a request whose last argument contains what looks like requests. */
  private static byte[] array(Random random, int count, int length) {
    StringBuilder text = new StringBuilder("*" + count + "\r\n");
    for (int i = 1; i < count; i++) {
      String word = "w".repeat(random.nextInt(12));
      text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
    }
    String nested = "*1\r\n$4\r\nPING\r\n".repeat(length / 14 + 1).substring(0, length);
    text.append('$').append(length).append("\r\n").append(nested).append("\r\n");
    return bytes(text.toString());
  }
}
