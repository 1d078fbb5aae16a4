package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbIdempotency;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.stream.Idempotency;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.Streams;
import java.lang.foreign.MemorySegment;

/** Restores the idempotent ids of the stream that was loaded last. */
final class IdempotencyFill implements RdbIdempotency.Part {
  private final Idempotency ids;
  private final long nowMillis;
  private final StreamId entryId = new StreamId();

  /** The root of the stream, 0 if the last key is no stream or was skipped. */
  private long root;

  IdempotencyFill(Values values, long nowMillis) {
    ids = values.streams().idempotency();
    this.nowMillis = nowMillis;
  }

  /** Called when a key starts. */
  void begin() {
    root = 0;
  }

  /** Called when a value is complete. */
  void onLoaded(long entry) {
    root = Entry.type(entry) == Type.STREAM ? Streams.root(entry) : 0;
  }

  void read(MemorySegment memory, long offset, int length) throws RdbException {
    if (root != 0) {
      RdbIdempotency.read(memory, offset, length, this);
    }
  }

  @Override
  public void limits(int durationSeconds, int maxsize, long added, long duplicates)
      throws RdbException {
    if (Idempotency.table(root) != 0) {
      throw Place.twice("limit of idempotent ids");
    }
    long table = ids.create(root, durationSeconds, maxsize);
    Idempotency.setCounts(table, added, duplicates);
  }

  @Override
  public void id(
      MemorySegment memory,
      long producer,
      int producerLength,
      long text,
      int textLength,
      long millis,
      long sequence)
      throws RdbException {
    long table = Idempotency.table(root);
    if (table == 0) {
      throw RdbException.refusal("Idempotent ids without limits");
    }
    entryId.set(millis, sequence);
    ids.record(table, producer, producerLength, text, textLength, entryId, nowMillis);
  }
}
