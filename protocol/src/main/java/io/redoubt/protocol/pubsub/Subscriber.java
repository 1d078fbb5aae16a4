package io.redoubt.protocol.pubsub;

import io.redoubt.protocol.resp.ReplyWriter;
import java.util.function.Consumer;

/** Who can be subscribed: a client, seen from here. */
public interface Subscriber {
  /** Its subscriptions; the same object for the whole life of the subscriber. */
  Subscriptions subscriptions();

  /**
   * Writes a confirmation: part of the reply to the running command, but sent even when replies are
   * switched off.
   *
   * @param message writes one push; called at once
   */
  void confirm(Consumer<ReplyWriter> message);

  /**
   * Sends something that is no reply to a command: even when replies are switched off, and not in
   * the middle of a reply.
   *
   * @param message writes one push; called once, now or when the running command has replied
   */
  void push(Consumer<ReplyWriter> message);
}
