package io.redoubt.server.cluster.message;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.bytes.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Decodes messages between four nodes of Redis 7.0.15: three masters with a third of the slots each
 * at 127.0.0.1:21001 to 21003, where 21002 announces a host name, and a replica at 21004. The nodes
 * met and published; the first master was killed and replaced, and took over again by CLUSTER
 * FAILOVER.
 */
class CapturedMessagesTest {
  private final List<byte[]> captured = new ArrayList<>();
  private final List<Message> messages = new ArrayList<>();

  @BeforeEach
  void decode() throws IOException, MalformedMessage {
    try (InputStream in = CapturedMessagesTest.class.getResourceAsStream("bus-redis-7.0.15.bin")) {
      assertThat(in).isNotNull();
      ByteBuffer all = ByteBuffer.wrap(in.readAllBytes());
      while (all.hasRemaining()) {
        byte[] bytes = new byte[MessageDecoder.length(all)];
        all.get(bytes);
        captured.add(bytes);
        messages.add(MessageDecoder.decode(bytes));
      }
    }
  }

  private Message first(Predicate<Message> wanted) {
    return messages.stream().filter(wanted).findFirst().orElseThrow();
  }

  private Message first(Class<? extends Body> body) {
    return first(message -> body.isInstance(message.body()));
  }

  @Test
  void encodesThemAsRedisDid() {
    for (int i = 0; i < captured.size(); i++) {
      assertThat(MessageEncoder.encode(messages.get(i)))
          .as(messages.get(i).toString())
          .isEqualTo(captured.get(i));
    }
  }

  @Test
  void knowsNoUnknownOnes() {
    assertThat(messages)
        .hasSize(21)
        .noneMatch(message -> message.body() instanceof Body.Unknown)
        .allMatch(message -> message.header().endpoint().busPort() > 31000);
  }

  @Test
  void readsRoles() {
    for (Message message : messages) {
      Header header = message.header();
      int role = header.master() == null ? NodeFlag.MASTER : NodeFlag.REPLICA;
      assertThat(header.flags() & ~NodeFlag.MIGRATE_TO)
          .as(message.toString())
          .isEqualTo(NodeFlag.MYSELF | role);
    }
  }

  @Test
  void readsGossip() {
    Message greeting =
        first(message ->
            message.body() instanceof Body.Gossip gossip && gossip.kind() == Body.GossipKind.MEET);
    assertThat(greeting.header().endpoint()).isEqualTo(new Endpoint("", 21001, 0, 31001));
    Message extended =
        first(message ->
            message.body() instanceof Body.Gossip gossip
                && !gossip.entries().isEmpty()
                && !gossip.extensions().isEmpty());
    Body.Gossip gossip = (Body.Gossip) extended.body();
    assertThat(gossip.extensions()).containsExactly(new Extension.Hostname("two.example.com"));
    assertThat(extended.header().endpoint().port()).isEqualTo(21002);
    assertThat(gossip.entries())
        .allSatisfy(entry -> {
          assertThat(entry.endpoint().ip()).isEqualTo("127.0.0.1");
          assertThat(entry.endpoint().busPort()).isEqualTo(entry.endpoint().port() + 10000);
          assertThat(entry.flags() & ~NodeFlag.MYSELF).isIn(NodeFlag.MASTER, NodeFlag.HANDSHAKE);
          assertThat(Math.max(entry.pingSentSeconds(), entry.pongReceivedSeconds()))
              .isGreaterThan(1_700_000_000);
        });
  }

  @Test
  void readsTheStepsOfFailovers() {
    Header request = first(Body.VoteRequest.class).header();
    assertThat(request.slots()).hasToString("0-5460");
    assertThat(request.master()).isNotNull();
    assertThat(request.endpoint().port()).isEqualTo(21004);
    assertThat(request.says(Header.FORCE_ACK)).isFalse();
    Header vote = first(Body.Vote.class).header();
    assertThat(vote.currentEpoch()).isEqualTo(request.currentEpoch());
    assertThat(vote.master()).isNull();
    Body.Fail failure = (Body.Fail) first(Body.Fail.class).body();
    assertThat(failure.node()).isEqualTo(request.master());
    Header pause = first(Body.PauseRequest.class).header();
    assertThat(pause.sender()).isEqualTo(request.master());
    assertThat(
            first(message ->
                    message.body() instanceof Body.VoteRequest
                        && message.header().says(Header.FORCE_ACK))
                .header()
                .sender())
        .isEqualTo(pause.sender());
    assertThat(first(message -> message.header().says(Header.PAUSED)).header().endpoint().port())
        .isEqualTo(21004);
  }

  @Test
  void readsPublishedMessages() {
    assertThat(first(Body.Publish.class).body())
        .isEqualTo(new Body.Publish(false, bytes("channel"), bytes("hello")));
    assertThat(
            first(message -> message.body() instanceof Body.Publish publish && publish.sharded())
                .body())
        .isEqualTo(new Body.Publish(true, bytes("c2"), bytes("sharded")));
  }

  private static ByteString bytes(String text) {
    return ByteString.of(text.getBytes(ISO_8859_1));
  }
}
