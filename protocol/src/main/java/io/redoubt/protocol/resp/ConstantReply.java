package io.redoubt.protocol.resp;

import io.redoubt.protocol.bytes.BufferMemory;
import java.util.function.Consumer;

/**
 * A reply that never changes and takes long to encode: it is encoded once for each protocol
 * version, at its first use.
 */
public final class ConstantReply {
  private static final byte[] NONE = {};

  private final Consumer<ReplyWriter> encoder;
  private byte[] resp2 = NONE;
  private byte[] resp3 = NONE;

  /**
   * Creates a reply that is not encoded yet.
   *
   * @param encoder writes the reply
   */
  public ConstantReply(Consumer<ReplyWriter> encoder) {
    this.encoder = encoder;
  }

  /** Writes the reply in the protocol version of the writer. */
  public void write(ReplyWriter reply) {
    if (reply.resp() == 2) {
      resp2 = encoded(resp2, 2);
      reply.raw(resp2);
    } else {
      resp3 = encoded(resp3, 3);
      reply.raw(resp3);
    }
  }

  private byte[] encoded(byte[] before, int resp) {
    if (before.length > 0) {
      return before;
    }
    try (ReplyCollector collected = new ReplyCollector(BufferMemory.offHeap())) {
      ReplyWriter writer = new ReplyWriter(collected);
      writer.setResp(resp);
      encoder.accept(writer);
      return collected.toByteArray();
    }
  }
}
