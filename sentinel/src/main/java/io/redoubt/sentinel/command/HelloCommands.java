package io.redoubt.sentinel.command;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.pubsub.Channels;
import io.redoubt.protocol.session.PubSubCommands;

/** Channels of a sentinel: everybody may listen to its events, but publish a hello only. */
public final class HelloCommands extends PubSubCommands<SentinelCall> {
  private static final String HELLO_CHANNEL = "__sentinel__:hello";

  /** The group for the channels on which events are published. */
  public HelloCommands(Channels channels) {
    super(channels);
  }

  @Override
  protected void publish(SentinelCall call) {
    if (!call.text(1).equals(HELLO_CHANNEL)) {
      throw new CommandError("ERR Only HELLO messages are accepted by Sentinel instances.");
    }
    call.control().hello(call.text(2));
    call.reply().integer(1);
  }
}
