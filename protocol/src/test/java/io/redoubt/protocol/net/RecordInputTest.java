package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.redoubt.protocol.Seed;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Records that may be a close_notify are held, and all others pass at once and in order. */
final class RecordInputTest {
  private static final int ALERT = 21;
  private static final int DATA = 23;

  private final RecordInput input = new RecordInput();
  private final ByteArrayOutputStream passed = new ByteArrayOutputStream();
  private int possibleEnds;
  private boolean socketEnded;

  private final EmbeddedChannel channel =
      new EmbeddedChannel(
          input,
          new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
              ByteBuf bytes = (ByteBuf) message;
              byte[] copy = new byte[bytes.readableBytes()];
              bytes.readBytes(copy).release();
              passed.writeBytes(copy);
            }

            @Override
            public void userEventTriggered(ChannelHandlerContext context, Object event) {
              possibleEnds += event == RecordInput.Notice.POSSIBLE_END ? 1 : 0;
              socketEnded |= event instanceof ChannelInputShutdownEvent;
            }
          });

  private static byte[] record(int type, int length) {
    byte[] record = new byte[5 + length];
    Arrays.fill(record, (byte) type);
    record[1] = 3;
    record[2] = 3;
    record[3] = (byte) (length >> 8);
    record[4] = (byte) length;
    return record;
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  @Test
  void holdsWhatMayBeTheEnd() {
    byte[] data = record(DATA, 100);
    for (byte[] end : new byte[][] {record(DATA, 19), record(DATA, 35), record(ALERT, 26)}) {
      passed.reset();
      possibleEnds = 0;
      socketEnded = false;
      channel.writeInbound(Unpooled.wrappedBuffer(joined(data, end)));
      assertThat(passed.toByteArray()).isEqualTo(data);
      assertThat(possibleEnds).isEqualTo(1);
      channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
      assertThat(socketEnded).isFalse();
      input.passHeld();
      assertThat(passed.toByteArray()).isEqualTo(joined(data, end));
      assertThat(socketEnded).isTrue();
    }
  }

  @Test
  void passesRecordsOfOtherLengths() {
    byte[] all = joined(record(DATA, 19), record(DATA, 18), record(22, 19), record(DATA, 1 << 14));
    channel.writeInbound(Unpooled.wrappedBuffer(all));
    assertThat(passed.toByteArray()).isEqualTo(all);
    assertThat(possibleEnds).isZero();
  }

  /** However the input is cut, its bytes keep their order, and at most the last record waits. */
  @Test
  void keepsTheOrderOfRandomParts() {
    Random random = Seed.random("RecordInputTest");
    for (int round = 0; round < 2000; round++) {
      passed.reset();
      byte[][] records = new byte[1 + random.nextInt(8)][];
      for (int i = 0; i < records.length; i++) {
        int length = random.nextBoolean() ? 19 : random.nextInt(300);
        records[i] = record(random.nextBoolean() ? ALERT : DATA, length);
      }
      byte[] all = joined(records);
      for (int at = 0; at < all.length; ) {
        int bytes = Math.min(1 + random.nextInt(400), all.length - at);
        channel.writeInbound(Unpooled.copiedBuffer(all, at, bytes));
        at += bytes;
        assertThat(passed.size()).isGreaterThanOrEqualTo(at - Math.min(bytes, 305));
      }
      input.passHeld();
      assertThat(passed.toByteArray()).isEqualTo(all);
    }
  }

  @Test
  void freesWhatItHoldsAtTheEnd() {
    ByteBuf bytes = Unpooled.directBuffer().writeBytes(record(ALERT, 2));
    channel.writeInbound(bytes);
    assertThat(possibleEnds).isEqualTo(1);
    channel.pipeline().remove(input);
    input.passHeld();
    assertThat(passed.size()).isZero();
    assertThat(bytes.refCnt()).isZero();
  }
}
