package io.redoubt.protocol.pubsub;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.SharedMessage;
import java.util.function.Consumer;

/** A client as seen by {@link Channels}. */
public interface Subscriber {
  /** Returns its subscriptions, always the same object. */
  Subscriptions subscriptions();

  /**
   * Writes a confirmation. It is part of the reply to the running command, but is sent even if
   * replies are switched off.
   *
   * @param message writes one push message; called at once
   */
  void confirm(Consumer<ReplyWriter> message);

  /**
   * Sends a push message that is not a reply, even if replies are switched off, and never within a
   * reply.
   *
   * @param message writes one push message; called once, now or after the running command's reply
   */
  void push(Consumer<ReplyWriter> message);

  /**
   * Sends a push message like {@link #push(Consumer)}; other subscribers receive the same object.
   */
  void push(SharedMessage message);
}
