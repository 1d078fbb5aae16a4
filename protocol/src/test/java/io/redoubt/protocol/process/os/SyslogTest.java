package io.redoubt.protocol.process.os;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyslogTest {
  /** 5 January 2026, 03:04:05 UTC. */
  private static final long MILLIS = 1_767_582_245_000L;

  private static final int LOCAL0 = 16;
  private static final int NOTICE = 5;

  @TempDir Path directory;
  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
  private MultiThreadIoEventLoopGroup loops;
  private Path address;
  private Syslog log;

  @BeforeEach
  void before() throws IOException {
    loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    address = directory.resolve("log");
    log = new Syslog(address.toString(), LOCAL0, "redis", 4711, ZoneOffset.UTC);
  }

  @AfterEach
  void after() {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void sendsADatagramInTheFormOfRfc3164() throws Exception {
    listen();

    assertThat(log.log(NOTICE, MILLIS, "Ready, ü")).isTrue();

    assertThat(received.poll(10, TimeUnit.SECONDS))
        .isEqualTo("<133>Jan  5 03:04:05 redis[4711]: Ready, ü");
  }

  @Test
  void losesMessagesWithoutADaemonAndSendsToALaterOne() throws Exception {
    assertThat(log.log(NOTICE, MILLIS, "lost")).isFalse();
    Channel first = listen();
    log.log(NOTICE, MILLIS, "one");
    assertThat(received.poll(10, TimeUnit.SECONDS)).endsWith("one");
    first.close().syncUninterruptibly();
    assertThat(log.log(NOTICE, MILLIS, "lost, too")).isFalse();
    Files.deleteIfExists(address);
    listen();

    log.log(NOTICE, MILLIS, "two");

    assertThat(received.poll(10, TimeUnit.SECONDS)).endsWith("two");
  }

  @Test
  void neverWaitsForADaemonThatDoesNotRead() throws Exception {
    Channel channel = listen();
    channel.config().setAutoRead(false);
    channel.eventLoop().submit(() -> {}).syncUninterruptibly();

    boolean lost = false;
    for (int sent = 0; sent < 10_000 && !lost; sent++) {
      lost = !log.log(NOTICE, MILLIS, "x".repeat(1000));
    }

    assertThat(lost).isTrue();
  }

  private Channel listen() {
    return new Bootstrap()
        .group(loops)
        .channel(EpollDomainDatagramChannel.class)
        .handler(
            new SimpleChannelInboundHandler<DomainDatagramPacket>() {
              @Override
              protected void channelRead0(ChannelHandlerContext in, DomainDatagramPacket packet) {
                received.add(packet.content().toString(UTF_8));
              }
            })
        .bind(new DomainSocketAddress(address.toString()))
        .syncUninterruptibly()
        .channel();
  }
}
