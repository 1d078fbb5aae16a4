package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.bytes.BufferMemory;
import org.junit.jupiter.api.Test;

/** A reply that is encoded once for each protocol version. */
final class ConstantReplyTest {
  private int encodings;

  private final ConstantReply reply =
      new ConstantReply(to -> {
        encodings++;
        to.map(1);
        to.bulk("key");
        to.integer(7);
      });

  private String written(int resp) {
    try (ReplyCollector collected = new ReplyCollector(BufferMemory.offHeap())) {
      ReplyWriter writer = new ReplyWriter(collected);
      writer.setResp(resp);
      reply.write(writer);
      return new String(collected.toByteArray(), US_ASCII);
    }
  }

  @Test
  void encodesOnceForEachVersion() {
    for (int i = 0; i < 3; i++) {
      assertThat(written(2)).isEqualTo("*2\r\n$3\r\nkey\r\n:7\r\n");
      assertThat(written(3)).isEqualTo("%1\r\n$3\r\nkey\r\n:7\r\n");
    }
    assertThat(encodings).isEqualTo(2);
  }
}
