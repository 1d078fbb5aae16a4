package io.redoubt.sentinel.command;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.Waiting;

/** A client whose reply waits until the state that it shows is on disk. */
final class StateWait implements Waiting {
  /** Writes the reply. */
  @FunctionalInterface
  interface Answer {
    /**
     * Writes it.
     *
     * @param kept whether the state is on disk
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

  /** The write that it waits for has ended. */
  void settled(boolean kept) {
    if (!over) {
      client.unblock();
      reply(kept);
    }
  }

  private void reply(boolean kept) {
    answer.write(client.reply(), kept);
    client.flushSoon();
  }

  /** CLIENT UNBLOCK: nobody knows yet. */
  @Override
  public void timedOut() {
    reply(false);
  }

  @Override
  public void ended() {
    over = true;
  }
}
