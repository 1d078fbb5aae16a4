package io.redoubt.persistence.rdb;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.Quoting;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A push parser of RDB, versions 1 to 12 and Valkey's 80, that passes the contents to a visitor.
 * Input may be cut anywhere and never blocks: callers either copy bytes in ({@link #feed}) or put
 * them into the reader's memory ({@link #room()}, {@link #memory()}, {@link #limit()}, {@link
 * #onFilled}). Memory is bounded by the longest key and by the threshold above which strings are
 * passed on in parts.
 *
 * <p>Unusable after an exception. Not thread-safe.
 */
public final class RdbReader implements AutoCloseable {

  /** The default length in bytes above which strings are passed on in parts. */
  public static final int LARGE_STRING_BYTES = 1 << 16;

  private static final int SLOT_INFO_LENGTHS = 3;
  private static final int MAX_DATABASES = 1 << 30;

  /** The length of a short key and value: even if all records are shorter, tables can grow. */
  private static final int SHORT_RECORD_BYTES = 8;

  /** The most that is kept of a key for messages. */
  private static final int SHOWN_KEY_BYTES = 128;

  private enum State {
    HEADER,
    ITEM,
    LARGE_STRING,
    COLLECTION,
    CHECKSUM,
    COMPLETE
  }

  private final RdbVisitor visitor;
  private final int largeStringBytes;
  private final RdbInput in;
  private final RdbKey key = new RdbKey();
  private final RdbString keyString;
  private final RdbString value;
  private final CollectionReader collection;
  private final StreamedString large;

  private State state = State.HEADER;
  private int version;
  private boolean checksumWanted = true;
  private RdbStep step = RdbStep.START;
  private int opcode;
  private long recordStart;
  private int typeId; // of the current key, negative if there is none
  private boolean checksumStored;
  private final byte[] shown = new byte[SHOWN_KEY_BYTES]; // of the current key
  private int shownKey = RdbKey.NONE; // the length of it, negative if there is none
  private boolean isKeyHere; // the current key's bytes are where it refers to, not yet in shown
  private @Nullable RecordCopier copier;

  /** Creates a reader that passes strings longer than {@link #LARGE_STRING_BYTES} on in parts. */
  public RdbReader(BufferMemory buffers, RdbVisitor visitor) {
    this(buffers, visitor, LARGE_STRING_BYTES);
  }

  /**
   * Creates a reader at the start of a stream.
   *
   * @param buffers the source of input buffers; the visitor gets references into them
   * @param largeStringBytes the length above which strings are passed on in parts
   */
  public RdbReader(BufferMemory buffers, RdbVisitor visitor, int largeStringBytes) {
    this.visitor = visitor;
    this.largeStringBytes = largeStringBytes;
    this.in = new RdbInput(buffers);
    Lzf.Decompressor lzf = new Lzf.Decompressor();
    this.keyString = new RdbString(buffers, lzf);
    this.value = new RdbString(buffers, lzf);
    this.large = new StreamedString(buffers, visitor, in);
    this.collection = new CollectionReader(buffers, lzf, visitor, in);
  }

  /** Sets the length of the stream, so that a length beyond its end is refused at once. */
  public RdbReader totalBytes(long bytes) {
    in.setTotalBytes(bytes);
    return this;
  }

  /** Sets whether the checksum is verified; it is by default. */
  public RdbReader checksum(boolean wanted) {
    checksumWanted = wanted;
    return this;
  }

  /**
   * Starts at an item within a stream, instead of at its header.
   *
   * @param offset the item's offset in the stream
   * @param streamVersion the version in the stream's header
   */
  public RdbReader startAt(long offset, int streamVersion) {
    in.startAt(offset);
    version = streamVersion;
    state = State.ITEM;
    return this;
  }

  /** Returns the version in the header. */
  public int version() {
    return version;
  }

  /** Checks that the bytes fed end with an item: neither within one nor after an attribute. */
  public void endItem() throws RdbException {
    if (state != State.ITEM || unread() != 0 || !key.isPlain()) {
      throw new RdbException(at(), "The length of the value is inconsistent").in(at(), place());
    }
  }

  /** Disables the validation of packed values, for bytes written by this process. */
  public RdbReader trusting() {
    collection.trust();
    return this;
  }

  /**
   * Passes only the lengths of elements of unpacked collections that are longer than the given one:
   * their bytes are dropped as they arrive, and take no memory. Compressed ones are not validated.
   */
  public RdbReader skippingElements(int longerThanBytes) {
    collection.skipLonger(longerThanBytes);
    return this;
  }

  /**
   * Declares that the visitor is this writer: most records are then copied to it without a call per
   * element. Requires {@link #trusting}.
   */
  public RdbReader passingTo(RdbWriter writer) {
    copier = new RecordCopier(writer);
    return this;
  }

  /**
   * Makes room for more bytes at {@link #limit()} of {@link #memory()} and returns their maximum
   * number.
   */
  public int room() {
    return in.room();
  }

  /** Returns the memory of the input buffer. */
  public MemorySegment memory() {
    return in.memory();
  }

  /** Returns the end of the buffered bytes. */
  public long limit() {
    return in.limit();
  }

  /** Adds bytes put at {@link #limit()} and parses as far as possible. */
  public void onFilled(int bytes) throws RdbException {
    in.onFilled(bytes);
    try {
      while (copyRecords() || advance()) {
        continue;
      }
    } catch (RdbException e) {
      throw e.in(at(), place());
    }
    keepKey();
    in.rollback();
    if (checksumWanted) {
      in.sum();
    } else {
      in.skipSum();
    }
  }

  /** Copies bytes in and parses as far as possible. */
  public void feed(MemorySegment source, long offset, long length) throws RdbException {
    for (long done = 0; done < length; ) {
      int step = (int) Math.min(room(), length - done);
      MemorySegment.copy(source, offset + done, in.memory(), in.limit(), step);
      onFilled(step);
      done += step;
    }
  }

  /** Returns true if the stream has been read to its end. */
  public boolean complete() {
    return state == State.COMPLETE;
  }

  /** Returns the number of bytes parsed. */
  public long offset() {
    return in.consumedBytes();
  }

  /** Returns the number of bytes fed, parsed or not. */
  public long arrivedBytes() {
    return in.arrivedBytes();
  }

  /**
   * Returns the number of bytes buffered behind the end of the stream: an AOF may follow its RDB
   * preamble.
   */
  public long unread() {
    return in.limit() - in.position();
  }

  /**
   * Ends the input.
   *
   * @throws RdbException if the stream is incomplete
   */
  public void finish() throws RdbException {
    if (state != State.COMPLETE) {
      long end = in.arrivedBytes();
      throw new RdbException(end, "Short read: the data ends too early").in(end, place());
    }
  }

  @Override
  public void close() {
    in.close();
    keyString.close();
    value.close();
    collection.close();
    large.close();
  }

  /** Returns the current step. */
  public RdbStep step() {
    return step;
  }

  /** Returns the first byte of the last item. */
  public int opcode() {
    return opcode;
  }

  /** Returns the type of the current key; negative between keys. */
  public int typeId() {
    return typeId;
  }

  /** Returns the current key and its type for a message, empty between keys. */
  private String place() {
    keepKey();
    RdbType type = RdbType.of(typeId);
    return type == null || shownKey < 0
        ? ""
        : " (key "
            + Quoting.quote(Arrays.copyOf(shown, shownKey))
            + ", "
            + type.description()
            + ")";
  }

  /** Keeps the start of the current key for messages, before its bytes are moved. */
  private void keepKey() {
    if (isKeyHere) {
      isKeyHere = false;
      shownKey = Math.min(key.length(), SHOWN_KEY_BYTES);
      MemorySegment.copy(key.memory(), JAVA_BYTE, key.offset(), shown, 0, shownKey);
    }
  }

  /** Returns the current key, which has not been passed to the visitor. */
  public String keyText() {
    return keyString.text();
  }

  /** Returns true if the current key has been passed to the visitor. */
  public boolean isInsideValue() {
    return state == State.LARGE_STRING || state == State.COLLECTION;
  }

  /** Returns true if the stream ended with a checksum other than 0, which stands for none. */
  public boolean isChecksumStored() {
    return checksumStored;
  }

  /** Returns the stream offset at which the current or last item starts, with its attributes. */
  public long recordStart() {
    return recordStart;
  }

  /** Returns the highest stream offset that was parsed. */
  public long reached() {
    return in.reached();
  }

  /** Copies records that need no visitor; returns true if there were any. */
  private boolean copyRecords() throws RdbException {
    RecordCopier target = copier;
    if (target == null) {
      return false;
    }
    if (state == State.COLLECTION && collection.copyElements(target)) {
      endCollectionPart();
      return true;
    }
    return state == State.ITEM && key.isPlain() && target.records(in);
  }

  /** Parses one step; returns false if its bytes are incomplete or the stream is complete. */
  private boolean advance() throws RdbException {
    return switch (state) {
      case HEADER -> header();
      case ITEM -> item();
      case LARGE_STRING -> largePart();
      case COLLECTION -> collectionPart();
      case CHECKSUM -> checksum();
      case COMPLETE -> false;
    };
  }

  private boolean header() throws RdbException {
    if (!in.has(RdbFormat.HEADER_BYTES)) {
      return false;
    }
    StringBuilder header = new StringBuilder();
    for (int i = 0; i < RdbFormat.HEADER_BYTES; i++) {
      header.append((char) in.readByte());
    }
    boolean redis = header.indexOf("REDIS") == 0;
    boolean valkey = header.indexOf("VALKEY") == 0;
    String digits = header.substring(redis ? 5 : 6);
    if (!(redis || valkey) || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new RdbException(0, "Wrong signature trying to load DB from file");
    }
    version = Integer.parseInt(digits);
    boolean known =
        redis
            ? version >= 1 && version <= RdbFormat.NEWEST_VERSION
            : version == RdbFormat.VALKEY_VERSION;
    if (!known) {
      throw new RdbException(0, "Can't handle RDB format version " + version);
    }
    in.commit();
    state = State.ITEM;
    visitor.begin(version);
    return true;
  }

  private boolean item() throws RdbException {
    step = RdbStep.TYPE;
    if (key.isPlain()) {
      recordStart = at();
    }
    if (!in.has(1)) {
      return false;
    }
    opcode = in.readByte();
    step = RdbStep.after(opcode);
    boolean whole =
        switch (opcode) {
          case RdbFormat.EXPIRE_SECONDS, RdbFormat.EXPIRE_MILLIS -> expiry(opcode);
          case RdbFormat.IDLE, RdbFormat.FREQUENCY -> access(opcode);
          case RdbFormat.AUX -> aux();
          case RdbFormat.SELECT_DB -> selectDb();
          case RdbFormat.RESIZE_DB -> resizeDb();
          case RdbFormat.SLOT_INFO -> slotInfo();
          case RdbFormat.FUNCTION -> function();
          case RdbFormat.MODULE_AUX -> moduleAux();
          case RdbFormat.FUNCTION_PRE_RELEASE ->
              throw new RdbException(at(), "Pre-release function format not supported");
          case RdbFormat.EOF -> end();
          default -> record(opcode);
        };
    if (whole) {
      in.commit();
    } else {
      in.rollback();
    }
    return whole;
  }

  /** Returns the stream offset of the current item. */
  private long at() {
    return in.consumedBytes();
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

  private boolean access(int opcode) throws RdbException {
    if (opcode == RdbFormat.IDLE) {
      if (!in.readLength()) {
        return false;
      }
      key.idleSeconds(Math.max(in.length(), 0));
    } else {
      if (!in.has(1)) {
        return false;
      }
      key.frequency(in.readByte());
    }
    return true;
  }

  private boolean aux() throws RdbException {
    if (!keyString.read(in) || !value.read(in)) {
      return false;
    }
    keyString.checkFitsHeap(at());
    keyString.decode(at());
    String name = keyString.text();
    boolean isText = !name.equals(RdbIdempotency.FIELD);
    if (isText) {
      value.checkFitsHeap(at());
    }
    value.decode(at());
    if (isText) {
      visitor.aux(name, value.text());
    } else {
      visitor.idempotency(value.memory(), value.offset(), (int) value.plainBytes());
    }
    return true;
  }

  private boolean selectDb() throws RdbException {
    if (!in.readLength()) {
      return false;
    }
    if (in.length() < 0 || in.length() >= MAX_DATABASES) {
      throw new RdbException(at(), "Invalid database " + Long.toUnsignedString(in.length()));
    }
    visitor.selectDb((int) in.length());
    return true;
  }

  private boolean resizeDb() throws RdbException {
    if (!in.readLength()) {
      return false;
    }
    long keys = in.length();
    if (!in.readLength()) {
      return false;
    }
    long expiring = in.length();
    visitor.resizeDb(
        in.bounded(keys < 0 ? Long.MAX_VALUE : keys, SHORT_RECORD_BYTES),
        in.bounded(expiring < 0 ? Long.MAX_VALUE : expiring, SHORT_RECORD_BYTES));
    return true;
  }

  private boolean slotInfo() throws RdbException {
    for (int i = 0; i < SLOT_INFO_LENGTHS; i++) {
      if (!in.readLength()) {
        return false;
      }
    }
    return true;
  }

  private boolean function() throws RdbException {
    if (!value.read(in)) {
      return false;
    }
    value.checkFitsHeap(at());
    value.decode(at());
    visitor.function(value.memory(), value.offset(), (int) value.plainBytes());
    return true;
  }

  private boolean moduleAux() throws RdbException {
    if (!in.readLength()) {
      return false;
    }
    long moduleId = in.length();
    while (true) {
      if (!in.readLength()) {
        return false;
      }
      long tag = in.length();
      if (tag == RdbFormat.MODULE_END) {
        break;
      }
      boolean whole;
      if (tag == RdbFormat.MODULE_SIGNED || tag == RdbFormat.MODULE_UNSIGNED) {
        whole = in.readLength();
      } else if (tag == RdbFormat.MODULE_FLOAT || tag == RdbFormat.MODULE_DOUBLE) {
        int bytes = tag == RdbFormat.MODULE_FLOAT ? 4 : 8;
        whole = in.has(bytes);
        in.skip(whole ? bytes : 0);
      } else if (tag == RdbFormat.MODULE_STRING) {
        whole = value.read(in);
      } else {
        throw new RdbException(at(), "Invalid data of module " + RdbFormat.moduleName(moduleId));
      }
      if (!whole) {
        return false;
      }
    }
    visitor.moduleAux(RdbFormat.moduleName(moduleId));
    return true;
  }

  private boolean end() {
    in.commit();
    state = State.CHECKSUM;
    step = RdbStep.CHECKSUM;
    return true;
  }

  private boolean checksum() throws RdbException {
    if (version >= RdbFormat.CHECKSUM_VERSION) {
      if (!in.has(8)) {
        return false;
      }
      long actual = checksumWanted ? in.sum() : 0;
      long expected = in.readLittleLong();
      checksumStored = expected != 0;
      if (checksumWanted && expected != 0 && expected != actual) {
        throw new RdbException(
            at(),
            String.format(
                Locale.ROOT,
                "Wrong RDB checksum expected: (%x) but got (%x), an RDB CRC error",
                expected,
                actual));
      }
      in.commit();
    }
    state = State.COMPLETE;
    visitor.end();
    return true;
  }

  /** Reads a key and the part of its value that must be read at once, and consumes them. */
  private boolean record(int id) throws RdbException {
    RdbType type = RdbType.known(id, at());
    typeId = id;
    shownKey = RdbKey.NONE;
    isKeyHere = false;
    step = RdbStep.KEY;
    if (!keyString.read(in)) {
      return false;
    }
    keyString.decode(at());
    key.at(keyString.memory(), keyString.offset(), (int) keyString.plainBytes());
    isKeyHere = true;
    step = RdbStep.VALUE;
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
      state = State.LARGE_STRING;
      large.begin(key, value);
    } else if (value.isInteger()) {
      visitor.integer(key, value.number());
    } else {
      value.decode(at);
      visitor.string(key, value.memory(), value.offset(), (int) value.plainBytes());
    }
    key.plain();
    endKeyWhen(!isLarge);
    return true;
  }

  private boolean collection(RdbType type) throws RdbException {
    if (!collection.begin(type, key)) {
      return false;
    }
    in.commit();
    key.plain();
    state = collection.isDone() ? State.ITEM : State.COLLECTION;
    endKeyWhen(state == State.ITEM);
    return true;
  }

  private boolean collectionPart() throws RdbException {
    if (!collection.step()) {
      in.rollback();
      return false;
    }
    in.commit();
    endCollectionPart();
    return true;
  }

  private void endCollectionPart() {
    if (collection.isDone()) {
      state = State.ITEM;
      endKeyWhen(true);
    }
  }

  private boolean largePart() throws RdbException {
    if (!large.step()) {
      return false;
    }
    if (large.isDone()) {
      state = State.ITEM;
      visitor.endString();
      endKeyWhen(true);
    }
    return true;
  }

  private void endKeyWhen(boolean whole) {
    if (whole) {
      typeId = RdbKey.NONE;
      isKeyHere = false;
      step = RdbStep.TYPE;
    }
  }
}
