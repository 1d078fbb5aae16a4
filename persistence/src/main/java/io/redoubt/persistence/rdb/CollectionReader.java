package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.persistence.packed.PackedException;
import io.redoubt.persistence.packed.Zipmap;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.Doubles;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/**
 * Reads values other than strings in steps of one element or node, which must have arrived
 * completely. The caller commits the input after a step that returns true, and rolls it back after
 * one that returns false.
 */
final class CollectionReader implements AutoCloseable {

  private static final int SCORE_NAN = 253;
  private static final int SCORE_INFINITE = 254;
  private static final int SCORE_MINUS_INFINITE = 255;

  private final RdbValueVisitor visitor;
  private final RdbInput in;
  private final RdbString first;
  private final RdbString second;
  private final PackedReader packed;
  private final PackedElements elements;
  private final StreamReader stream;
  private final RdbBytes field = new RdbBytes();
  private final RdbBytes value = new RdbBytes();

  private RdbType type = RdbType.STRING;
  private int longestBytes = Integer.MAX_VALUE; // of elements that are passed with their bytes
  private long left; // remaining elements or nodes of the current collection
  private long nextExpiry;
  private boolean numbers; // no score was repaired in the current sorted set
  private boolean isPlainNode; // the last node is a single element,
  private RdbBytes plainNode = new RdbBytes(); // which is here

  CollectionReader(
      BufferMemory buffers, Lzf.Decompressor lzf, RdbValueVisitor visitor, RdbInput in) {
    this.visitor = visitor;
    this.in = in;
    this.first = new RdbString(buffers, lzf);
    this.second = new RdbString(buffers, lzf);
    this.packed = new PackedReader(buffers);
    this.elements = new PackedElements(buffers, visitor);
    this.stream = new StreamReader(visitor, in, first, second, packed);
  }

  @Override
  public void close() {
    first.close();
    second.close();
    packed.close();
    elements.close();
  }

  /** Passes only the lengths of elements that are longer than the given one. */
  void skipLonger(int bytes) {
    longestBytes = bytes;
  }

  /** Disables the validation of packed values. */
  void trust() {
    packed.trust();
  }

  private long at() {
    return in.consumedBytes();
  }

  /** Returns true if the current value has been passed to the visitor in full. */
  boolean isDone() {
    return left == 0 && stream.isDone();
  }

  /**
   * Reads the part of the value that must be read at once: a packed collection, or the head of a
   * collection in parts.
   *
   * @return false if it has not arrived in full
   */
  boolean begin(RdbType valueType, RdbKey key) throws RdbException {
    type = valueType;
    left = 0;
    return switch (type) {
      case LIST, SET, ZSET, ZSET_2, HASH -> counted(key);
      case HASH_METADATA -> hasNextExpiry() && counted(key);
      case LIST_QUICKLIST, LIST_QUICKLIST_2 -> quicklist(key);
      case SET_INTSET,
          SET_LISTPACK,
          HASH_ZIPLIST,
          HASH_LISTPACK,
          ZSET_ZIPLIST,
          ZSET_LISTPACK,
          LIST_ZIPLIST ->
          packed(key);
      case HASH_LISTPACK_EX -> hasNextExpiry() && packed(key);
      case HASH_ZIPMAP -> zipmap(key);
      case STREAM_LISTPACKS, STREAM_LISTPACKS_2, STREAM_LISTPACKS_3 -> stream.begin(type, key);
      case MODULE_2 -> throw module();
      default ->
          throw new RdbException(
              at(),
              String.format(
                  Locale.ROOT, "RDB type %d (%s) is not supported", type.id(), type.description()));
    };
  }

  private RdbException module() throws RdbException {
    String name = in.readLength() ? " '" + RdbFormat.moduleName(in.length()) + "'" : "";
    return new RdbException(
        at(), "The data holds a module value I can't load: no matching module type" + name);
  }

  /** Reads the earliest expiry of a hash's fields. */
  private boolean hasNextExpiry() throws RdbException {
    if (!in.has(8)) {
      return false;
    }
    nextExpiry = in.readLittleLong();
    if (nextExpiry < 0) {
      throw new RdbException(at(), "Negative expiry of a hash field");
    }
    return true;
  }

