package io.redoubt.protocol.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The listeners, connection attempts and tasks of a transport, and its end. */
@ParameterizedClass(name = "nio {0}")
@ValueSource(booleans = {false, true})
@Timeout(60)
class TransportTest extends TransportFixture {

  @Test
  void anAcceptorMayRefuseAConnection() throws Exception {
    Listener listener = transport.listen(loopback(0), BACKLOG, Connection::close);
    try (Socket socket = new Socket("127.0.0.1", listener.port())) {
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void reportsWhyItCannotListen() throws Exception {
    Listener listener = listen(EchoHandler::new);
    assertThatThrownBy(
            () -> transport.listen(loopback(listener.port()), BACKLOG, Connection::close))
        .isInstanceOf(IOException.class)
        .hasMessage("bind: Address already in use");
    assertThatThrownBy(() ->
            transport.listen(new InetSocketAddress("192.0.2.1", 0), BACKLOG, Connection::close))
        .isInstanceOf(IOException.class)
        .hasMessage("bind: Cannot assign requested address");
    if (!nio) {
      int port = listener.port();
      listener.close();
      transport.listen(loopback(port), BACKLOG, Connection::close).close();
    }
  }

  @Test
  void canListenFromItsLoop() {
    int port =
        onLoop(() -> {
          try {
            return listen(EchoHandler::new).port();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    assertThat(port).isPositive();
  }

  @Test
  void pausesAccepting() throws Exception {
    AtomicInteger accepted = new AtomicInteger();
    Listener listener =
        transport.listen(
            loopback(0),
            BACKLOG,
            c -> {
              accepted.incrementAndGet();
              c.setHandler(new EchoHandler());
            });
    onLoop(() -> {
      listener.accepting(false);
      return 0;
    });
    try (RespClient client = RespClient.connect("127.0.0.1", listener.port())) {
      client.sendRaw("+x\r\n");
      assertThat(onLoop(accepted::get)).isZero();
      listener.accepting(true);
      assertThat(client.receive()).isEqualTo(new Reply.Simple("x"));
    }
  }

  @Test
  void bindsIpv4AndIpv6() throws Exception {
    assumeTrue(!nio, "only epoll can keep IPv4 out of a listener of IPv6");
    assumeTrue(hasIpv6(), "no IPv6");
    for (String[] pair : new String[][] {{"127.0.0.1", "::1"}, {"0.0.0.0", "::"}}) {
      Listener four =
          transport.listen(
              new InetSocketAddress(pair[0], 0), BACKLOG, c -> c.setHandler(new EchoHandler()));
      EchoHandler echo = new EchoHandler();
      transport.listen(
          new InetSocketAddress(pair[1], four.port()), BACKLOG, c -> c.setHandler(echo));
      try (Socket socket = new Socket("::1", four.port())) {
        Connection connection = echo.opened.join();
        assertThat(onLoop(connection::remoteAddress)).isEqualTo("[::1]:" + socket.getLocalPort());
      }
      new Socket("127.0.0.1", four.port()).close();
    }
  }

  private static boolean hasIpv6() {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress("::1", 0));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void listensAtAPath(@TempDir Path folder) throws Exception {
    Path path = folder.resolve("redis.sock");
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
    EchoHandler echo = new EchoHandler();
    Listener listener = transport.listen(address, BACKLOG, c -> c.setHandler(echo));
    assertThat(listener.port()).isZero();
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(address);
      channel.write(ByteBuffer.wrap(new byte[] {7}));
      ByteBuffer back = ByteBuffer.allocate(1);
      channel.read(back);
      assertThat(back.get(0)).isEqualTo((byte) 7);
      Connection connection = echo.opened.join();
      assertThat(onLoop(connection::isUnix)).isTrue();
      assertThat(onLoop(connection::remoteAddress)).isEqualTo(path + ":0");
      assertThat(onLoop(connection::localAddress)).isEqualTo(path + ":0");
    }
    echo.closed.join();
  }

  /** A full accept queue reveals the backlog: Linux admits one more connection. */
  @Test
  void passesTheBacklogToTheKernel() throws Exception {
    int backlog = 3;
    Listener listener =
        transport.listen(loopback(0), backlog, c -> c.setHandler(new EchoHandler()));
    onLoop(() -> {
      listener.accepting(false);
      return 0;
    });
    List<SocketChannel> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 2 * backlog; i++) {
        SocketChannel client = SocketChannel.open();
        clients.add(client);
        client.configureBlocking(false);
        client.connect(loopback(listener.port()));
      }
      int connected = 0;
      while (connected <= backlog) {
        connected = 0;
        for (SocketChannel client : clients) {
          connected += client.isConnected() || client.finishConnect() ? 1 : 0;
        }
      }
      assertThat(connected).isEqualTo(backlog + 1);
    } finally {
      for (SocketChannel client : clients) {
        client.close();
      }
    }
  }

  @Test
  void connects() throws Exception {
    EchoHandler server = new EchoHandler();
    Listener listener = listen(() -> server);
    CompletableFuture<String> received = new CompletableFuture<>();
    EchoHandler client =
        new EchoHandler() {
          @Override
          public void onOpen(Connection connection) {
            super.onOpen(connection);
            ConnectionOutput out = new ConnectionOutput(connection);
            new ReplyWriter(out).simple("hi");
            out.flush();
          }

          @Override
          public void onBytes(Connection c, MemorySegment memory, long from, long to) {
            byte[] bytes = memory.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE);
            received.complete(new String(bytes, UTF_8));
            c.close();
          }
        };
    InetAddress source = InetAddress.getByName("127.0.0.2");
    transport.connect(
        InetSocketAddress.createUnresolved("127.0.0.1", listener.port()), source, 5000, client);
    assertThat(received.join()).isEqualTo("+hi\r\n");
    assertThat(client.closed.join()).isNull();
    assertThat(server.closed.join()).isNull();
    assertThat(onLoop(() -> server.opened.join().isOpen())).isFalse();
  }

  @Test
  void reportsWhyItCannotConnect() throws Exception {
    int port;
    try (ServerSocket closedAtOnce = new ServerSocket(0)) {
      port = closedAtOnce.getLocalPort();
    }
    EchoHandler refused = new EchoHandler();
    transport.connect(loopback(port), null, 5000, refused);
    assertThat(refused.closed.join()).isInstanceOf(ConnectException.class);
    EchoHandler nowhere = new EchoHandler();
    transport.connect(
        InetSocketAddress.createUnresolved("nowhere.invalid", 1), null, 5000, nowhere);
    assertThat(nowhere.closed.join()).isInstanceOf(UnknownHostException.class);
    EchoHandler badSource = new EchoHandler();
    transport.connect(loopback(port), InetAddress.getByName("192.0.2.1"), 5000, badSource);
    assertThat(badSource.closed.join()).isInstanceOf(IOException.class);
    assertThat(refused.opened).isNotDone();
  }

  /** The kernel does not answer connections that find the backlog full. */
  @Test
  void givesUpConnecting() throws Exception {
    List<SocketChannel> waiting = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      for (int i = 0; i < 8; i++) {
        SocketChannel channel = SocketChannel.open();
        waiting.add(channel);
        channel.configureBlocking(false);
        channel.connect(loopback(full.getLocalPort()));
      }
      EchoHandler late = new EchoHandler();
      transport.connect(loopback(full.getLocalPort()), null, 100, late);
      assertThat(late.closed.join())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("timed out");
    } finally {
      for (SocketChannel channel : waiting) {
        channel.close();
      }
    }
  }

