package io.redoubt.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalIoHandler;
import java.io.IOException;
import java.net.ConnectException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client on netty that reaches the server without a socket. */
@Timeout(60)
final class ClientChannelTest {
  private final EmbeddedServer server = Redoubt.server().start();
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

  private Channel connect() throws Exception {
    return new Bootstrap()
        .group(loops)
        .channelFactory(server::channel)
        .handler(
            new SimpleChannelInboundHandler<ByteBuf>() {
              @Override
              protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
                received.add(bytes.toString(US_ASCII));
              }
            })
        .connect(new LocalAddress("any"))
        .sync()
        .channel();
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, US_ASCII);
  }

  private String next(int length) throws InterruptedException {
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      String piece = received.poll(20, TimeUnit.SECONDS);
      if (piece == null) {
        break;
      }
      text.append(piece);
    }
    return text.toString();
  }

  @AfterEach
  void close() {
    server.close();
    loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void carriesRequestsAndRepliesInOrder() throws Exception {
    Channel channel = connect();
    StringBuilder expected = new StringBuilder();
    for (int i = 1; i <= 5000; i++) {
      channel.write(bytes("INCR n\r\n"));
      expected.append(':').append(i).append("\r\n");
      if (i % 7 == 0) {
        channel.flush();
      }
    }
    channel.flush();
    assertThat(next(expected.length())).isEqualTo(expected.toString());
    assertThat(server.execute("GET", "n").text()).isEqualTo("5000");
  }

  @Test
  void waitsWithoutAutoReadUntilItIsAskedToRead() throws Exception {
    Channel channel = connect();
    channel.writeAndFlush(bytes("PING\r\n")).sync();
    next(7);
    channel.eventLoop().submit(() -> {}).sync(); // the next read has been requested
    channel.config().setAutoRead(false);
    channel.writeAndFlush(bytes("PING\r\n")).sync();
    next(7);
    channel.writeAndFlush(bytes("INCR n\r\n")).sync();
    while (server.execute("EXISTS", "n").number() == 0) {
      Thread.onSpinWait();
    }
    assertThat(server.execute("PING").text()).isEqualTo("PONG"); // the turn of INCR is over
    channel.eventLoop().submit(() -> {}).sync(); // its output could have been read
    assertThat(received).isEmpty();
    channel.read();
    assertThat(next(4)).isEqualTo(":1\r\n");
  }

  @Test
  void endsWithTheClientOrTheServer() throws Exception {
    Channel first = connect();
    first.writeAndFlush(bytes("PING\r\n")).sync();
    assertThat(next(7)).isEqualTo("+PONG\r\n");
    first.close().sync();
    assertThat(first.isActive()).isFalse();
    Channel second = connect();
    second.writeAndFlush(bytes("CLIENT KILL TYPE normal SKIPME no\r\n"));
    assertThat(second.closeFuture().await(20, TimeUnit.SECONDS)).isTrue();
    Channel third = connect();
    server.close();
    assertThat(third.closeFuture().await(20, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(() -> third.writeAndFlush(bytes("PING\r\n")).sync())
        .isInstanceOf(IOException.class);
    assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
  }
}
