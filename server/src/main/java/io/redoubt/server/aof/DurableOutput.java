package io.redoubt.server.aof;

import io.redoubt.persistence.aof.append.AofAppender;
import io.redoubt.protocol.session.OutputGate;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * The output gate of the append-only file. A reply is sent only after its writes are in the file;
 * with {@code appendfsync always} (strict), replies and the stream to replicas also wait for fsync.
 * Marks are offsets of the appender.
 *
 * <p>While the disk fails nothing is held, because writes are refused and reads are served from
 * memory.
 */
final class DurableOutput implements OutputGate {
  private final AofAppender appender;
  private final Runnable flush;
  private final LongSupplier streamOffset;
  private boolean strict;
  private boolean failing;

  /** A ring of ascending marks, and the replication offset that corresponds to each. */
  private long[] marks = new long[64];

  private long[] offsets = new long[64];
  private int first;
  private int count;
  private long lastMark = -1;
  private long durableStream = -1;

  DurableOutput(AofAppender appender, Runnable flush, LongSupplier streamOffset) {
    this.appender = appender;
    this.flush = flush;
    this.streamOffset = streamOffset;
  }

  /** Sets whether output must wait for fsync. */
  void setStrict(boolean on) {
    strict = on;
  }

  boolean isStrict() {
    return strict;
  }

  void setFailing(boolean on) {
    failing = on;
  }

  @Override
  public long mark() {
    flush.run();
    return strict ? appender.appended() : 0;
  }

  @Override
  public long passed() {
    return strict && !failing ? appender.passed() : Long.MAX_VALUE;
  }

  /** Records that the current replication offset corresponds to the appender's current offset. */
  void note() {
    long mark = appender.appended();
    if (mark == lastMark) {
      return;
    }
    lastMark = mark;
    if (count == marks.length) {
      grow();
    }
    int at = (first + count++) % marks.length;
    marks[at] = mark;
    offsets[at] = streamOffset.getAsLong();
  }

  private void grow() {
    long[] newMarks = new long[count * 2];
    long[] newOffsets = new long[count * 2];
    for (int i = 0; i < count; i++) {
      newMarks[i] = marks[(first + i) % count];
      newOffsets[i] = offsets[(first + i) % count];
    }
    marks = newMarks;
    offsets = newOffsets;
    first = 0;
  }

  /** Advances the durable replication offset to the last mark that has become durable. */
  void update() {
    long durable = appender.durable();
    while (count > 0 && marks[first] <= durable) {
      durableStream = offsets[first];
      first = (first + 1) % marks.length;
      count--;
    }
  }

  /** Forgets all marks when appending is turned off. */
  void reset() {
    Arrays.fill(marks, 0);
    count = 0;
    lastMark = -1;
    durableStream = -1;
  }

  /** Returns the replication offset up to which the stream is durable. */
  long durableStreamOffset() {
    return count == 0 && appender.durable() >= appender.appended()
        ? streamOffset.getAsLong()
        : durableStream;
  }

  /**
   * Returns the replication offset up to which the stream may be sent to replicas, so that no
   * replica has a write that its master could lose.
   */
  long shownStreamOffset() {
    if (!strict || failing || appender.passed() >= appender.appended()) {
      return Long.MAX_VALUE;
    }
    update();
    return durableStream;
  }
}
