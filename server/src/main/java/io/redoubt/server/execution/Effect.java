package io.redoubt.server.execution;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.memory.Region;

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

  /** Bytes of the region. */
  public Effect bytes(long address, int length) {
    writer.bulk(call.memory(), address, length);
    return this;
  }

  /** Argument {@code i} of the command that ran. */
  public Effect argument(int i) {
    writer.bulk(call.memory(), call.argAddress(i), call.argLength(i));
    return this;
  }

  /** The id of a stream's entry. */
  public Effect id(long millis, long sequence) {
    writer.bulkId(millis, sequence);
    return this;
  }

  /** The id of a stream's entry that is in the region. */
  public Effect idAt(long address) {
    return id(Region.getLong(address), Region.getLong(address + 8));
  }

  /** A number in decimal digits. */
  public Effect number(long value) {
    writer.bulkLong(value);
    return this;
  }
}
