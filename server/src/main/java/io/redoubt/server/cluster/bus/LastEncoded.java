package io.redoubt.server.cluster.bus;

import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.message.MessageEncoder;
import org.jspecify.annotations.Nullable;

/**
 * A cache of the last encoded message, so that a message to several nodes is encoded only once. A
 * published message has two encodings, full and light; its receivers take either in turn.
 */
final class LastEncoded {
  private static final byte[] NONE = {};

  private @Nullable Message message;
  private byte[] bytes = NONE;
  private Body.@Nullable Publish light;
  private byte[] lightBytes = NONE;

  /** Returns the bytes of a message, which the caller must not change. */
  byte[] of(Message wanted) {
    if (!wanted.equals(message)) {
      bytes = MessageEncoder.encode(wanted);
      message = wanted;
    }
    return bytes;
  }

  /** Returns the bytes of a message with a light header, which the caller must not change. */
  byte[] ofLight(Body.Publish wanted) {
    if (!wanted.equals(light)) {
      lightBytes = MessageEncoder.encodeLight(wanted);
      light = wanted;
    }
    return lightBytes;
  }

  /** Releases the bytes, which may be many. */
  void forget() {
    message = null;
    bytes = NONE;
    light = null;
    lightBytes = NONE;
  }
}
