package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.protocol.bytes.BufferMemory;

/**
 * Reads records, which are keys with their attributes and values. What must be read at once has to
 * arrive in full: an attribute, or the key with a short string or the start of a longer value. The
 * rest of a value follows in steps, of an element or a node of a collection, or of the arrived
 * bytes of a large string.
 */
final class RecordReader implements AutoCloseable {

  /** The kind of the value of which a part is left. */
  private enum Unfinished {
    NONE,
    LARGE_STRING,
    COLLECTION
  }

  private final RdbVisitor visitor;
  private final RdbInput in;
  private final ReadPlace place;
  private final int largeStringBytes;
  private final RdbKey key = new RdbKey();
  private final RdbString keyString;
  private final RdbString value;
  private final CollectionReader collection;
  private final StreamedString large;

  private Unfinished unfinished = Unfinished.NONE;

  /**
   * Creates a reader before a record.
   *
   * @param place follows the reader
   * @param largeStringBytes the length above which strings are passed on in parts
   */
  RecordReader(
      BufferMemory buffers,
      Lzf.Decompressor lzf,
      RdbVisitor visitor,
      RdbInput in,
      ReadPlace place,
      int largeStringBytes) {
    this.visitor = visitor;
    this.in = in;
    this.place = place;
    this.largeStringBytes = largeStringBytes;
    this.keyString = new RdbString(buffers, lzf);
    this.value = new RdbString(buffers, lzf);
    this.large = new StreamedString(buffers, visitor, in);
    this.collection = new CollectionReader(buffers, lzf, visitor, in);
  }

  @Override
  public void close() {
    keyString.close();
    value.close();
    collection.close();
    large.close();
  }

  /** Disables the validation of packed values. */
  void trust() {
    collection.trust();
  }

  /** Passes only the lengths of elements that are longer than the given one. */
  void skipLonger(int bytes) {
    collection.skipLonger(bytes);
  }

  /** Returns true if attributes of the next key have been read. */
  boolean hasAttributes() {
    return !key.isPlain();
  }

  /**
   * Returns true if the current key has been passed to the visitor, and its value is unfinished.
   */
  boolean isInsideValue() {
    return unfinished != Unfinished.NONE;
  }

  /** Returns the current key, which has not been passed to the visitor. */
  String keyText() {
    return keyString.text();
  }

  private long at() {
    return in.consumedBytes();
  }

  /**
   * Reads an attribute of the next key. The caller commits the input.
   *
   * @return false if it has not arrived in full
   */
  boolean attribute(int opcode) throws RdbException {
    return switch (opcode) {
      case RdbFormat.IDLE -> {
        boolean whole = in.readLength();
        if (whole) {
          key.idleSeconds(Math.max(in.length(), 0));
        }
        yield whole;
      }
      case RdbFormat.FREQUENCY -> {
        boolean whole = in.has(1);
        if (whole) {
          key.frequency(in.readByte());
        }
        yield whole;
      }
      default -> expiry(opcode);
    };
  }

  private boolean expiry(int opcode) throws RdbException {
    if (!in.has(opcode == RdbFormat.EXPIRE_MILLIS ? 8 : 4)) {
      return false;
    }
    long millis =
        opcode == RdbFormat.EXPIRE_MILLIS ? in.readLittleLong() : in.readLittleInt() * 1000L;
    // Redis up to 6.0 could overflow: such a key is due, and -1 stands for none.
    key.expireAtMillis(millis < RdbKey.NONE ? 0 : millis);
    return true;
  }

  /**
   * Reads a key and the part of its value that must be read at once, and commits the input.
   *
   * @param id the type of the value, which has been read
   * @return false if they have not arrived in full
   */
  boolean begin(int id) throws RdbException {
    RdbType type = RdbType.known(id, at());
    place.beginKey(id);
    if (!keyString.read(in)) {
      return false;
    }
    keyString.decode(at());
    key.at(keyString.memory(), keyString.offset(), (int) keyString.plainBytes());
    place.beginValue(key);
    if (type != RdbType.STRING) {
      return collection(type);
    }
    if (!value.readHead(in)) {
      return false;
    }
    boolean isLarge =
        value.storedBytes() > largeStringBytes || value.plainBytes() > largeStringBytes;
    if (!isLarge && !value.readBody(in)) {
      return false;
    }
    long at = at();
    in.commit();
    if (isLarge) {
      unfinished = Unfinished.LARGE_STRING;
      large.begin(key, value);
    } else if (value.isInteger()) {
      visitor.integer(key, value.number());
    } else {
      value.decode(at);
      visitor.string(key, value.memory(), value.offset(), (int) value.plainBytes());
    }
    key.plain();
    if (!isLarge) {
      place.endKey();
    }
    return true;
  }

  private boolean collection(RdbType type) throws RdbException {
    if (!collection.begin(type, key)) {
      return false;
    }
    in.commit();
    key.plain();
    endCollectionPart();
    return true;
  }

  private void endCollectionPart() {
    if (collection.isDone()) {
      unfinished = Unfinished.NONE;
      place.endKey();
    } else {
      unfinished = Unfinished.COLLECTION;
    }
  }

  /**
   * Reads the next part of an unfinished value, and commits the input or rolls it back.
   *
   * @return false if it has not arrived
   */
  boolean step() throws RdbException {
    if (unfinished == Unfinished.LARGE_STRING) {
      return largePart();
    }
    if (!collection.step()) {
      in.rollback();
      return false;
    }
    in.commit();
    endCollectionPart();
    return true;
  }

  private boolean largePart() throws RdbException {
    if (!large.step()) {
      return false;
    }
    if (large.isDone()) {
      unfinished = Unfinished.NONE;
      visitor.endString();
      place.endKey();
    }
    return true;
  }

  /** Copies records or elements that need no visitor; returns true if there were any. */
  boolean copy(RecordCopier target) throws RdbException {
    return switch (unfinished) {
      case NONE -> key.isPlain() && target.records(in);
      case COLLECTION -> {
        boolean any = collection.copyElements(target);
        if (any) {
          endCollectionPart();
        }
        yield any;
      }
      case LARGE_STRING -> false;
    };
  }
}