  private boolean counted(RdbKey key) throws RdbException {
    if (!in.readLength()) {
      return false;
    }
    long count = in.length();
    in.checkFits(count < 0 ? Long.MAX_VALUE : count); // each element takes at least a byte
    if (count == 0) {
      visitor.empty(key);
      return true;
    }
    left = count;
    numbers = true;
    switch (type) {
      case LIST -> visitor.beginList(key, RdbType.LIST, count);
      case SET -> visitor.beginSet(key, count);
      case HASH -> visitor.beginHash(key, count, RdbKey.NONE);
      case HASH_METADATA -> visitor.beginHash(key, count, nextExpiry);
      default -> visitor.beginSortedSet(key, count);
    }
    return true;
  }

  private boolean packed(RdbKey key) throws RdbException {
    if (!first.read(in)) {
      return false;
    }
    RdbType now = packed.collection(type, first.plain(at()), at());
    if (now == null) {
      visitor.empty(key);
    } else if (now == RdbType.LIST_QUICKLIST_2) {
      visitor.beginList(key, now, 1);
      visitor.listNode(packed.memory(), packed.offset(), packed.length());
      visitor.endValue();
    } else if (packed.isOrderly()) {
      visitor.packed(key, now, packed.memory(), packed.offset(), packed.length());
    } else {
      elements.pass(key, now, packed);
    }
    return true;
  }

  /** Passes a zipmap to the visitor field by field: its pairs differ from a listpack's. */
  private boolean zipmap(RdbKey key) throws RdbException {
    if (!first.read(in)) {
      return false;
    }
    RdbBytes zipmap = first.plain(at());
    MemorySegment memory = zipmap.memory();
    try {
      Zipmap.validate(memory, zipmap.offset(), zipmap.length());
    } catch (PackedException e) {
      throw PackedReader.corrupt(type, at(), e);
    }
    int pairs = Zipmap.count(memory, zipmap.offset());
    if (pairs == 0) { // unlike other empty collections, these were never written by mistake
      throw PackedReader.corrupt(type, at(), "no pairs");
    }
    visitor.beginHash(key, pairs, RdbKey.NONE);
    for (long at = Zipmap.first(memory, zipmap.offset());
        at != Zipmap.NONE;
        at = Zipmap.next(memory, at)) {
      field.at(memory, Zipmap.keyAt(memory, at), Zipmap.keyLength(memory, at));
      value.at(memory, Zipmap.valueAt(memory, at), Zipmap.valueLength(memory, at));
      visitor.hashField(field, value, RdbKey.NONE);
    }
    visitor.endValue();
    return true;
  }

  /** Starts a list at its first node that has elements. */
  private boolean quicklist(RdbKey key) throws RdbException {
    if (!in.readLength()) {
      return false;
    }
    long nodes = in.length();
    in.checkFits(nodes < 0 ? Long.MAX_VALUE : nodes);
    for (; nodes > 0; nodes--) {
      if (!hasNode()) {
        return false;
      }
      if (isPlainNode || !packed.isEmpty()) {
        visitor.beginList(key, RdbType.LIST_QUICKLIST_2, nodes);
        left = nodes;
        node();
        return true;
      }
    }
    visitor.empty(key);
    return true;
  }

  private boolean hasNode() throws RdbException {
    long container = RdbFormat.CONTAINER_PACKED;
    if (type == RdbType.LIST_QUICKLIST_2) {
      if (!in.readLength()) {
        return false;
      }
      container = in.length();
      if (container != RdbFormat.CONTAINER_PLAIN && container != RdbFormat.CONTAINER_PACKED) {
        throw new RdbException(at(), "Unknown container of list elements");
      }
    }
    boolean whole =
        container == RdbFormat.CONTAINER_PLAIN
            ? first.readOrSkip(in, longestBytes)
            : first.read(in);
    if (!whole) {
      return false;
    }
    RdbBytes bytes = first.plain(at());
    if (bytes.length() == 0) {
      throw new RdbException(at(), "A node of a list without bytes");
    }
    isPlainNode = container == RdbFormat.CONTAINER_PLAIN;
    if (isPlainNode) {
      plainNode = bytes;
    } else if (type == RdbType.LIST_QUICKLIST) {
      packed.ziplist(type, bytes, at());
    } else {
      packed.listpack(type, bytes, at());
    }
    return true;
  }

