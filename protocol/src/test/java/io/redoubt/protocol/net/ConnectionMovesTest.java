package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that move between the owner's loop and I/O threads while they are used. */
@Timeout(60)
@ParameterizedClass
@ValueSource(booleans = {false, true})
final class ConnectionMovesTest extends TransportFixture {
  private static final int TIMEOUT_MILLIS = 20_000;
  private static final int CLIENTS = 8;

  private long moves() {
    return onLoop(() -> transport.moveStats().connections());
  }

  /** Moves connections through all numbers of threads until there were that many moves. */
  private void moveOften(Random random, long times) throws Exception {
    long end = moves() + times;
    while (moves() < end) {
      transport.setIoThreads(random.nextInt(4), true, refused -> {});
      pause(random);
    }
  }

  /** Waits for some tasks of the loop. */
  private void pause(Random random) {
    for (int i = random.nextInt(30); i > 0; i--) {
      moves();
    }
  }

  /** No byte is lost, doubled or reordered. */
  @Test
  void keepsTheOrderOfAllBytes() throws Exception {
    Random random = Seed.random("ConnectionMovesTest");
    Listener listener = listen(EchoHandler::new);
    EchoTraffic traffic = new EchoTraffic(() -> new Socket("127.0.0.1", listener.port()));
    traffic.during(
        CLIENTS,
        random,
        () -> {
          do {
            moveOften(random, 2000);
          } while (traffic.received() < 100_000);
        });
  }

  /** A connection that is quiet moves as well, and back. */
  @Test
  void movesQuietConnections() throws Exception {
    Listener listener = listen(EchoHandler::new);
    try (Socket socket = new Socket("127.0.0.1", listener.port())) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      for (int i = 0; i < 50; i++) {
        socket.getOutputStream().write(i);
        assertThat(socket.getInputStream().read()).isEqualTo(i);
        int threads = 1 - i % 2;
        transport.setIoThreads(threads, true, refused -> {});
        while (connectionsOfThreads() != threads) {
          Thread.onSpinWait();
        }
      }
    }
  }

  private long connectionsOfThreads() {
    return onLoop(
        () -> transport.ioThreadStats().stream().mapToLong(IoThreadStats::connections).sum());
  }

  /** The peer ends its side at any time of a move, and gets all that it has asked for. */
  @Test
  void repliesToAPeerThatEndsItsSideMeanwhile() throws Exception {
    Random random = Seed.random("ConnectionMovesTest");
    Listener listener = listen(EchoHandler::new);
    for (int i = 0; i < 100; i++) {
      try (Socket socket = new Socket("127.0.0.1", listener.port())) {
        socket.setSoTimeout(TIMEOUT_MILLIS);
        byte[] sent = new byte[1 + random.nextInt(50_000)];
        random.nextBytes(sent);
        transport.setIoThreads(i % 3, true, refused -> {});
        socket.getOutputStream().write(sent, 0, 1);
        assertThat(socket.getInputStream().read()).isEqualTo(sent[0] & 0xFF);
        transport.setIoThreads(random.nextInt(3), true, refused -> {});
        socket.getOutputStream().write(sent, 1, sent.length - 1);
        if (random.nextBoolean()) {
          transport.setIoThreads(random.nextInt(3), true, refused -> {});
        }
        byte[] received = socket.getInputStream().readNBytes(sent.length - 1);
        assertThat(received.length).isEqualTo(sent.length - 1);
        socket.shutdownOutput();
        transport.setIoThreads(random.nextInt(3), true, refused -> {});
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
      }
    }
  }

  /** The owner closes a connection at any time of a move; its memory is checked at the end. */
  @Test
  void closesWhatMoves() throws Exception {
    Random random = Seed.random("ConnectionMovesTest");
    for (int i = 0; i < 100; i++) {
      EchoHandler echo = new EchoHandler();
      Listener listener = listen(() -> echo);
      try (Socket socket = new Socket("127.0.0.1", listener.port())) {
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.getOutputStream().write(1);
        assertThat(socket.getInputStream().read()).isEqualTo(1);
        Connection connection = echo.opened.join();
        transport.setIoThreads(i % 2, true, refused -> {});
        if (random.nextBoolean()) {
          transport.setIoThreads(1 - i % 2, true, refused -> {});
        }
        if (random.nextInt(3) > 0) {
          pause(random);
        }
        boolean flushed = random.nextBoolean();
        onLoop(() -> {
          if (flushed) {
            connection.closeAfterFlush();
          } else {
            connection.close();
          }
          return 0;
        });
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
        echo.closed.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
      }
      listener.close();
    }
  }

  /** Output that fills the socket is sent in order, wherever the connection is meanwhile. */
  @Test
  void movesAConnectionWhosePeerReadsLate() throws Exception {
    Random random = Seed.random("ConnectionMovesTest");
    EchoHandler echo = new EchoHandler();
    Listener listener = listen(() -> echo);
    byte[] sent = new byte[20 << 20];
    random.nextBytes(sent);
    try (Socket socket = new Socket("127.0.0.1", listener.port())) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  socket.getOutputStream().write(sent);
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
      for (int at = 0; at < sent.length; ) {
        transport.setIoThreads(random.nextInt(3), true, refused -> {});
        byte[] part = socket.getInputStream().readNBytes(Math.min(1 << 20, sent.length - at));
        for (int i = 0; i < part.length; i += 997) {
          assertThat(part[i]).isEqualTo(sent[at + i]);
        }
        at += part.length;
      }
      writer.join();
    }
    echo.closed.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
  }
}
