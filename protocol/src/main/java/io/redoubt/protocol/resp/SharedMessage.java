package io.redoubt.protocol.resp;

import java.util.function.Consumer;

/** A push message to several clients, so that it can be encoded once for each version of RESP. */
public final class SharedMessage {
  private final Consumer<ReplyWriter> content;

  /**
   * Creates a message.
   *
   * @param content writes it; must write the same for all receivers with the same version of RESP
   */
  public SharedMessage(Consumer<ReplyWriter> content) {
    this.content = content;
  }

  /** Writes the message. */
  public void writeTo(ReplyWriter writer) {
    content.accept(writer);
  }
}