  private void node() throws RdbException {
    if (isPlainNode) {
      visitor.listElement(plainNode);
    } else if (!packed.isEmpty()) { // Redis skips empty nodes
      visitor.listNode(packed.memory(), packed.offset(), packed.length());
    }
    finishElement();
  }

  /** Copies the elements that have arrived in full; returns true if there was one. */
  boolean copyElements(RecordCopier copier) throws RdbException {
    boolean canPass =
        switch (type) {
          case SET, ZSET_2, HASH, HASH_METADATA, LIST_QUICKLIST_2 -> true;
          default -> false;
        };
    long count = canPass ? copier.elements(in, type, left) : 0;
    if (count == 0) {
      return false;
    }
    left -= count - 1;
    finishElement();
    return true;
  }

  /** Reads the next element. */
  boolean step() throws RdbException {
    return switch (type) {
      case LIST, SET -> element();
      case ZSET, ZSET_2 -> scored();
      case HASH, HASH_METADATA -> field();
      case LIST_QUICKLIST, LIST_QUICKLIST_2 -> {
        boolean whole = hasNode();
        if (whole) {
          node();
        }
        yield whole;
      }
      default -> stream.step();
    };
  }

  private void finishElement() throws RdbException {
    left--;
    if (left == 0) {
      visitor.endValue();
    }
  }

  private boolean element() throws RdbException {
    if (!first.readOrSkip(in, longestBytes)) {
      return false;
    }
    if (type == RdbType.LIST) {
      visitor.listElement(first.plain(at()));
    } else {
      visitor.setMember(first.plain(at()));
    }
    finishElement();
    return true;
  }

  private boolean scored() throws RdbException {
    if (!first.readOrSkip(in, longestBytes)) {
      return false;
    }
    double score;
    if (type == RdbType.ZSET_2) {
      if (!in.has(8)) {
        return false;
      }
      score = repaired(Double.longBitsToDouble(in.readLittleLong()));
    } else {
      if (!in.has(1)) {
        return false;
      }
      int length = in.readByte();
      if (length < SCORE_NAN) {
        if (!in.has(length)) {
          return false;
        }
        score = Doubles.parseOrNaN(in.memory(), in.cursor(), length);
        in.skip(length);
      } else {
        score =
            switch (length) {
              case SCORE_INFINITE -> Double.POSITIVE_INFINITY;
              case SCORE_MINUS_INFINITE -> Double.NEGATIVE_INFINITY;
              default -> repaired(Double.NaN);
            };
      }
    }
    if (Double.isNaN(score)) {
      throw new RdbException(at(), "Invalid score in a sorted set");
    }
    visitor.sortedSetMember(first.plain(at()), score);
    finishElement();
    return true;
  }

  /** Returns a binary score, 0 for not a number: Redis up to 6.0 saved and loaded such scores. */
  private double repaired(double score) throws RdbException {
    if (!Double.isNaN(score)) {
      return score;
    }
    if (numbers) {
      numbers = false;
      visitor.onRepair(type, RdbValueVisitor.NOT_A_NUMBER);
    }
    return 0;
  }

  private boolean field() throws RdbException {
    long expireAt = RdbKey.NONE;
    if (type == RdbType.HASH_METADATA) {
      if (!in.readLength()) {
        return false;
      }
      if (in.length() != 0) {
        expireAt = nextExpiry + in.length() - 1;
        if (in.length() < 0 || expireAt < 0) {
          throw new RdbException(at(), "Invalid expiry of a hash field");
        }
      }
    }
    if (!first.readOrSkip(in, longestBytes) || !second.readOrSkip(in, longestBytes)) {
      return false;
    }
    visitor.hashField(first.plain(at()), second.plain(at()), expireAt);
    finishElement();
    return true;
  }
}
