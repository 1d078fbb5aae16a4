package io.redoubt.persistence.rdb.check;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbStream;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbVisitor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Passes each value on in the form that a server would keep: without repeated elements, and with a
 * consumer for each pending entry. The number of elements precedes them, so a value with
 * repetitions is read twice: the first pass records the counts, the second passes them on.
 */
final class ConsistentVisitor implements RdbVisitor {

  private final RdbVisitor next;
  private final List<Long> counts; // of the current value, in the order of their places
  private final boolean recorded;
  private final long nowMillis;
  private final Distinct distinct = new Distinct();
  private final PendingEntries entries = new PendingEntries();
  private final Set<String> groups = new HashSet<>();
  private final RdbBytes name = new RdbBytes();

  private RdbType type = RdbType.STRING;
  private boolean repaired;
  private int places; // the number of counts so far
  private int elementsAt; // the place of the current count of elements, of entries of a consumer
  private int consumersAt;
  private boolean inGroup;

  /** Creates a visitor that passes the counts of the file on and records the real ones. */
  ConsistentVisitor(RdbVisitor next, long nowMillis) {
    this(next, new ArrayList<>(), false, nowMillis);
  }

  private ConsistentVisitor(RdbVisitor next, List<Long> counts, boolean recorded, long nowMillis) {
    this.next = next;
    this.counts = counts;
    this.recorded = recorded;
    this.nowMillis = nowMillis;
  }

  /** Returns a visitor for the same value, read again, that passes the recorded counts on. */
  ConsistentVisitor again(RdbVisitor target) {
    return new ConsistentVisitor(target, List.copyOf(counts), true, nowMillis);
  }

  /** Starts another item. */
  void clear() {
    repaired = false;
    inGroup = false; // of a stream that was refused
  }

  /** Returns true if the last value is passed on otherwise than it stands in the file. */
  boolean isRepaired() {
    return repaired;
  }

  /** Takes the place of a count; returns the one to pass on. */
  private long place(long stored) {
    places++;
    if (!recorded) {
      counts.add(0L);
      return stored;
    }
    return counts.get(places - 1);
  }

  private void count(int place) {
    if (!recorded) {
      counts.set(place, counts.get(place) + 1);
    }
  }

  private long elements(RdbType of, long stored) {
    type = of;
    if (!recorded) {
      counts.clear();
      places = 0;
    }
    distinct.begin(stored);
    elementsAt = places;
    return place(stored);
  }

  private void report(long count, String what) throws RdbException {
    if (count > 0) {
      onRepair(type, count + " " + what);
    }
  }

  @Override
  public void onRepair(RdbType of, String what) throws RdbException {
    repaired = true;
    next.onRepair(of, what);
  }

  @Override
  public void begin(int version) throws RdbException {
    next.begin(version);
  }

  @Override
  public void aux(String field, String value) throws RdbException {
    next.aux(field, value);
  }

  @Override
  public void idempotency(MemorySegment memory, long offset, int length) throws RdbException {
    next.idempotency(memory, offset, length);
  }

  @Override
  public void selectDb(int database) throws RdbException {
    next.selectDb(database);
  }

  @Override
  public void resizeDb(long keys, long expiring) throws RdbException {
    next.resizeDb(keys, expiring);
  }

  @Override
  public void function(MemorySegment memory, long offset, int length) throws RdbException {
    next.function(memory, offset, length);
  }

  @Override
  public void moduleAux(String module) throws RdbException {
    next.moduleAux(module);
  }

  @Override
  public void beginString(RdbKey key, long length) throws RdbException {
    next.beginString(key, length);
  }

  @Override
  public void stringPart(MemorySegment memory, long offset, int length) throws RdbException {
    next.stringPart(memory, offset, length);
  }

  @Override
  public void endString() throws RdbException {
    next.endString();
  }

  @Override
  public void end() throws RdbException {
    next.end();
  }

  @Override
  public void string(RdbKey key, MemorySegment memory, long offset, int length)
      throws RdbException {
    next.string(key, memory, offset, length);
  }

  @Override
  public void integer(RdbKey key, long value) throws RdbException {
    next.integer(key, value);
  }

  @Override
  public void packed(RdbKey key, RdbType of, MemorySegment memory, long offset, int length)
      throws RdbException {
    next.packed(key, of, memory, offset, length);
  }

  @Override
  public void empty(RdbKey key) throws RdbException {
    repaired = true; // is left out
    next.empty(key);
  }

  @Override
  public void beginList(RdbKey key, RdbType of, long parts) throws RdbException {
    next.beginList(key, of, elements(RdbType.LIST, parts));
  }

