package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The length of a turn of the loop. */
@ParameterizedClass(name = "nio {0}")
@ValueSource(booleans = {false, true})
@Timeout(60)
class EndOfTurnTest extends TransportFixture {

  private static final int WAITING = 100;

  /** Polls until a number of bytes has arrived or the time is over. */
  private static final class UntilAllHaveCome implements EndOfTurn {
    final AtomicInteger bytes = new AtomicInteger();
    final List<Integer> atEnds = new ArrayList<>();
    final CountDownLatch firstWait = new CountDownLatch(1);
    final CountDownLatch firstEnd = new CountDownLatch(1);
    private final int all;
    private final long nanos;
    private boolean waited;

    UntilAllHaveCome(int all, long nanos) {
      this.all = all;
      this.nanos = nanos;
    }

    @Override
    public long patienceNanos(int found) {
      if (bytes.get() == 0 || bytes.get() >= all || (waited && found == 0)) {
        return NO_LOOK;
      }
      waited = true;
      firstWait.countDown();
      return nanos;
    }

    @Override
    public void run() {
      if (bytes.get() > 0) {
        atEnds.add(bytes.getAndSet(0));
        waited = false;
        firstEnd.countDown();
      }
    }
  }

  /** Sends a byte, and another one after an event; returns the number of bytes of each turn. */
  private List<Integer> endsOfTurns(UntilAllHaveCome end, CountDownLatch event) throws Exception {
    reopen(end);
    Executor loop = transport.loop()::execute;
    BlockingQueue<EchoHandler> handlers = new LinkedBlockingQueue<>();
    Listener listener =
        transport.listen(
            new InetSocketAddress("127.0.0.1", 0),
            BACKLOG,
            accepted -> {
              EchoHandler handler =
                  new EchoHandler() {
                    @Override
                    public void onBytes(
                        Connection connection, MemorySegment memory, long from, long to) {
                      end.bytes.addAndGet((int) (to - from));
                      super.onBytes(connection, memory, from, to);
                    }
                  };
              handlers.add(handler);
              accepted.setHandler(handler);
            });
    try (Socket first = new Socket("127.0.0.1", listener.port());
        Socket second = new Socket("127.0.0.1", listener.port())) {
      handlers.take().opened.join();
      handlers.take().opened.join(); // so that their tasks do not end the turn
      first.getOutputStream().write('1');
      event.await();
      second.getOutputStream().write('2');
      assertThat(first.getInputStream().read()).isEqualTo('1');
      assertThat(second.getInputStream().read()).isEqualTo('2');
    }
    return CompletableFuture.supplyAsync(() -> List.copyOf(end.atEnds), loop).join();
  }

  @Test
  void aTurnContinuesWhileItsEndWaits() throws Exception {
    assumeTrue(IoThreadCount.value() == 1, "input of another thread may end the wait");
    var end = new UntilAllHaveCome(2, TimeUnit.SECONDS.toNanos(30));
    assertThat(endsOfTurns(end, end.firstWait)).containsExactly(2);
  }

  @Test
  void aTurnEndsAfterTheMaximumWait() throws Exception {
    var end = new UntilAllHaveCome(2, TimeUnit.MILLISECONDS.toNanos(2));
    assertThat(endsOfTurns(end, end.firstEnd)).containsExactly(1, 1);
  }

  /** A busy loop accepts all waiting connections in one turn. */
  @Test
  void acceptsAllWhoWaitInOneTurn() throws Exception {
    AtomicInteger turns = new AtomicInteger();
    EndOfTurn counting =
        new EndOfTurn() {
          @Override
          public long patienceNanos(int found) {
            return NO_LOOK;
          }

          @Override
          public void run() {
            turns.incrementAndGet();
          }
        };
    reopen(counting);
    Executor loop = transport.loop()::execute;
    List<Integer> acceptedIn = new ArrayList<>();
    CountDownLatch accepted = new CountDownLatch(WAITING);
    Listener listener =
        transport.listen(
            new InetSocketAddress("127.0.0.1", 0),
            WAITING,
            connection -> {
              connection.setHandler(new EchoHandler());
              acceptedIn.add(turns.get());
              accepted.countDown();
            });
    CountDownLatch waits = new CountDownLatch(1);
    CountDownLatch occupied = new CountDownLatch(1);
    CompletableFuture<Void> busy =
        CompletableFuture.runAsync(
            () -> {
              try {
                waits.countDown();
                occupied.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            },
            loop);
    waits.await();
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < WAITING; i++) {
      sockets.add(new Socket("127.0.0.1", listener.port()));
    }
    occupied.countDown();
    busy.join();
    accepted.await();
    for (Socket socket : sockets) {
      socket.close();
    }
    assertThat(acceptedIn).containsOnly(acceptedIn.getFirst());
  }
}
