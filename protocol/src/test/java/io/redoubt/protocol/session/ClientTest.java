package io.redoubt.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.config.directive.OutputLimit;
import io.redoubt.protocol.net.IoThreadCount;
import io.redoubt.protocol.session.TestProcess.Peer;
import io.redoubt.protocol.session.input.TurnShare;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClientTest {
  private final TestProcess process;

  ClientTest() throws IOException {
    process = new TestProcess();
  }

  @AfterEach
  void close() {
    process.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void executesAPipelineSplitAtEachByte() throws Exception {
    String sent =
        "*1\r\n$4\r\nPING\r\nECHO 'a b'\r\n*2\r\n$3\r\nLEN\r\n$11\r\n0123\r\n56789\r\n\r\n*0\r\n"
            + "PING x\r\n*2\r\n$4\r\nECHO\r\n$0\r\n\r\n";
    String expected = "+PONG\r\n$3\r\na b\r\n:11\r\n$1\r\nx\r\n$0\r\n\r\n";
    for (int cut = 0; cut <= sent.length(); cut++) {
      try (Peer peer = process.connect()) {
        peer.send(bytes(sent.substring(0, cut)));
        // The reply to another client proves that the first part was read in an earlier turn.
        process.onLoop(() -> 0);
        peer.send(bytes(sent.substring(cut)));
        assertThat(peer.read(expected.length())).as("cut at %d", cut).isEqualTo(expected);
      }
    }
  }

  @Test
  void executesInputOfSingleBytes() throws Exception {
    try (Peer peer = process.connect()) {
      for (byte b : bytes("*2\r\n$3\r\nLEN\r\n$5\r\nabcde\r\nPING\r\n")) {
        peer.send(new byte[] {b});
      }
      assertThat(peer.read(11)).isEqualTo(":5\r\n+PONG\r\n");
    }
  }

  @Test
  void keepsTheOrderOfALongPipeline() throws Exception {
    var sent = new ByteArrayOutputStream();
    var expected = new StringBuilder();
    for (int i = 0; i < 5000; i++) {
      sent.writeBytes(bytes("*2\r\n$4\r\nECHO\r\n$" + ("" + i).length() + "\r\n" + i + "\r\n"));
      expected.append('$').append(("" + i).length()).append("\r\n").append(i).append("\r\n");
    }
    try (Peer peer = process.connect()) {
      peer.send(sent.toByteArray());
      assertThat(peer.read(expected.length())).isEqualTo(expected.toString());
    }
  }

  @Test
  void anExpensivePipelineLeavesTurnsToOthers() throws Exception {
    assumeTrue(IoThreadCount.value() == 1, "requests arrive in the turn after they were sent");
    process.clock.nanosALook = TurnShare.NANOS;
    int count = 2_000;
    try (Peer peer = process.connect();
        Peer other = process.connect()) {
      assertThat(peer.ask("PING")).isEqualTo("+PONG");
      assertThat(other.ask("PING")).isEqualTo("+PONG");
      process.onLoop(() -> {
        peer.send(bytes("TICK\r\n".repeat(count)));
        other.send("TICK");
        return 0;
      });
      int seen = Integer.parseInt(other.reply().substring(1));
      assertThat(seen).as("the clock is read after few requests that take long").isLessThan(16);
      for (int i = 1; i <= count + 1; i++) {
        if (i != seen) {
          assertThat(peer.reply()).isEqualTo(":" + i);
        }
      }
    }
  }

  @Test
  void manyExpensivePipelinesLeaveTurnsToOthers() throws Exception {
    process.clock.nanosALook = TurnShare.NANOS;
    int count = 50;
    List<Peer> peers = new ArrayList<>();
    try (Peer other = process.connect()) {
      assertThat(other.ask("PING")).isEqualTo("+PONG");
      for (int i = 0; i < 60; i++) {
        Peer peer = process.connect();
        peers.add(peer);
        assertThat(peer.ask("PING")).isEqualTo("+PONG");
      }
      process.onLoop(() -> {
        for (Peer peer : peers) {
          peer.send(bytes("TICK\r\n".repeat(count)));
        }
        other.send("TICK");
        return 0;
      });
      int seen = Integer.parseInt(other.reply().substring(1));
      assertThat(seen).as("most pipelines wait for another turn").isLessThan(peers.size() / 2);
      Set<String> ticks = new HashSet<>();
      for (int i = 0; i < count; i++) {
        for (Peer peer : peers) {
          ticks.add(peer.reply());
        }
      }
      assertThat(ticks).hasSize(peers.size() * count);
    } finally {
      for (Peer peer : peers) {
        peer.close();
      }
    }
  }

  @Test
  void transfersALargeArgumentAndReply() throws Exception {
    process.settings.queryBufferLimitBytes = 64 << 20;
    int size = 5_000_000;
    try (Peer peer = process.connect()) {
      peer.send(bytes("*2\r\n$3\r\nLEN\r\n$" + size + "\r\n"));
      peer.send(new byte[size]);
      peer.send(bytes("\r\nFILL " + size + "\r\n"));
      assertThat(peer.reply()).isEqualTo(":" + size);
      assertThat(peer.reply()).hasSize(9 + size);
    }
  }

  @Test
  void sendsAReplyOfDeferredLength() throws Exception {
    try (Peer peer = process.connect()) {
      String reply = peer.ask("TREE 30000");
      assertThat(reply).startsWith("*30000 :0 :1 ").endsWith(":29998 :29999");
      assertThat(peer.ask("TREE 0")).isEqualTo("*0");
    }
  }

  @Test
  void freesMemoryOfIdleAndClosedClients() throws Exception {
    long before = process.onLoop(process.memory::blocks);
    try (Peer peer = process.connect()) {
      peer.send(bytes("*2\r\n$3\r\nLEN\r\n$100000\r\n"));
      peer.send(new byte[50_000]);
      peer.send(new byte[50_000]);
      peer.send(bytes("\r\n"));
      assertThat(peer.reply()).isEqualTo(":100000");
      assertThat(process.onLoop(() -> process.registry.all().getFirst().input().kept().freeBytes()))
          .isZero();
      peer.send(bytes("*2\r\n$3\r\nLEN\r\n$100000\r\nhalf"));
    }
    try (Peer other = process.connect()) {
      String listed = other.ask("CLIENT LIST");
      while (listed.contains("id=1 ")) {
        listed = other.ask("CLIENT LIST");
      }
    }
    while (process.onLoop(process.registry::count) > 0) {
      Thread.onSpinWait();
    }
    // Chunks stay in the pool of the transport, at most one per connection here.
    assertThat(process.onLoop(process.memory::blocks)).isLessThanOrEqualTo(before + 2);
  }

  @Test
  void repliesToProtocolErrorsAfterEarlierRequests() throws Exception {
    try (Peer peer = process.connect()) {
      peer.send(bytes("PING\r\n*1\r\n!4\r\nPING\r\n"));
      assertThat(peer.reply()).isEqualTo("+PONG");
      assertThat(peer.reply()).isEqualTo("-ERR Protocol error: expected '$', got '!'");
      assertThat(peer.isClosed()).isTrue();
    }
  }

  @Test
  void limitsSizesBeforeAuthentication() throws Exception {
    process.onLoop(() -> {
      process.users.setRequiredPassword("secret");
      return 0;
    });
    try (Peer peer = process.connect()) {
      assertThat(peer.ask("PING")).isEqualTo("-NOAUTH Authentication required.");
      peer.send(bytes("*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n*2\r\n$3\r\nLEN\r\n$20000\r\n"));
      peer.send(new byte[20_000]);
      peer.send(bytes("\r\n"));
      assertThat(peer.reply()).isEqualTo("+OK");
      assertThat(peer.reply()).isEqualTo(":20000");
    }
    try (Peer peer = process.connect()) {
      peer.send(bytes("*2\r\n$3\r\nLEN\r\n$20000\r\n"));
      assertThat(peer.reply()).isEqualTo("-ERR Protocol error: unauthenticated bulk length");
      assertThat(peer.isClosed()).isTrue();
    }
  }

  @Test
  void keepsRequestsOfABlockedClient() throws Exception {
    try (Peer peer = process.connect();
        Peer other = process.connect()) {
      String id = peer.ask("CLIENT ID").substring(1);
      peer.send(bytes("BLOCK 0\r\nECHO after\r\nBLOCK 0\r\nPING\r\n"));
      while (!other.ask("CLIENT LIST ID " + id).contains("flags=b ")) {
        Thread.onSpinWait();
      }
      assertThat(other.ask("WAKE " + id)).isEqualTo(":1");
      assertThat(peer.reply()).isEqualTo("+WOKEN");
      assertThat(peer.reply()).isEqualTo("$5 after");
      while (other.ask("CLIENT UNBLOCK " + id + " ERROR").equals(":0")) {
        Thread.onSpinWait();
      }
      assertThat(peer.reply()).isEqualTo("-UNBLOCKED client unblocked via CLIENT UNBLOCK");
      assertThat(peer.reply()).isEqualTo("+PONG");
      assertThat(peer.ask("BLOCK 1")).isEqualTo("*-1");
    }
  }

  @Test
  void resumesAClientUnblockedInTheTurnThatBlockedIt() throws Exception {
    try (Peer peer = process.connect();
        Peer other = process.connect()) {
      String id = peer.ask("CLIENT ID").substring(1);
      assertThat(other.ask("PING")).isEqualTo("+PONG");
      Semaphore turns = holdLoop();
      // A wake-up without a blocked client has no effect on the next command that blocks.
      peer.send(bytes("PING\r\nBLOCK 0\r\nECHO after\r\nBLOCK 0\r\nECHO ha"));
      other.send(bytes("WAKE " + id + "\r\nWAKE " + id + "\r\nPING\r\n"));
      turns.release();
      int woken = Integer.parseInt(other.reply().substring(1));
      woken += Integer.parseInt(other.reply().substring(1));
      assertThat(other.reply()).isEqualTo("+PONG");
      for (; woken < 2; woken++) {
        while (other.ask("WAKE " + id).equals(":0")) {
          Thread.onSpinWait();
        }
      }
      peer.send(bytes("lf\r\n"));
      assertThat(peer.reply()).isEqualTo("+PONG");
      assertThat(peer.reply()).isEqualTo("+WOKEN");
      assertThat(peer.reply()).isEqualTo("$5 after");
      assertThat(peer.reply()).isEqualTo("+WOKEN");
      assertThat(peer.reply()).isEqualTo("$4 half");
    }
  }

  /** Blocks the loop until the returned semaphore is released. */
  private Semaphore holdLoop() throws Exception {
    var turns = new Semaphore(0);
    var holding = new Semaphore(0);
    process.holdLoop(() -> {
      holding.release();
      turns.acquireUninterruptibly();
    });
    holding.acquire();
    return turns;
  }

  @Test
  void batchesPipelinesOfSeveralClientsInOneTurn() throws Exception {
    Random random = Seed.random("ClientTest");
    int clients = 5;
    int requests = 300;
    var peers = new ArrayList<Peer>();
    var sent = new ArrayList<byte[]>();
    int[] done = new int[clients];
    try {
      for (int i = 0; i < clients; i++) {
        peers.add(process.connect());
        var stream = new StringBuilder();
        for (int k = 0; k < requests; k++) {
          stream.append("*2\r\n$4\r\nECHO\r\n$5\r\n").append(10_000 * (i + 1) + k).append("\r\n");
        }
        sent.add(bytes(stream.toString()));
      }
      int left = clients;
      while (left > 0) {
        Semaphore turns = holdLoop();
        for (int i = 0; i < clients; i++) {
          byte[] all = sent.get(i);
          int end = Math.min(all.length, done[i] + random.nextInt(1, 2000));
          if (done[i] < all.length) {
            peers.get(i).send(Arrays.copyOfRange(all, done[i], end));
            done[i] = end;
            left -= end == all.length ? 1 : 0;
          }
        }
        turns.release();
      }
      for (int i = 0; i < clients; i++) {
        for (int k = 0; k < requests; k++) {
          assertThat(peers.get(i).reply()).isEqualTo("$5 " + (10_000 * (i + 1) + k));
        }
      }
    } finally {
      for (Peer peer : peers) {
        peer.close();
      }
    }
  }

  @Test
  void executesRequestsOfADisconnectedClient() throws Exception {
    try (Peer waiting = process.connect()) {
      String id = waiting.ask("CLIENT ID").substring(1);
      waiting.send("BLOCK 0");
      try (Peer other = process.connect()) {
        while (!other.ask("CLIENT LIST ID " + id).contains("flags=b ")) {
          Thread.onSpinWait();
        }
        other.send("WAKE " + id);
      }
      assertThat(waiting.reply()).isEqualTo("+WOKEN");
    }
  }

  @Test
  void aPauseKeepsTheOrder() throws Exception {
    try (Peer peer = process.connect();
        Peer other = process.connect()) {
      assertThat(other.ask("CLIENT PAUSE 100000 WRITE")).isEqualTo("+OK");
      peer.send(bytes("GET k\r\nSET k v\r\nECHO last\r\n"));
      assertThat(peer.reply()).isEqualTo("$-1");
      assertThat(other.ask("PING")).isEqualTo("+PONG");
      assertThat(peer.socket.getInputStream().available()).isZero();
      assertThat(other.ask("CLIENT UNPAUSE")).isEqualTo("+OK");
      assertThat(peer.reply()).isEqualTo("+OK");
      assertThat(peer.reply()).isEqualTo("$4 last");
      assertThat(other.ask("CLIENT PAUSE 1")).isEqualTo("+OK");
      assertThat(peer.ask("PING")).as("a pause ends by itself").isEqualTo("+PONG");
    }
  }

  @Test
  void supportsReplyModes() throws Exception {
    try (Peer peer = process.connect()) {
      peer.send(
          bytes(
              "CLIENT REPLY SKIP\r\nECHO skipped\r\nECHO one\r\nCLIENT REPLY OFF\r\nECHO off\r\n"
                  + "SUBSCRIBE c\r\nCLIENT REPLY ON\r\nCLIENT REPLY foo\r\n"));
      assertThat(peer.reply()).isEqualTo("$3 one");
      assertThat(peer.reply())
          .as("confirmations come even when replies are off")
          .isEqualTo("*3 $9 subscribe $1 c :1");
    }
    try (Peer peer = process.connect()) {
      peer.send(bytes("CLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY ON\r\nCLIENT REPLY foo\r\n"));
      assertThat(peer.reply()).isEqualTo("+OK");
      assertThat(peer.reply()).isEqualTo("-ERR syntax error");
    }
  }

  @Test
  void closesClientsWithTooMuchInputOrOutput() throws Exception {
    process.settings.queryBufferLimitBytes = 200_000;
    try (Peer peer = process.connect()) {
      peer.send(bytes("*2\r\n$3\r\nLEN\r\n$10000000\r\n"));
      try {
        peer.send(new byte[1_000_000]);
      } catch (IOException closed) {
        // Expected: closed during the write.
      }
      assertThat(peer.isClosed()).isTrue();
    }
    process.settings.outputLimit = new OutputLimit(1_000_000, 0, 0);
    try (Peer peer = process.connect();
        Peer other = process.connect()) {
      peer.send(bytes("FILL 20000000\r\n"));
      while (other.ask("CLIENT LIST").contains("cmd=fill")) {
        Thread.onSpinWait();
      }
      assertThat(process.onLoop(process.registry::outputLimitDisconnections)).isEqualTo(1);
      assertThat(process.onLoop(process.registry::queryLimitDisconnections)).isEqualTo(1);
    }
  }

  @Test
  void evictsTheLargestClient() throws Exception {
    process.settings.queryBufferLimitBytes = 100 << 20;
    process.settings.clientMemoryLimitBytes = 2_000_000;
    try (Peer small = process.connect();
        Peer large = process.connect();
        Peer kept = process.connect()) {
      assertThat(kept.ask("CLIENT NO-EVICT on")).isEqualTo("+OK");
      kept.send(bytes("*2\r\n$3\r\nLEN\r\n$800000\r\n" + "x".repeat(700_000)));
      small.send(bytes("*2\r\n$3\r\nLEN\r\n$400000\r\n" + "x".repeat(300_000)));
      try {
        large.send(bytes("*2\r\n$3\r\nLEN\r\n$9000000\r\n" + "x".repeat(5_000_000)));
      } catch (IOException closed) {
        // Expected: closed during the write.
      }
      assertThat(large.isClosed()).isTrue();
      small.send(bytes("x".repeat(100_000) + "\r\n"));
      kept.send(bytes("x".repeat(100_000) + "\r\n"));
      assertThat(small.reply()).isEqualTo(":400000");
      assertThat(kept.reply()).isEqualTo(":800000");
      assertThat(process.onLoop(process.registry::clientsEvicted)).isEqualTo(1);
    }
  }

  @Test
  void sendsNothingBeyondTheOutputLimit() throws Exception {
    process.settings.outputLimit = new OutputLimit(100_000, 0, 0);
    try (Peer greedy = process.connect()) {
      greedy.send("TREE 1000000");
      assertThat(greedy.isClosed()).as("nothing of a reply that is cut off is sent").isTrue();
    }
    try (Peer slow = process.connect();
        Peer other = process.connect()) {
      slow.ask("SUBSCRIBE c");
      String receivers = ":1";
      String message = "x".repeat(5000);
      while (receivers.equals(":1")) {
        receivers = other.ask("PUBLISH c " + message);
      }
      assertThat(receivers).isEqualTo(":0");
      assertThat(process.onLoop(process.registry::outputLimitDisconnections)).isEqualTo(2);
      assertThat((int) process.onLoop(() -> process.registry.count())).isEqualTo(1);
    }
  }

  @Test
  void pendingMessagesShareChunks() throws Exception {
    try (Peer slow = process.connect();
        Peer other = process.connect()) {
      slow.ask("SUBSCRIBE c");
      // Fills the socket buffers, so that further output stays in the process. An I/O thread that
      // has not written a message yet shows less.
      byte[] filler = bytes("*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$100000\r\n");
      while (process.onLoop(() -> process.registry.byId(1).queuedOutputBytes()) < 1_000_000) {
        other.send(filler);
        other.send(new byte[100_000]);
        other.send(bytes("\r\n"));
        assertThat(other.reply()).isEqualTo(":1");
      }
      long before = process.onLoop(process.memory::blocks);
      for (int i = 0; i < 500; i++) {
        assertThat(other.ask("PUBLISH c small")).isEqualTo(":1");
      }
      assertThat(process.onLoop(process.memory::blocks) - before).isLessThan(10);
      int seen = 0;
      while (seen < 500) {
        seen += slow.reply().endsWith(" small") ? 1 : 0;
      }
    }
  }

  @Test
  void refusesTooManyClients() throws Exception {
    process.settings.maxClients = 1;
    try (Peer first = process.connect()) {
      assertThat(first.ask("PING")).isEqualTo("+PONG");
      try (Peer second = process.connect()) {
        assertThat(second.reply()).isEqualTo("-ERR max number of clients reached");
        assertThat(second.isClosed()).isTrue();
      }
      assertThat(process.onLoop(process.registry.admission()::rejected)).isEqualTo(1);
    }
  }

  @Test
  void closesIdleClientsExceptSubscribers() throws Exception {
    process.settings.idleTimeoutSeconds = 1;
    try (Peer idle = process.connect();
        Peer subscriber = process.connect()) {
      assertThat(idle.ask("PING")).isEqualTo("+PONG");
      subscriber.ask("SUBSCRIBE c");
      while (process.onLoop(process.registry::count) == 2) {
        process.onLoop(() -> {
          process.registry.everySecond();
          return 0;
        });
      }
      assertThat(idle.isClosed()).isTrue();
      assertThat(subscriber.ask("PING")).isEqualTo("*2 $4 pong $0");
    }
  }

  @Test
  void ordinaryCommandsAllocateNothing() throws Exception {
    try (Peer peer = process.connect()) {
      assertThat(peer.ask("PING")).isEqualTo("+PONG");
      byte[] batch = bytes("*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n".repeat(60) + "GET k\r\n");
      int replyBytes = 60 * 11 + 5;
      int rounds = 4000;
      var reader =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  peer.read(rounds * replyBytes);
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      CompletableFuture<Long> allocated = new CompletableFuture<>();
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      Client client = process.onLoop(() -> process.registry.all().getFirst());
      MemorySegment memory = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_BYTE, batch);
      Runnable turns =
          new Runnable() {
            private int done;
            private long before;

            @Override
            public void run() {
              if (done == rounds / 2) {
                before = threads.getCurrentThreadAllocatedBytes();
              }
              client.onBytes(client.connection(), memory, 0, batch.length);
              client.onReadDone(client.connection());
              if (++done < rounds) {
                process.transport.loop().execute(this);
              } else {
                allocated.complete(threads.getCurrentThreadAllocatedBytes() - before);
              }
            }
          };
      process.transport.loop().execute(turns);
      reader.join();
      long commands = rounds / 2 * 61L;
      assertThat((double) allocated.get() / commands).as("bytes a command").isLessThan(2.0);
    }
  }
}
