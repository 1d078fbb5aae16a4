package io.redoubt.persistence.rdb.report;

import io.redoubt.persistence.packed.Intset;
import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.persistence.rdb.RdbStream;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbVisitor;
import io.redoubt.protocol.bytes.Numbers;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Passes the figures of each key to a report. */
final class ReportVisitor implements RdbVisitor {

  /** The longest string that Redis stores in the object itself. */
  private static final int MAX_EMBSTR_BYTES = 44;

  private final RdbReport report;
  private final KeyFigures key = new KeyFigures();
  private @Nullable RdbReader reader;

  ReportVisitor(RdbReport report) {
    this.report = report;
    report.selectDatabase(0);
  }

  void setReader(RdbReader driving) {
    reader = driving;
  }

  @Override
  public void aux(String name, String value) {
    report.addAux(name, value);
  }

  @Override
  public void selectDb(int database) {
    key.setDatabase(database);
    report.selectDatabase(database);
  }

  @Override
  public void function(MemorySegment memory, long offset, int length) {
    report.countFunction();
  }

  @Override
  public void moduleAux(String module) {
    report.countModule();
  }

  @Override
  public void end() {}

  /** Starts a value other than a string, of the type that the file has. */
  private void begin(RdbKey of) {
    RdbType type = reader == null ? null : RdbType.of(reader.typeId());
    if (type == null) {
      throw new IllegalStateException("no value is being read");
    }
    key.begin(of, ValueEncoding.of(type));
  }

  private void addElement(long bytes) {
    key.addElement(bytes);
    report.addElement(key.type(), bytes);
  }

  private void addPair(long firstBytes, long secondBytes) {
    key.addPair(firstBytes, secondBytes);
    report.addElement(key.type(), firstBytes + secondBytes);
  }

  private void finish() {
    key.end();
    if (reader != null) {
      key.setFileBytes(reader.reached() - reader.recordStart());
    }
    report.add(key);
  }

  @Override
  public void string(RdbKey of, MemorySegment memory, long offset, int length) {
    boolean isInteger = length <= Numbers.MAX_LONG_LENGTH && Numbers.isLong(memory, offset, length);
    key.begin(
        of,
        isInteger
            ? ValueEncoding.INT
            : length <= MAX_EMBSTR_BYTES ? ValueEncoding.EMBSTR : ValueEncoding.RAW);
    addElement(length);
    finish();
  }

  @Override
  public void integer(RdbKey of, long value) {
    key.begin(of, ValueEncoding.INT);
    addElement(Numbers.decimalLength(value));
    finish();
  }

  @Override
  public void beginString(RdbKey of, long length) {
    key.begin(of, ValueEncoding.RAW);
    addElement(length);
  }

  @Override
  public void stringPart(MemorySegment memory, long offset, int length) {}

  @Override
  public void endString() {
    finish();
  }

  @Override
  public void packed(RdbKey of, RdbType type, MemorySegment memory, long offset, int length) {
    begin(of);
    switch (type) {
      case SET_INTSET -> addIntegers(memory, offset);
      case HASH_LISTPACK -> addTuples(memory, offset, 2);
      case HASH_LISTPACK_EX -> addTuples(memory, offset, 3);
      case ZSET_LISTPACK -> addMembers(memory, offset);
      default -> addTexts(memory, offset);
    }
    finish();
  }

  private void addIntegers(MemorySegment memory, long start) {
    int count = Intset.count(memory, start);
    for (int i = 0; i < count; i++) {
      addElement(Numbers.decimalLength(Intset.at(memory, start, i)));
    }
  }

  private void addTexts(MemorySegment memory, long start) {
    for (long at = Listpack.first(memory, start);
        at != Listpack.NONE;
        at = Listpack.next(memory, at)) {
      addElement(Listpack.textLength(memory, at));
    }
  }

  /** Adds members without their scores. */
  private void addMembers(MemorySegment memory, long start) {
    for (long at = Listpack.first(memory, start); at != Listpack.NONE; ) {
      addElement(Listpack.textLength(memory, at));
      at = Listpack.next(memory, Listpack.next(memory, at));
    }
  }

  /** Adds fields with their values, and expiries if there are three parts to each. */
  private void addTuples(MemorySegment memory, long start, int stride) {
    for (long at = Listpack.first(memory, start); at != Listpack.NONE; ) {
      long value = Listpack.next(memory, at);
      addElement((long) Listpack.textLength(memory, at) + Listpack.textLength(memory, value));
      at = Listpack.next(memory, value);
      if (stride == 3) {
        if (Listpack.integer(memory, at) != 0) {
          key.addExpiringField();
        }
        at = Listpack.next(memory, at);
      }
    }
  }

  @Override
  public void beginList(RdbKey of, RdbType type, long parts) {
    begin(of);
  }

  @Override
  public void listNode(MemorySegment memory, long offset, int length) {
    key.addListNode(length);
    addTexts(memory, offset);
  }

  @Override
  public void listElement(RdbBytes element) {
    key.addListNode(Long.MAX_VALUE); // not packed
    addElement(element.length());
  }

  @Override
  public void beginSet(RdbKey of, long members) {
    begin(of);
  }

  @Override
  public void setMember(RdbBytes member) {
    int length = member.length();
    boolean isInteger =
        key.areIntegers()
            && length <= Numbers.MAX_LONG_LENGTH
            && Numbers.isLong(member.memory(), member.offset(), length);
    key.addMember(length, isInteger);
    report.addElement(ValueType.SET, length);
  }

  @Override
  public void beginSortedSet(RdbKey of, long members) {
    begin(of);
  }

  @Override
  public void sortedSetMember(RdbBytes member, double score) {
    addPair(member.length(), 0);
  }

  @Override
  public void beginHash(RdbKey of, long fields, long nextExpiryMillis) {
    begin(of);
  }

  @Override
  public void hashField(RdbBytes field, RdbBytes value, long expireAtMillis) {
    addPair(field.length(), value.length());
    if (expireAtMillis != RdbKey.NONE) {
      key.addExpiringField();
    }
  }

  @Override
  public void beginStream(RdbKey of, RdbType type, long nodes) {
    begin(of);
  }

  @Override
  public void streamNode(
      long millis, long sequence, MemorySegment memory, long offset, int length) {
    key.addBytes(length);
  }

  @Override
  public void stream(RdbStream stream) {
    key.setElements(stream.length());
  }

  @Override
  public void endValue() {
    finish();
  }

  @Override
  public void empty(RdbKey of) {
    report.countEmptyKey();
  }
}
