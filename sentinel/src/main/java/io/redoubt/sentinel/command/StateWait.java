package io.redoubt.sentinel.command;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.blocking.Waiting;
import io.redoubt.sentinel.message.Answer;

/** A blocked client whose reply waits until the state is durable. */
final class StateWait implements Waiting {
  /** Writes the reply. */
  @FunctionalInterface
  interface Answer {
    /**
     * Writes the reply.
     *
     * @param kept true if the state is durable
     */
    void write(ReplyWriter reply, boolean kept);
  }

  private final Client client;
  private final Answer answer;
  private boolean over;

  StateWait(Client client, Answer answer) {
    this.client = client;
    this.answer = answer;
  }

  /** Ends the wait once the write has succeeded or failed. */
  void onSettled(boolean kept) {
    if (!over) {
      client.unblock();
      reply(kept);
    }
  }

  private void reply(boolean kept) {
    answer.write(client.reply(), kept);
    client.flushSoon();
  }

  /** Ends the wait on CLIENT UNBLOCK, with an unknown outcome. */
  @Override
  public void onTimeout() {
    reply(false);
  }

  @Override
  public void onEnd() {
    over = true;
  }
}