  @Override
  public void listNode(MemorySegment memory, long offset, int length) throws RdbException {
    count(elementsAt);
    next.listNode(memory, offset, length);
  }

  @Override
  public void listElement(RdbBytes element) throws RdbException {
    count(elementsAt);
    next.listElement(element);
  }

  @Override
  public void beginSet(RdbKey key, long members) throws RdbException {
    next.beginSet(key, elements(RdbType.SET, members));
  }

  @Override
  public void setMember(RdbBytes member) throws RdbException {
    if (distinct.add(member)) {
      count(elementsAt);
      next.setMember(member);
    }
  }

  @Override
  public void beginSortedSet(RdbKey key, long members) throws RdbException {
    next.beginSortedSet(key, elements(RdbType.ZSET, members));
  }

  @Override
  public void sortedSetMember(RdbBytes member, double score) throws RdbException {
    if (distinct.add(member)) {
      count(elementsAt);
      next.sortedSetMember(member, score);
    }
  }

  @Override
  public void beginHash(RdbKey key, long fields, long nextExpiryMillis) throws RdbException {
    next.beginHash(key, elements(RdbType.HASH, fields), nextExpiryMillis);
  }

  @Override
  public void hashField(RdbBytes field, RdbBytes value, long expireAtMillis) throws RdbException {
    if (distinct.add(field)) {
      count(elementsAt);
      next.hashField(field, value, expireAtMillis);
    }
  }

  @Override
  public void beginStream(RdbKey key, RdbType of, long nodes) throws RdbException {
    groups.clear();
    inGroup = false;
    next.beginStream(key, of, elements(RdbType.STREAM_LISTPACKS, nodes));
  }

  @Override
  public void streamNode(long millis, long sequence, MemorySegment memory, long offset, int length)
      throws RdbException {
    count(elementsAt);
    next.streamNode(millis, sequence, memory, offset, length);
  }

  @Override
  public void stream(RdbStream stream) throws RdbException {
    next.stream(stream);
  }

  @Override
  public void streamGroup(
      RdbBytes group, long millis, long sequence, long entriesRead, long pending)
      throws RdbException {
    endGroup();
    inGroup = true;
    entries.begin(pending);
    if (!groups.add(text(group))) {
      throw RdbException.refusal("Duplicated consumer group name");
    }
    next.streamGroup(group, millis, sequence, entriesRead, pending);
  }

  @Override
  public void pendingEntry(long millis, long sequence, long deliveredAtMillis, long deliveries)
      throws RdbException {
    entries.pending(millis, sequence);
    next.pendingEntry(millis, sequence, deliveredAtMillis, deliveries);
  }

  @Override
  public void streamConsumers(long consumers) throws RdbException {
    consumersAt = places;
    next.streamConsumers(place(consumers));
  }

  @Override
  public void streamConsumer(
      RdbBytes consumer, long seenAtMillis, long activeAtMillis, long pending) throws RdbException {
    entries.consumer(text(consumer));
    beginConsumer(consumer, seenAtMillis, activeAtMillis, pending);
  }

  private void beginConsumer(RdbBytes consumer, long seenAt, long activeAt, long pending)
      throws RdbException {
    count(consumersAt);
    elementsAt = places;
    next.streamConsumer(consumer, seenAt, activeAt, place(pending));
  }

  @Override
  public void consumerEntry(long millis, long sequence) throws RdbException {
    if (entries.take(millis, sequence)) {
      count(elementsAt);
      next.consumerEntry(millis, sequence);
    } else {
      onRepair(type, "an entry was pending for a second consumer");
    }
  }

  private void endGroup() throws RdbException {
    if (!inGroup) {
      return;
    }
    inGroup = false;
    List<PendingEntries.Id> orphans = entries.orphans();
    if (orphans.isEmpty()) {
      return;
    }
    String adopting = entries.adoptingConsumer();
    report(orphans.size(), "pending entries without consumer went to the consumer " + adopting);
    MemorySegment bytes = MemorySegment.ofArray(adopting.getBytes(ISO_8859_1));
    beginConsumer(name.at(bytes, 0, adopting.length()), nowMillis, nowMillis, orphans.size());
    for (PendingEntries.Id id : orphans) {
      count(elementsAt);
      next.consumerEntry(id.millis(), id.sequence());
    }
  }

  private static String text(RdbBytes bytes) {
    byte[] array = bytes.memory().asSlice(bytes.offset(), bytes.length()).toArray(JAVA_BYTE);
    return new String(array, ISO_8859_1);
  }

  @Override
  public void endValue() throws RdbException {
    endGroup();
    if (type != RdbType.STREAM_LISTPACKS) {
      report(distinct.repeated(), "duplicate elements were dropped");
    }
    next.endValue();
  }
}
