package io.redoubt.server.replication.stream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.replication.stream.TransferFrames.Kind;
import io.redoubt.server.replication.stream.TransferFraming.State;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TransferFramesTest {
  private static final String HEADER = "\n$INTERLEAVED\r\n";

  private final Received received = new Received();

  @Test
  void separatesSnapshotAndStreamAndLeavesTheRest() {
    byte[] wire =
        join(
            HEADER.getBytes(ISO_8859_1),
            frame(Kind.SNAPSHOT, "REDIS"),
            frame(Kind.COMMANDS, "PING\r\n"),
            frame(Kind.SNAPSHOT, "0011"),
            frame(Kind.END, ""),
            "*1\r\n".getBytes(ISO_8859_1));
    TransferFraming framing = new TransferFraming(true);
    assertThat(feed(framing, received, wire, 0, wire.length)).isEqualTo(wire.length - 4);
    assertThat(framing.state()).isEqualTo(State.COMPLETE);
    assertThat(framing.isInterleaved()).isTrue();
    assertThat(framing.isMarked()).isFalse();
    assertThat(framing.totalBytes()).isEqualTo(TransferFraming.UNKNOWN);
    assertThat(framing.payloadBytes()).isEqualTo(9);
    assertThat(received.payload.toString(ISO_8859_1)).isEqualTo("REDIS0011");
    assertThat(received.commands.toString(ISO_8859_1)).isEqualTo("PING\r\n");
  }

  @Test
  void writesTheDocumentedFormat() {
    assertThat(new String(TransferFraming.interleavedHeader(), ISO_8859_1))
        .isEqualTo("$INTERLEAVED\r\n");
    assertThat(frame(Kind.SNAPSHOT, "ab")).containsExactly('S', 0, 0, 0, 2, 'a', 'b');
    assertThat(frame(Kind.COMMANDS, "x".repeat(258))).startsWith('C', 0, 0, 1, 2, 'x');
    assertThat(frame(Kind.END, "")).containsExactly('E', 0, 0, 0, 0);
  }

  @Test
  void decodesFramesCutAnywhere() {
    Random random = Seed.random("TransferFramesTest");
    for (int round = 0; round < 200; round++) {
      ByteArrayOutputStream wire = new ByteArrayOutputStream();
      ByteArrayOutputStream payload = new ByteArrayOutputStream();
      ByteArrayOutputStream commands = new ByteArrayOutputStream();
      wire.writeBytes(TransferFraming.interleavedHeader());
      for (int frames = random.nextInt(20); frames > 0; frames--) {
        byte[] content = new byte[random.nextInt(random.nextBoolean() ? 4 : 2000)];
        random.nextBytes(content);
        boolean snapshot = random.nextBoolean();
        wire.writeBytes(
            frame(snapshot ? Kind.SNAPSHOT : Kind.COMMANDS, new String(content, ISO_8859_1)));
        (snapshot ? payload : commands).writeBytes(content);
      }
      wire.writeBytes(frame(Kind.END, ""));
      byte[] bytes = wire.toByteArray();
      TransferFraming reader = new TransferFraming(true);
      Received out = new Received();
      int position = 0;
      while (position < bytes.length) {
        assertThat(reader.state()).isNotEqualTo(State.COMPLETE);
        int step = 1 + random.nextInt(random.nextBoolean() ? 3 : 500);
        int to = Math.min(bytes.length, position + step);
        assertThat(feed(reader, out, bytes, position, to)).isEqualTo(to);
        position = to;
      }
      assertThat(reader.state()).isEqualTo(State.COMPLETE);
      assertThat(out.payload.toByteArray()).isEqualTo(payload.toByteArray());
      assertThat(out.commands.toByteArray()).isEqualTo(commands.toByteArray());
    }
  }

  @Test
  void refusesInvalidFrames() {
    byte[][] broken = {
      {'X', 0, 0, 0, 1, 'a'},
      {'S', -1, 0, 0, 0, 'a'},
      {'C', 127, 0, 0, 0, 'a'},
      {'E', 0, 0, 0, 1, 'a'},
      "*1\r\n$4\r\nPING\r\n".getBytes(ISO_8859_1)
    };
    for (byte[] bytes : broken) {
      TransferFraming framing = new TransferFraming(true);
      byte[] wire = join(TransferFraming.interleavedHeader(), bytes);
      feed(framing, received, wire, 0, wire.length);
      assertThat(framing.state()).isEqualTo(State.FAILED);
      assertThat(framing.failure())
          .isEqualTo(
              LogLine.warning(
                  "Bad protocol from MASTER, a frame of an interleaved transfer is malformed"));
    }
  }

  @Test
  void refusesFramesThatItDidNotOffer() {
    TransferFraming framing = new TransferFraming(false);
    byte[] wire = TransferFraming.interleavedHeader();
    feed(framing, received, wire, 0, wire.length);
    assertThat(framing.state()).isEqualTo(State.FAILED);
  }

  private static byte[] frame(Kind kind, String content) {
    byte[] bytes = new byte[TransferFrames.PREFIX_BYTES + content.length()];
    MemorySegment memory = MemorySegment.ofArray(bytes);
    TransferFrames.putPrefix(memory, 0, kind, content.length());
    byte[] inside = content.getBytes(ISO_8859_1);
    System.arraycopy(inside, 0, bytes, TransferFrames.PREFIX_BYTES, inside.length);
    return bytes;
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }

  private static long feed(TransferFraming reader, Received out, byte[] bytes, int from, int to) {
    return reader.feed(MemorySegment.ofArray(bytes), from, to, out);
  }

  /** The received snapshot and stream, separately. */
  private static final class Received implements TransferFraming.Sink {
    private final ByteArrayOutputStream payload = new ByteArrayOutputStream();
    private final ByteArrayOutputStream commands = new ByteArrayOutputStream();

    @Override
    public void payload(MemorySegment memory, long offset, long length) {
      payload.writeBytes(memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
    }

    @Override
    public void commands(MemorySegment memory, long offset, long length) {
      commands.writeBytes(memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
    }
  }
}
