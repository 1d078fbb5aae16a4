package io.redoubt.server.execution;

import io.redoubt.protocol.resp.ReplyWriter;

/** A command being written for the replicas, word by word, in place of the one that ran. */
public final class Effect {
  private final Call call;
  private final ReplyWriter writer;

  Effect(Call call, ReplyWriter writer) {
    this.call = call;
    this.writer = writer;
  }

  /** A word given in ASCII. */
  public Effect word(byte[] word) {
    writer.bulk(word);
    return this;
  }

  /** Argument {@code i} of the command that ran. */
  public Effect argument(int i) {
    writer.bulk(call.memory(), call.argAddress(i), call.argLength(i));
    return this;
  }

  /** A number in decimal digits. */
  public Effect number(long value) {
    writer.bulkLong(value);
    return this;
  }
}
