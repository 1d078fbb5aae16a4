package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestDecoderTest {

  private static final int MARGIN_BYTES = 5;

  private final Limits limits = new Limits();
  private final RequestDecoder decoder = new RequestDecoder(limits, BufferMemory.offHeap());

  private static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }

  private static MemorySegment memory(byte[] bytes) {
    MemorySegment memory = Arena.ofAuto().allocate(bytes.length + 2L * MARGIN_BYTES);
    memory.fill((byte) '7');
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory, MARGIN_BYTES, bytes.length);
    return memory;
  }

  private static List<String> words(Request request) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < request.count(); i++) {
      words.add(new String(request.bytes(i), ISO_8859_1));
    }
    return words;
  }

  /** Decodes all requests of the stream; each attempt sees {@code cuts} more bytes. */
  private static List<List<String>> decode(RequestDecoder decoder, byte[] stream, int[] cuts)
      throws ProtocolException {
    List<List<String>> requests = new ArrayList<>();
    int start = 0; // the start of the incomplete request
    int there = 0;
    for (int cut : cuts) {
      there = Math.min(stream.length, there + cut);
      // The bytes move between attempts, and the request object changes.
      MemorySegment memory = memory(Arrays.copyOfRange(stream, start, there));
      int from = start;
      while (true) {
        Request request = new Request();
        long at = MARGIN_BYTES + start - from;
        long end = MARGIN_BYTES + there - from;
        long next = decoder.decode(memory, at, end, request);
        if (next == RequestDecoder.NEED_MORE) {
          assertThat(decoder.missingBytes()).isPositive();
          break;
        }
        assertThat(next).isGreaterThan(at).isLessThanOrEqualTo(end);
        assertThat(request.start()).isEqualTo(at);
        assertThat(request.end()).isEqualTo(next);
        start += (int) (next - at);
        if (request.count() > 0) {
          requests.add(words(request));
        }
      }
    }
    return requests;
  }

  private List<List<String>> decodeAtOnce(String stream) throws ProtocolException {
    return decode(decoder, bytes(stream), new int[] {stream.length()});
  }

  @Test
  void decodesAnArray() throws ProtocolException {
    assertThat(decodeAtOnce("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nhello\r\nworld\r\n"))
        .containsExactly(List.of("SET", "k", "hello\r\nworld"));
  }

  @Test
  void decodesLines() throws ProtocolException {
    assertThat(
            decodeAtOnce(
                "PING\r\n"
                    + "  set \t a  b\n\r\n\n"
                    + " \r\n"
                    + "\fget a\f \013\r\n"
                    + "echo \"a \\x41\\n\" 'it\\'s' \"\"\r\n"
                    + "PING\r\r\n"))
        .containsExactly(
            List.of("PING"),
            List.of("set", "a", "b"),
            List.of("get", "a\f"),
            List.of("echo", "a A\n", "it's", ""),
            List.of("PING"));
  }

  @Test
  void skipsEmptyRequests() throws ProtocolException {
    assertThat(decodeAtOnce("*0\r\n*-1\r\n*-99\r\n*1\r\n$4\r\nPING\r\n"))
        .containsExactly(List.of("PING"));
  }

  @Test
  void ignoresTheBytesAfterArguments() throws ProtocolException {
    assertThat(decodeAtOnce("*1\rx$4\rxPINGxx*1\r\n$0\r\n\r\n"))
        .containsExactly(List.of("PING"), List.of(""));
  }

  @Test
  void leavesTheBufferOfQuotedLinesUnchanged() throws ProtocolException {
    byte[] stream = bytes("echo \"a b\"\r\n");
    MemorySegment memory = memory(stream);
    long end = MARGIN_BYTES + stream.length;
    for (int i = 0; i < 2; i++) {
      Request request = new Request();
      assertThat(decoder.decode(memory, MARGIN_BYTES, end, request)).isEqualTo(end);
      assertThat(words(request)).containsExactly("echo", "a b");
      assertThat(request.isInline()).isTrue();
    }
  }

  static List<String[]> errors() {
    return List.of(
        new String[] {"*2147483648\r\n", "invalid multibulk length"},
        new String[] {"*03\r\n", "invalid multibulk length"},
        new String[] {"*+1\r\n", "invalid multibulk length"},
        new String[] {"*\r\n", "invalid multibulk length"},
        new String[] {"*1x\r\n........", "invalid multibulk length"},
        new String[] {"*12345678901234567890123\r\n", "invalid multibulk length"},
        new String[] {"*1\r\nPING\r\n", "expected '$', got 'P'"},
        new String[] {"*1\r\n\r\n", "expected '$', got '\r'"},
        new String[] {"*1\r\n*1\r\n........", "expected '$', got '*'"},
        new String[] {"*1\r\n$-1\r\n", "invalid bulk length"},
        new String[] {"*1\r\n$04\r\nPING\r\n", "invalid bulk length"},
        new String[] {"*1\r\n$4x\r\nPING\r\n", "invalid bulk length"},
        new String[] {"*1\r\n$\r\n\r\n", "invalid bulk length"},
        new String[] {"*1\r\n$536870913\r\n", "invalid bulk length"},
        new String[] {"*1\r\n$999999999999\r\n", "invalid bulk length"},
        new String[] {"set a \"b c\r\n", "unbalanced quotes in request"},
        new String[] {"echo \"a\"b\r\n", "unbalanced quotes in request"},
        new String[] {"*" + "1".repeat(65536), "too big mbulk count string"},
        new String[] {"*1\r\n$" + "1".repeat(65536), "too big bulk count string"},
        new String[] {"a".repeat(65537), "too big inline request"},
        new String[] {"a\0\r\n" + "a".repeat(65534), "too big inline request"},
        new String[] {"*1\0\r\n" + "a".repeat(65534), "too big mbulk count string"},
        new String[] {"*1\r\n\0\r\n" + "a".repeat(65534), "too big bulk count string"});
  }

  @ParameterizedTest
  @MethodSource("errors")
  void refusesWithRedisErrors(String stream, String message) {
    assertThatThrownBy(() -> decodeAtOnce(stream))
        .isInstanceOf(ProtocolException.class)
        .hasMessage("Protocol error: " + message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*2147483647\r\n",
        "*1\r\nx",
        "*1\r\n$536870912\r\n",
        "*1\r",
        "PING\0\r\nPING\r\n",
        "\0\r\n\r\n",
        "*1\0\r\n$4\r\nPING\r\n",
        "*1\r\n$4\0\r\nPING\r\n"
      })
  void waitsForMore(String stream) throws ProtocolException {
    assertThat(decodeAtOnce(stream)).isEmpty();
    assertThat(decodeAtOnce("*" + "1".repeat(65535))).isEmpty();
  }

  @Test
  void limitsUnauthenticatedClientsToSmallRequests() throws ProtocolException {
    decoder.setAuthenticated(false);
    assertThat(decodeAtOnce("*1\r\n$4\r\nPING\r\n")).hasSize(1);
    assertThat(decode(stranger(), bytes("*10\r\n$16384\r\n"), new int[] {100})).isEmpty();
    assertThatThrownBy(() -> decodeAtOnce("*11\r\n"))
        .hasMessage("Protocol error: unauthenticated multibulk length");
    assertThatThrownBy(() -> decode(stranger(), bytes("*1\r\n$16385\r\n"), new int[] {100}))
        .hasMessage("Protocol error: unauthenticated bulk length");
  }

  private RequestDecoder stranger() {
    RequestDecoder stranger = new RequestDecoder(limits, BufferMemory.offHeap());
    stranger.setAuthenticated(false);
    return stranger;
  }

  @Test
  void respectsTheConfiguredArgumentLimit() throws ProtocolException {
    limits.setMaxBulkBytes(1000);
    assertThat(decodeAtOnce("*1\r\n$1000\r\n")).isEmpty();
    RequestDecoder fromMaster = new RequestDecoder(limits, BufferMemory.offHeap());
    fromMaster.setFromMaster(true);
    assertThat(decode(fromMaster, bytes("*1\r\n$1001\r\n"), new int[] {100})).isEmpty();
    RequestDecoder other = new RequestDecoder(limits, BufferMemory.offHeap());
    assertThatThrownBy(() -> decode(other, bytes("*1\r\n$1001\r\n"), new int[] {100}))
        .hasMessage("Protocol error: invalid bulk length");
  }

  @Test
  void returnsTheMissingBytes() throws ProtocolException {
    byte[] stream = bytes("*2\r\n$3\r\nGET\r\n$1000\r\nabc");
    assertThat(decode(decoder, stream, new int[] {stream.length})).isEmpty();
    assertThat(decoder.missingBytes()).isEqualTo(1002 - 3);
    assertThat(decoder.isInsideRequest()).isTrue();
    decoder.reset();
    assertThat(decoder.isInsideRequest()).isFalse();
    assertThat(decodeAtOnce("PING\r\n")).hasSize(1);
  }

  @Test
  void resumesAtEveryByte() throws ProtocolException {
    String stream =
        "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$10\r\n0123456789\r\n"
            + "PING\r\n*0\r\n*1\r\n$4\r\nPING\r\necho \"x y\"\r\n"
            + "*2\r\n$0\r\n\r\n$100\r\n"
            + "z".repeat(100)
            + "\r\n";
    List<List<String>> expected = decodeAtOnce(stream);
    assertThat(expected).hasSize(5);
    for (int first = 0; first <= stream.length(); first++) {
      for (int second = 0; second <= stream.length() - first; second += 3) {
        int[] cuts = {first, second, stream.length()};
        assertThat(decode(decoder, bytes(stream), cuts)).isEqualTo(expected);
      }
    }
    int[] single = new int[stream.length()];
    Arrays.fill(single, 1);
    assertThat(decode(decoder, bytes(stream), single)).isEqualTo(expected);
  }

  @Test
  void roundTrips() throws ProtocolException {
    Random random = Seed.random("RequestDecoderTest");
    for (int round = 0; round < 300; round++) {
      List<List<String>> sent = new ArrayList<>();
      ByteArrayOutputStream stream = new ByteArrayOutputStream();
      for (int r = random.nextInt(5) + 1; r > 0; r--) {
        byte[][] arguments = new byte[random.nextInt(random.nextInt(10) == 0 ? 300 : 6) + 1][];
        List<String> words = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
          arguments[i] = new byte[random.nextInt(random.nextInt(20) == 0 ? 20_000 : 30)];
          random.nextBytes(arguments[i]);
          words.add(new String(arguments[i], ISO_8859_1));
        }
        sent.add(words);
        stream.writeBytes(RequestEncoder.encode(arguments));
      }
      int size = stream.size();
      int[] cuts = new int[random.nextInt(8) + 1];
      for (int i = 0; i < cuts.length; i++) {
        cuts[i] = i == cuts.length - 1 ? size : random.nextInt(size);
      }
      assertThat(decode(decoder, stream.toByteArray(), cuts)).isEqualTo(sent);
    }
  }

  /** Off-heap memory that counts unfreed blocks. */
  private static final class CountedMemory implements BufferMemory {
    private final BufferMemory memory = BufferMemory.offHeap();
    private long usedBytes;

    @Override
    public Block allocate(long sizeBytes) {
      usedBytes += sizeBytes;
      return memory.allocate(sizeBytes);
    }

    @Override
    public void free(Block block) {
      usedBytes -= block.sizeBytes();
      memory.free(block);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, Request.MAX_NEAR - 1, Request.MAX_NEAR, Request.MAX_NEAR + 1, 5000})
  void decodesAnyNumberOfArgumentsInPieces(int count) throws ProtocolException {
    Random random = Seed.random("RequestDecoderTest");
    byte[][] arguments = new byte[count][];
    for (int i = 0; i < count; i++) {
      arguments[i] = new byte[random.nextInt(20)];
      random.nextBytes(arguments[i]);
    }
    byte[] stream = RequestEncoder.encode(arguments);
    CountedMemory counted = new CountedMemory();
    RequestDecoder pieces = new RequestDecoder(limits, counted);
    Request request = new Request();
    int there = 0;
    long next = RequestDecoder.NEED_MORE;
    while (next == RequestDecoder.NEED_MORE) {
      there = Math.min(stream.length, there + 1 + random.nextInt(stream.length / 3 + 1));
      next =
          pieces.decode(
              memory(Arrays.copyOf(stream, there)), MARGIN_BYTES, MARGIN_BYTES + there, request);
    }
    assertThat(request.count()).isEqualTo(count);
    for (int i = 0; i < count; i++) {
      assertThat(request.bytes(i)).isEqualTo(arguments[i]);
    }
    request.replace(count - 1, request.offset(0), request.length(0));
    assertThat(request.bytes(count - 1)).isEqualTo(arguments[0]);
    request.dropFirst(count / 2);
    assertThat(request.count()).isEqualTo(count - count / 2);
    assertThat(request.bytes(0)).isEqualTo(arguments[count == 1 ? 0 : count / 2]);
    assertThat(counted.usedBytes > 0).isEqualTo(count > Request.MAX_NEAR);
    request.release();
    assertThat(counted.usedBytes).isZero();
  }

  @Test
  void freesTheIndexOfARequestThatStaysIncomplete() throws ProtocolException {
    byte[] stream = bytes("*1000000\r\n" + "$1\r\nk\r\n".repeat(10_000));
    CountedMemory counted = new CountedMemory();
    RequestDecoder waiting = new RequestDecoder(limits, counted);
    Request request = new Request();
    long end = MARGIN_BYTES + stream.length;
    assertThat(waiting.decode(memory(stream), MARGIN_BYTES, end, request))
        .isEqualTo(RequestDecoder.NEED_MORE);
    assertThat(counted.usedBytes).isBetween(120_000L, 300_000L);
    assertThat(waiting.indexBytes()).isGreaterThanOrEqualTo(counted.usedBytes);
    waiting.reset();
    assertThat(counted.usedBytes).isZero();
  }

  @Test
  void randomBytesAreRequestsOrProtocolErrors() {
    Random random = Seed.random("RequestDecoderTest");
    byte[] likely = bytes("*$0123456789\r\n-\"' a\\x");
    int errors = 0;
    for (int round = 0; round < 100_000; round++) {
      byte[] stream = new byte[random.nextInt(40)];
      for (int i = 0; i < stream.length; i++) {
        stream[i] =
            random.nextInt(8) == 0
                ? (byte) random.nextInt(256)
                : likely[random.nextInt(likely.length)];
      }
      RequestDecoder fresh = new RequestDecoder(limits, BufferMemory.offHeap());
      try {
        decode(fresh, stream, new int[] {random.nextInt(20), random.nextInt(20), 40});
      } catch (ProtocolException e) {
        assertThat(e).hasMessageStartingWith("Protocol error: ");
        errors++;
      }
    }
    assertThat(errors).isBetween(10_000, 99_000);
  }
}
