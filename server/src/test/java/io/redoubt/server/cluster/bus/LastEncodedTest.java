package io.redoubt.server.cluster.bus;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Claim;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.message.MessageEncoder;
import io.redoubt.server.cluster.slot.SlotSet;
import org.junit.jupiter.api.Test;

class LastEncodedTest {
  private final LastEncoded encoded = new LastEncoded();

  private static Body.Publish publish(String message) {
    return new Body.Publish(false, ByteString.of("news"), ByteString.of(message));
  }

  private static Message whole(Body body) {
    Endpoint endpoint = new Endpoint("10.0.0.1", 6379, 0, 16379);
    return new Message(
        new Header(
            "a".repeat(40),
            endpoint,
            new Header.View(1, true),
            new Claim(1, new SlotSet()),
            0,
            null,
            0,
            0),
        body);
  }

  @Test
  void encodesAMessageToSeveralNodesOnce() {
    Body.Publish body = publish("hello");
    Message message = whole(body);
    byte[] bytes = encoded.of(message);
    byte[] light = encoded.ofLight(body);
    assertThat(bytes).isEqualTo(MessageEncoder.encode(message));
    assertThat(light).isEqualTo(MessageEncoder.encodeLight(body));
    assertThat(encoded.of(message)).isSameAs(bytes);
    assertThat(encoded.ofLight(body)).isSameAs(light);
  }

  @Test
  void encodesAnotherMessageAnew() {
    Message first = whole(publish("one"));
    Message second = whole(publish("two"));
    assertThat(encoded.of(first)).isEqualTo(MessageEncoder.encode(first));
    assertThat(encoded.of(second)).isEqualTo(MessageEncoder.encode(second));
    assertThat(encoded.ofLight(publish("one"))).isNotEqualTo(encoded.ofLight(publish("two")));
    encoded.forget();
    assertThat(encoded.of(second)).isEqualTo(MessageEncoder.encode(second));
  }
}
