package io.redoubt.server.replication.stream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import io.redoubt.server.replication.stream.TransferFraming.State;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TransferFramingTest {
  private static final String MARK = "0123456789abcdef0123456789abcdef01234567";

  private final TransferFraming framing = new TransferFraming(false);
  private final ByteArrayOutputStream payload = new ByteArrayOutputStream();

  @Test
  void readsAPayloadOfKnownLength() {
    byte[] bytes = bytes("\n\n$5\r\nhelloPING\r\n");
    assertThat(feed(bytes, 0, bytes.length)).isEqualTo(11);
    assertThat(framing.state()).isEqualTo(State.COMPLETE);
    assertThat(framing.isMarked()).isFalse();
    assertThat(framing.totalBytes()).isEqualTo(5);
    assertThat(payload.toString(ISO_8859_1)).isEqualTo("hello");
  }

  @Test
  void anEmptyPayloadIsCompleteAtOnce() {
    byte[] bytes = bytes("$0\r\nrest");
    assertThat(feed(bytes, 0, bytes.length)).isEqualTo(4);
    assertThat(framing.state()).isEqualTo(State.COMPLETE);
  }

  @Test
  void readsAPayloadEndedByAMark() {
    byte[] bytes = bytes("\n$EOF:" + MARK + "\r\nhello" + MARK + "*1\r\n");
    assertThat(feed(bytes, 0, bytes.length)).isEqualTo(bytes.length - 4);
    assertThat(framing.state()).isEqualTo(State.COMPLETE);
    assertThat(framing.isMarked()).isTrue();
    assertThat(framing.totalBytes()).isEqualTo(TransferFraming.UNKNOWN);
    assertThat(framing.payloadBytes()).isEqualTo(5);
    assertThat(payload.toString(ISO_8859_1)).isEqualTo("hello");
  }

  @Test
  void findsTheMarkAcrossEveryCut() {
    String teasing = MARK.substring(0, 39) + MARK.substring(0, 20) + "x";
    byte[] bytes = bytes("$EOF:" + MARK + "\r\n" + teasing + MARK + "after");
    int end = bytes.length - 5;
    for (int first = 1; first < end; first++) {
      for (int second = first; second < end; second++) {
        TransferFraming reader = new TransferFraming(false);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int[] cuts = {0, first, second, bytes.length};
        long position = 0;
        for (int i = 0; i < 3; i++) {
          position = feed(reader, out, bytes, cuts[i], cuts[i + 1]);
        }
        assertThat(reader.state()).isEqualTo(State.COMPLETE);
        assertThat(position).isEqualTo(end);
        assertThat(out.toString(ISO_8859_1)).isEqualTo(teasing);
      }
    }
  }

  @Test
  void readsAnyPayloadCutAnywhere() {
    Random random = Seed.random("TransferFramingTest");
    for (int round = 0; round < 200; round++) {
      String mark = ReplicationHistory.randomId(random);
      byte[] content = new byte[random.nextInt(3_000)];
      random.nextBytes(content);
      if (content.length > 100) {
        int at = random.nextInt(50);
        int length = random.nextInt(40);
        System.arraycopy(bytes(mark), 0, content, at, length);
        content[at + length] = '-'; // never the next byte of the mark by chance
      }
      boolean marked = random.nextBoolean();
      ByteArrayOutputStream wire = new ByteArrayOutputStream();
      wire.writeBytes(bytes("\n".repeat(random.nextInt(3))));
      wire.writeBytes(
          marked
              ? TransferFraming.markedHeader(mark)
              : TransferFraming.sizedHeader(content.length));
      wire.writeBytes(content);
      wire.writeBytes(bytes(marked ? mark : ""));
      byte[] bytes = wire.toByteArray();
      TransferFraming reader = new TransferFraming(false);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      int position = 0;
      while (position < bytes.length) {
        int step = 1 + random.nextInt(random.nextBoolean() ? 3 : 500);
        int to = Math.min(bytes.length, position + step);
        assertThat(feed(reader, out, bytes, position, to)).isEqualTo(to);
        position = to;
      }
      assertThat(reader.state()).isEqualTo(State.COMPLETE);
      assertThat(out.toByteArray()).isEqualTo(content);
      assertThat(reader.payloadBytes()).isEqualTo(content.length);
    }
  }

  @Test
  void reportsTheMastersError() {
    feed(bytes("-ERR not so\r\n"), 0, 13);
    assertThat(framing.state()).isEqualTo(State.FAILED);
    assertThat(failure()).isEqualTo("MASTER aborted replication with an error: ERR not so");
  }

  @Test
  void refusesInvalidHeaders() {
    feed(bytes("foo\r\n"), 0, 5);
    assertThat(failure())
        .isEqualTo(
            "Bad protocol from MASTER, the first byte is not '$' (we received 'foo'), are you sure"
                + " the host and port are right?");
  }

  @Test
  void refusesInvalidLengths() {
    for (String header : new String[] {"$x", "$-5", "$", "$EOF:short"}) {
      TransferFraming reader = new TransferFraming(false);
      byte[] bytes = bytes(header + "\r\n");
      feed(reader, payload, bytes, 0, bytes.length);
      assertThat(reader.state()).as(header).isEqualTo(State.FAILED);
    }
  }

  @Test
  void refusesALineWithoutEnd() {
    byte[] bytes = bytes("$" + "1".repeat(5_000));
    feed(bytes, 0, bytes.length);
    assertThat(framing.state()).isEqualTo(State.FAILED);
  }

  @Test
  void refusesMarksOfAnotherLength() {
    assertThatThrownBy(() -> TransferFraming.markedHeader("short"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private @Nullable String failure() {
    LogLine failure = framing.failure();
    return failure == null ? null : failure.text();
  }

  private long feed(byte[] bytes, int from, int to) {
    return feed(framing, payload, bytes, from, to);
  }

  private static long feed(
      TransferFraming reader, ByteArrayOutputStream out, byte[] bytes, int from, int to) {
    return reader.feed(
        MemorySegment.ofArray(bytes),
        from,
        to,
        (memory, offset, length) ->
            out.writeBytes(memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }
}
