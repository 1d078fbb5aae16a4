package io.redoubt.server.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.RealRedis;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares the replies to blocked clients and the replication stream with a real Redis. */
final class BlockedClientsTest {
  private static final byte[] INFO = "INFO".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] CLIENTS = "clients".getBytes(StandardCharsets.US_ASCII);

  @TempDir private Path directory;

  private Twins twins;
  private Conversation conversation;
  private TwinStreams streams;
  private final List<WireConnection> waitingThere = new ArrayList<>();
  private final List<WireConnection> waitingHere = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    RealRedis.assumeInstalled();
    twins = Twins.start(directory);
    conversation = new Conversation(twins, 1, "2");
    streams = new TwinStreams(twins);
  }

  @AfterEach
  void stop() {
    if (twins != null) {
      conversation.close();
      streams.close();
      waitingThere.forEach(WireConnection::close);
      waitingHere.forEach(WireConnection::close);
      twins.close();
    }
  }

  /** Blocks one more client with each line, in order. */
  private void wait(String... lines) {
    for (String line : lines) {
      WireConnection there = twins.real();
      WireConnection here = twins.ours();
      there.send(line.split(" ", -1));
      waitingThere.add(there);
      here.send(line.split(" ", -1));
      waitingHere.add(here);
      String expected = "blocked_clients:" + waitingThere.size() + "\r\n";
      await()
          .untilAsserted(() -> {
            assertThat(text(conversation.askReal(0, INFO, CLIENTS))).contains(expected);
            assertThat(text(conversation.askOurs(0, INFO, CLIENTS))).contains(expected);
          });
    }
  }

  private static String text(byte[] reply) {
    return new String(reply, StandardCharsets.ISO_8859_1);
  }

  /** Sends lines, then compares the replies to blocked clients and the replication streams. */
  private void served(String... lines) {
    for (String line : lines) {
      conversation.say(0, line);
    }
    streams.expectSame(conversation);
    for (int i = 0; i < waitingThere.size(); i++) {
      String expected = text(waitingThere.get(i).receive());
      conversation.expectSame("reply " + i, expected, text(waitingHere.get(i).receive()));
    }
    waitingThere.forEach(WireConnection::close);
    waitingHere.forEach(WireConnection::close);
    waitingThere.clear();
    waitingHere.clear();
  }

  @Test
  void popsFromLists() {
    wait("BLPOP a 0", "BRPOP b a 0", "BLMPOP 0 2 b a RIGHT COUNT 2");
    served("RPUSH a 1 2 3 4 5");
    conversation.say(0, "DEL a");
    wait("BLMOVE a b left right 0", "BRPOPLPUSH b c 0", "BLPOP c 0");
    served("RPUSH a x y z");
    wait("BLPOP k 0", "BLPOP k 0");
    served("MULTI", "RPUSH k 1 2 3", "SET other 1", "LPOP k", "EXEC");
    wait("BLPOP one 0", "BLPOP two 0");
    served("MULTI", "RPUSH two 1", "RPUSH one 2", "EXEC");
    wait("BLMOVE from wrong LEFT LEFT 0");
    served("SET wrong text", "RPUSH from 1");
  }

  @Test
  void servesKeysCreatedByOtherCommands() {
    wait("BLPOP to 0");
    served("RPUSH from 1 2", "RENAME from to");
    wait("BLPOP copied 0");
    served("COPY to copied");
    wait("BLPOP swapped 0");
    served("SELECT 1", "RPUSH swapped 1 2", "SELECT 0", "SWAPDB 0 1");
  }

  @Test
  void popsFromSortedSets() {
    wait("BZPOPMIN z 0", "BZPOPMAX y z 0", "BZMPOP 0 1 z MIN COUNT 5");
    served("ZADD z 1 a 2 b 3 c 4 d");
  }

  @Test
  void readsFromStreams() {
    wait("XREAD BLOCK 0 STREAMS s t $ $", "XREAD BLOCK 0 COUNT 1 STREAMS s 0");
    served("XADD s 1-1 f v");
    conversation.say(0, "XGROUP CREATE s g $");
    wait(
        "XREADGROUP GROUP g one BLOCK 0 STREAMS s >", "XREADGROUP GROUP g two BLOCK 0 STREAMS s >");
    served("MULTI", "XADD s 2-1 f v", "XADD s 2-2 f w", "EXEC", "XADD s 3-1 f v");
  }
}
