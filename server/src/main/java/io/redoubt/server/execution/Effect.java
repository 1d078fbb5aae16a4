package io.redoubt.server.execution;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.memory.Region;

/** A command to propagate in place of the executed one, written word by word. */
public final class Effect {
  private static final byte[] DEL = {'D', 'E', 'L'};
  private static final byte[] UNLINK = {'U', 'N', 'L', 'I', 'N', 'K'};

  private final RegionCall call;
  private final ReplyWriter writer;

  Effect(RegionCall call, ReplyWriter writer) {
    this.call = call;
    this.writer = writer;
  }

  /**
   * Returns the command that removes a key.
   *
   * @param lazily true to free its value in the background
   */
  static byte[] removal(boolean lazily) {
    return lazily ? UNLINK : DEL;
  }

  /** Writes an ASCII word. */
  public Effect word(byte[] word) {
    writer.bulk(word);
    return this;
  }

  /** Writes bytes of the region. */
  public Effect bytes(long address, int length) {
    writer.bulk(call.memory(), address, length);
    return this;
  }

  /** Writes argument {@code i} of the executed command. */
  public Effect argument(int i) {
    writer.bulk(call.memory(), call.argAddress(i), call.argLength(i));
    return this;
  }

  /** Writes the id of a stream entry. */
  public Effect id(long millis, long sequence) {
    writer.bulkId(millis, sequence);
    return this;
  }

  /** Writes the id of a stream entry from the region. */
  public Effect idAt(long address) {
    return id(Region.getLong(address), Region.getLong(address + 8));
  }

  /** Writes a score, which reads back as the same number. */
  public Effect score(double value) {
    writer.bulkDouble(value);
    return this;
  }

  /** Writes a decimal number. */
  public Effect number(long value) {
    writer.bulkLong(value);
    return this;
  }
}
