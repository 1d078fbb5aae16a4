package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbStream;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbVisitor;
import java.lang.foreign.MemorySegment;

/** Makes entries of the collections that a reader tells. */
abstract class CollectionFiller implements RdbVisitor {

  private static RdbException refused(String what) {
    return RdbException.refusal("RDB values that are " + what + " are not supported");
  }

  @Override
  public void packed(RdbKey key, RdbType type, MemorySegment memory, long offset, int length)
      throws RdbException {
    throw refused("a " + type.description());
  }

  @Override
  public void beginList(RdbKey key, RdbType type, long parts) throws RdbException {
    throw refused("a list");
  }

  @Override
  public void listNode(MemorySegment memory, long offset, int length) {}

  @Override
  public void listElement(RdbBytes element) {}

  @Override
  public void beginSet(RdbKey key, long members) throws RdbException {
    throw refused("a set");
  }

  @Override
  public void setMember(RdbBytes member) {}

  @Override
  public void beginSortedSet(RdbKey key, long members) throws RdbException {
    throw refused("a sorted set");
  }

  @Override
  public void sortedSetMember(RdbBytes member, double score) {}

  @Override
  public void beginHash(RdbKey key, long fields, long nextExpiryMillis) throws RdbException {
    throw refused("a hash");
  }

  @Override
  public void hashField(RdbBytes field, RdbBytes value, long expireAtMillis) {}

  @Override
  public void beginStream(RdbKey key, RdbType type, long nodes) throws RdbException {
    throw refused("a stream");
  }

  @Override
  public void streamNode(
      long millis, long sequence, MemorySegment memory, long offset, int length) {}

  @Override
  public void stream(RdbStream stream) {}

  @Override
  public void streamGroup(
      RdbBytes name, long millis, long sequence, long entriesRead, long pending) {}

  @Override
  public void pendingEntry(long millis, long sequence, long deliveredAtMillis, long deliveries) {}

  @Override
  public void streamConsumers(long consumers) {}

  @Override
  public void streamConsumer(RdbBytes name, long seenAtMillis, long activeAtMillis, long pending) {}

  @Override
  public void consumerEntry(long millis, long sequence) {}

  @Override
  public void endValue() {}
}
