package io.redoubt.persistence.rdb.report;

import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.protocol.bytes.ByteString;
import java.lang.foreign.MemorySegment;

/** The figures of the key that is being read. Reused for the next one. */
final class KeyFigures {

  /** The most that is kept of a key: longer ones are shown without their end. */
  static final int KEPT_BYTES = 256;

  // The default limits of a server for its packed encodings.
  private static final int MAX_PACKED_FIELDS = 512;
  private static final int MAX_PACKED_MEMBERS = 128;
  private static final int MAX_PACKED_BYTES = 64;
  private static final int MAX_INTEGERS = 512;
  private static final int MAX_PACKED_LIST_BYTES = 8192;

  private final byte[] bytes = new byte[KEPT_BYTES];
  private final MemorySegment name = MemorySegment.ofArray(bytes);
  private int database;
  private int keyBytes;
  private long expireAtMillis;
  private ValueEncoding encoding = ValueEncoding.RAW;
  private long valueBytes;
  private long elements;
  private long largestBytes;
  private long longestPartBytes;
  private boolean integers;
  private long listNodes;
  private long listNodeBytes;
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
    longestPartBytes = 0;
    integers = true;
    listNodes = 0;
    listNodeBytes = 0;
    expiringFields = 0;
    fileBytes = 0;
  }

  /** Adds an element of the value. */
  void addElement(long bytes) {
    elements++;
    valueBytes += bytes;
    largestBytes = Math.max(largestBytes, bytes);
  }

  /** Adds a field with its value, or a member of a sorted set. */
  void addPair(long firstBytes, long secondBytes) {
    addElement(firstBytes + secondBytes);
    longestPartBytes = Math.max(longestPartBytes, Math.max(firstBytes, secondBytes));
  }

  /** Adds a member of a set. */
  void addMember(long bytes, boolean isInteger) {
    addPair(bytes, 0);
    integers &= isInteger;
  }

  /** Adds a node of a list, without its elements. */
  void addListNode(long bytes) {
    listNodes++;
    listNodeBytes = bytes;
  }

  /** Returns true if all members of the set so far are integers. */
  boolean areIntegers() {
    return integers;
  }

  /** Ends the value: replaces the form in the file by the encoding after loading. */
  void end() {
    int mostPacked = type() == ValueType.HASH ? MAX_PACKED_FIELDS : MAX_PACKED_MEMBERS;
    boolean isSmall = elements <= mostPacked && longestPartBytes <= MAX_PACKED_BYTES;
    encoding =
        switch (encoding) {
          case SET_TABLE ->
              integers && elements <= MAX_INTEGERS
                  ? ValueEncoding.INTSET
                  : isSmall ? ValueEncoding.SET_LISTPACK : ValueEncoding.SET_TABLE;
          case SKIPLIST -> isSmall ? ValueEncoding.ZSET_LISTPACK : ValueEncoding.SKIPLIST;
          case HASH_TABLE ->
              !isSmall
                  ? ValueEncoding.HASH_TABLE
                  : expiringFields > 0
                      ? ValueEncoding.HASH_LISTPACK_EX
                      : ValueEncoding.HASH_LISTPACK;
          case QUICKLIST ->
              listNodes == 1 && listNodeBytes <= MAX_PACKED_LIST_BYTES
                  ? ValueEncoding.LIST_LISTPACK
                  : ValueEncoding.QUICKLIST;
          default -> encoding;
        };
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

  /** Returns one of the kept bytes, in an array because access to a segment on the heap is slow. */
  byte byteAt(int index) {
    return bytes[index];
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
