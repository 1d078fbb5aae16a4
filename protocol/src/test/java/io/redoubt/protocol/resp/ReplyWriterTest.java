package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteString;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyWriterTest {

  /** Windows of a fixed size, each in separate memory like a connection's chunks. */
  private static final class Windows extends ReplyBuffer {

    private record Window(long number, MemorySegment memory, long[] end) {}

    private final int bytes;
    private final List<Window> left = new ArrayList<>();
    private final ByteArrayOutputStream gone = new ByteArrayOutputStream();

    Windows(int bytes) {
      this.bytes = bytes;
    }

    @Override
    protected void makeRoom(int atLeastBytes) {
      leave();
      memory = Arena.ofAuto().allocate(Math.max(bytes, atLeastBytes));
      position = 0;
      limit = memory.byteSize();
      window++;
    }

    private void leave() {
      left.add(new Window(window, memory, new long[] {position}));
      if (!hasGaps()) {
        for (Window window : left) {
          gone.writeBytes(window.memory.asSlice(0, window.end[0]).toArray(ReplyWriter.BYTE));
        }
        left.clear();
      }
    }

    @Override
    protected void fillEarlierGap(
        long gapWindow, long offset, byte[] header, int headerBytes, int gapBytes) {
      for (Window window : left) {
        if (window.number == gapWindow) {
          window.end[0] =
              fillGap(window.memory, offset, window.end[0], header, headerBytes, gapBytes);
          return;
        }
      }
      throw new AssertionError("window " + gapWindow + " was given away");
    }

    String text() {
      leave();
      memory = MemorySegment.NULL;
      position = 0;
      limit = 0;
      window++;
      return gone.toString(UTF_8);
    }
  }

  private static String written(int resp, Consumer<ReplyWriter> writes) {
    String[] results = new String[3];
    int[] windowBytes = {16 * 1024, 100, 13};
    for (int i = 0; i < 3; i++) {
      Windows windows = new Windows(windowBytes[i]);
      ReplyWriter writer = new ReplyWriter(windows);
      writer.setResp(resp);
      writes.accept(writer);
      results[i] = windows.text();
    }
    assertThat(results[1]).isEqualTo(results[0]);
    assertThat(results[2]).isEqualTo(results[0]);
    return results[0];
  }

  private static void both(Consumer<ReplyWriter> writes, String resp2, String resp3) {
    assertThat(written(2, writes)).isEqualTo(resp2);
    assertThat(written(3, writes)).isEqualTo(resp3);
  }

  private static void both(Consumer<ReplyWriter> writes, String expected) {
    both(writes, expected, expected);
  }

  @Test
  void writesLines() {
    both(ReplyWriter::ok, "+OK\r\n");
    both(ReplyWriter::pong, "+PONG\r\n");
    both(ReplyWriter::queued, "+QUEUED\r\n");
    both(w -> w.simple("Background saving started"), "+Background saving started\r\n");
    both(w -> w.error("ERR a\r\nb"), "-ERR a  b\r\n");
    both(w -> w.error("ERR grün"), "-ERR grün\r\n");
    both(w -> w.error("ERR " + "x".repeat(5000)), "-ERR " + "x".repeat(5000) + "\r\n");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 9, 10, 42, 99, 100, 101, 12345, -1, -10, Long.MAX_VALUE, Long.MIN_VALUE})
  void writesIntegers(long value) {
    both(w -> w.integer(value), ":" + value + "\r\n");
    String digits = Long.toString(value);
    both(w -> w.bulkLong(value), "$" + digits.length() + "\r\n" + digits + "\r\n");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 9, 10, 64, 99, 100, 2047, 2048, 2049, 16 * 1024, 100_000})
  void writesBulkStrings(int length) {
    String text = "x".repeat(length);
    String expected = "$" + length + "\r\n" + text + "\r\n";
    byte[] bytes = text.getBytes(UTF_8);
    MemorySegment memory = Arena.ofAuto().allocate(length + 20L);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory, 7, length);
    both(w -> w.bulk(memory, 7, length), expected);
    both(w -> w.bulk(bytes), expected);
    both(w -> w.bulk(ByteString.of(bytes)), expected);
    both(w -> w.bulk(text), expected);
    both(w -> w.raw(memory, 7, length), text);
    both(w -> w.raw(bytes), text);
  }

  @Test
  void writesTextInUtf8() {
    both(w -> w.bulk("grün"), "$5\r\ngrün\r\n");
  }

  @Test
  void writesTheFormOfTheVersion() {
    both(ReplyWriter::nil, "$-1\r\n", "_\r\n");
    both(ReplyWriter::nilArray, "*-1\r\n", "_\r\n");
    both(w -> w.bool(true), ":1\r\n", "#t\r\n");
    both(w -> w.bool(false), ":0\r\n", "#f\r\n");
    both(w -> w.doubleValue(3.25), "$4\r\n3.25\r\n", ",3.25\r\n");
    both(w -> w.doubleValue(-7), "$2\r\n-7\r\n", ",-7\r\n");
    both(w -> w.doubleValue(Double.NEGATIVE_INFINITY), "$4\r\n-inf\r\n", ",-inf\r\n");
    both(
        w -> w.bigNumber("12345678901234567890"),
        "$20\r\n12345678901234567890\r\n",
        "(12345678901234567890\r\n");
    both(w -> w.verbatim("txt", "hi"), "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n");
    both(w -> w.map(2), "*4\r\n", "%2\r\n");
    both(w -> w.set(12), "*12\r\n", "~12\r\n");
    both(w -> w.push(3), "*3\r\n", ">3\r\n");
    both(w -> w.array(1000), "*1000\r\n");
    assertThat(written(3, w -> w.attribute(1))).isEqualTo("|1\r\n");
    assertThatThrownBy(() -> written(2, w -> w.attribute(1)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void writesDeferredLengths() {
    both(
        w -> {
          w.ok();
          long outer = w.deferArray();
          w.integer(1);
          long inner = w.deferMap();
          w.bulk("key");
          w.bulk("v".repeat(50));
          w.resolve(inner, 1);
          long set = w.deferSet();
          w.resolve(set, 0);
          w.resolve(outer, 3);
          w.pong();
        },
        "+OK\r\n*3\r\n:1\r\n*2\r\n$3\r\nkey\r\n$50\r\n" + "v".repeat(50) + "\r\n*0\r\n+PONG\r\n",
        "+OK\r\n*3\r\n:1\r\n%1\r\n$3\r\nkey\r\n$50\r\n" + "v".repeat(50) + "\r\n~0\r\n+PONG\r\n");
  }

  @Test
  void closesGapsInReverseOrderOnly() {
    ReplyWriter writer = new ReplyWriter(new Windows(100));
    long outer = writer.deferArray();
    writer.deferArray();
    assertThatThrownBy(() -> writer.resolve(outer, 0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void discardsSuppressedReplies() {
    both(
        w -> {
          w.ok();
          w.setSuppressed(true);
          w.error("ERR no");
          w.bulk("x".repeat(100_000));
          w.raw(new byte[100_000]);
          long mark = w.deferArray();
          w.bulk(new byte[3000]);
          w.resolve(mark, 1);
          w.doubleValue(1.5);
          w.setSuppressed(false);
          w.pong();
        },
        "+OK\r\n+PONG\r\n");
  }

  @Test
  void collects() {
    try (ReplyCollector collector = new ReplyCollector(BufferMemory.offHeap())) {
      ReplyWriter writer = new ReplyWriter(collector);
      long mark = writer.deferArray();
      writer.bulk("y".repeat(5000));
      writer.resolve(mark, 1);
      assertThat(new String(collector.toByteArray(), UTF_8))
          .isEqualTo("*1\r\n$5000\r\n" + "y".repeat(5000) + "\r\n");
      collector.clear();
      writer.ok();
      assertThat(collector.length()).isEqualTo(5);
    }
  }

  /** Writes random replies to windows of random sizes and decodes them. */
  @Test
  void isReadBackByTheDecoder() throws ProtocolException {
    Random random = Seed.random("ReplyWriterTest");
    for (int round = 0; round < 500; round++) {
      Windows windows = new Windows(16 + random.nextInt(300));
      ReplyWriter writer = new ReplyWriter(windows);
      writer.setResp(3);
      List<Reply> expected = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        expected.add(write(writer, random, 0));
      }
      byte[] bytes = windows.text().getBytes(UTF_8);
      ReplyDecoder decoder = new ReplyDecoder();
      List<Reply> read = new ArrayList<>();
      int at = 0;
      while (at < bytes.length) {
        int part = Math.min(bytes.length - at, 1 + random.nextInt(random.nextBoolean() ? 3 : 200));
        decoder.feed(bytes, at, part);
        at += part;
        for (Reply reply = decoder.next(); reply != null; reply = decoder.next()) {
          read.add(reply);
        }
      }
      assertThat(read).isEqualTo(expected);
      assertThat(decoder.rest()).isEmpty();
    }
  }

  private static Reply write(ReplyWriter writer, Random random, int depth) {
    int kind = random.nextInt(depth < 4 ? 12 : 7);
    int size = random.nextInt(5);
    switch (kind) {
      case 0:
        long value = random.nextLong() >> random.nextInt(64);
        writer.integer(value);
        return new Reply.Integer(value);
      case 1:
        String text = "x".repeat(random.nextInt(500));
        writer.bulk(text);
        return new Reply.Bulk(text.getBytes(UTF_8));
      case 2:
        writer.nil();
        return new Reply.Null();
      case 3:
        writer.bool(size > 2);
        return new Reply.Bool(size > 2);
      case 4:
        double number = random.nextInt(100_000) / 64.0;
        writer.doubleValue(number);
        return new Reply.Double(number);
      case 5:
        writer.verbatim("txt", "hello");
        return new Reply.Verbatim("txt", "hello");
      case 6:
        writer.error("ERR wrong");
        return new Reply.Error("ERR wrong");
      case 7:
        writer.array(size);
        return new Reply.Array(elements(writer, random, depth, size));
      case 8:
        long mark = writer.deferArray();
        List<Reply> late = elements(writer, random, depth, size);
        writer.resolve(mark, size);
        return new Reply.Array(late);
      case 9:
        long setMark = writer.deferSet();
        List<Reply> members = elements(writer, random, depth, size);
        writer.resolve(setMark, size);
        return new Reply.Set(members);
      case 10:
        long mapMark = writer.deferMap();
        List<Reply> keys = new ArrayList<>();
        List<Reply> values = new ArrayList<>();
        for (int i = 0; i < size; i++) {
          keys.add(write(writer, random, depth + 1));
          values.add(write(writer, random, depth + 1));
        }
        writer.resolve(mapMark, size);
        return new Reply.Map(keys, values);
      default:
        writer.push(size);
        return new Reply.Push(elements(writer, random, depth, size));
    }
  }

  private static List<Reply> elements(ReplyWriter writer, Random random, int depth, int size) {
    List<Reply> elements = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      elements.add(write(writer, random, depth + 1));
    }
    return elements;
  }
}