  @Test
  void runsTasksInOrderAndOnItsThread() throws Exception {
    Loop loop = transport.loop();
    assertThat(loop.inLoop()).isFalse();
    assertThat(loop.thread().getName()).isEqualTo("test-loop");
    List<Integer> order = new ArrayList<>();
    CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
    CountDownLatch submitted = stopLoop(() -> order.add(1));
    loop.schedule(
        () -> {
          order.add(3);
          done.complete(null);
        },
        20);
    loop.execute(() -> order.add(loop.inLoop() && Thread.currentThread() == loop.thread() ? 2 : 0));
    loop.schedule(() -> order.add(9), 10).cancel();
    submitted.countDown();
    done.join();
    assertThat(order).containsExactly(1, 2, 3);
  }

  @Test
  void continuesAfterAnExceptionInATask() throws Exception {
    Loop loop = transport.loop();
    List<Throwable> thrown = new ArrayList<>();
    onLoop(() -> {
      loop.thread().setUncaughtExceptionHandler((thread, t) -> thrown.add(t));
      return 0;
    });
    CountDownLatch runs = new CountDownLatch(3);
    Cancellable cron =
        loop.every(
            () -> {
              runs.countDown();
              throw new IllegalStateException("every time");
            },
            1);
    loop.execute(() -> {
      throw new IllegalStateException("once");
    });
    assertThat(runs.await(30, TimeUnit.SECONDS)).isTrue();
    cron.cancel();
    assertThat(onLoop(() -> List.copyOf(thrown))).hasSizeGreaterThanOrEqualTo(4);
  }

  @Test
  void closingClosesConnections() throws Exception {
    EchoHandler echo = new EchoHandler();
    Listener listener = listen(() -> echo);
    try (Socket socket = new Socket("127.0.0.1", listener.port())) {
      echo.opened.join();
      transport.close();
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
    assertThat(echo.closed.join()).isNull();
  }

  @Test
  void closingFreesTheAddressDespiteAPendingConnection() throws Exception {
    InetSocketAddress address = new InetSocketAddress("127.0.0.1", FreePorts.one());
    for (int round = 0; round < 50; round++) {
      try (Transport one = Transport.open("one of many", BufferMemory.offHeap())) {
        one.listen(address, 511, Connection::close);
        new Socket(address.getAddress(), address.getPort()).close();
      }
    }
  }
}
