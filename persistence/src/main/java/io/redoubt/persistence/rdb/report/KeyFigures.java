package io.redoubt.persistence.rdb.report;

import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.protocol.bytes.ByteString;
import java.lang.foreign.MemorySegment;

/** The figures of the key that is being read. Reused for the next one. */
final class KeyFigures {

  /** The most that is kept of a key: longer ones are shown without their end. */
  static final int KEPT_BYTES = 256;

  private final MemorySegment name = MemorySegment.ofArray(new byte[KEPT_BYTES]);
  private int database;
  private int keyBytes;
  private long expireAtMillis;
  private ValueEncoding encoding = ValueEncoding.RAW;
  private long valueBytes;
  private long elements;
  private long largestBytes;
  private long expiringFields;
  private long fileBytes;

  void begin(RdbKey key, ValueEncoding valueEncoding) {
    keyBytes = key.length();
    MemorySegment.copy(key.memory(), key.offset(), name, 0, keptBytes());
    expireAtMillis = key.expireAtMillis();
    encoding = valueEncoding;
    valueBytes = 0;
    elements = 0;
    largestBytes = 0;
    expiringFields = 0;
    fileBytes = 0;
  }

  /** Adds an element of the value. */
  void addElement(long bytes) {
    elements++;
    valueBytes += bytes;
    largestBytes = Math.max(largestBytes, bytes);
  }

  /** Adds bytes of the value without the number of their elements. */
  void addBytes(long bytes) {
    valueBytes += bytes;
  }

  void setElements(long count) {
    elements = count;
  }

  void addExpiringField() {
    expiringFields++;
  }

  void setDatabase(int index) {
    database = index;
  }

  void setFileBytes(long bytes) {
    fileBytes = bytes;
  }

  /** Returns the kept start of the key's bytes. */
  MemorySegment name() {
    return name;
  }

  /** Returns the number of bytes that are kept of the key. */
  int keptBytes() {
    return Math.min(keyBytes, KEPT_BYTES);
  }

  int keyBytes() {
    return keyBytes;
  }

  KeyName keyName() {
    return new KeyName(ByteString.copyOf(name, 0, keptBytes()), keyBytes);
  }

  int database() {
    return database;
  }

  ValueEncoding encoding() {
    return encoding;
  }

  ValueType type() {
    return encoding.type();
  }

  /** Returns Unix time, or {@link RdbKey#NONE}. */
  long expireAtMillis() {
    return expireAtMillis;
  }

  boolean isExpiring() {
    return expireAtMillis != RdbKey.NONE;
  }

  /** Returns the length of the string, or the sum of the lengths of all elements. */
  long valueBytes() {
    return valueBytes;
  }

  long elements() {
    return elements;
  }

  long largestBytes() {
    return largestBytes;
  }

  long expiringFields() {
    return expiringFields;
  }

  /** Returns the length of the record in the file, including its attributes. */
  long fileBytes() {
    return fileBytes;
  }

  /** Returns the bytes of key and value, neither compressed nor packed. */
  long dataBytes() {
    return keyBytes + valueBytes;
  }
}
