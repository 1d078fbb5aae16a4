package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Reads RDB, versions 1 to 12 and Valkey's 80, from bytes that come in pieces cut anywhere, and
 * tells a visitor. It never waits: whoever has bytes gives them, either by copy ({@link #feed}) or
 * by putting them straight into the reader's memory ({@link #room()}, {@link #memory()}, {@link
 * #limit()}, {@link #filled}). Memory is bounded by the longest key and by the limit of what counts
 * as a large string, which is passed on in parts.
 *
 * <p>After an exception the reader is of no more use. Not thread-safe.
 */
public final class RdbReader implements AutoCloseable {

  /** Strings above this many bytes are passed on in parts, unless the caller wants it otherwise. */
  public static final int LARGE_STRING_BYTES = 1 << 16;

  private static final int SLOT_INFO_LENGTHS = 3;
  private static final int MOST_DATABASES = 1 << 30;

  private enum State {
    HEADER,
    ITEM,
    PLAIN_PART,
    LZF_PART,
    COLLECTION,
    CHECKSUM,
    COMPLETE
  }

  private final BufferMemory buffers;
  private final RdbVisitor visitor;
  private final int largeStringBytes;
  private final RdbInput in;
  private final RdbKey key = new RdbKey();
  private final RdbString keyString;
  private final RdbString value;
  private final CollectionReader collection;
  private final Lzf.Decompressor lzf = new Lzf.Decompressor();

  private State state = State.HEADER;
  private int version;
  private boolean checksumWanted = true;
  private long storedLeft; // of the large string under way
  private long plainLeft;
  private RdbStep step = RdbStep.START;
  private int opcode;
  private int typeId; // of the key under way, below 0 when there is none
  private boolean checksumStored;
  private BufferMemory.@Nullable Block window; // what the large string was decompressed into
  private long windowAt;
  private @Nullable RecordPassage passage;

  /** A reader that passes strings of more than {@link #LARGE_STRING_BYTES} on in parts. */
  public RdbReader(BufferMemory buffers, RdbVisitor visitor) {
    this(buffers, visitor, LARGE_STRING_BYTES);
  }

  /**
   * A reader at the start of a stream.
   *
   * @param buffers where the bytes wait; the places that the visitor is given are in its blocks
   * @param largeStringBytes strings longer than this are passed on in parts
   */
  public RdbReader(BufferMemory buffers, RdbVisitor visitor, int largeStringBytes) {
    this.buffers = buffers;
    this.visitor = visitor;
    this.largeStringBytes = largeStringBytes;
    this.in = new RdbInput(buffers);
    this.keyString = new RdbString(buffers);
    this.value = new RdbString(buffers);
    this.collection = new CollectionReader(buffers, visitor, in);
  }

  /** Tells how long the stream is, so that a length beyond its end is found out at once. */
  public RdbReader totalBytes(long bytes) {
    in.totalBytes(bytes);
    return this;
  }

  /** Whether the checksum is compared (it is unless told otherwise). */
  public RdbReader checksum(boolean wanted) {
    checksumWanted = wanted;
    return this;
  }

  /** Tells that the bytes come from this process itself: packed values are not checked then. */
  public RdbReader trusting() {
    collection.trust();
    return this;
  }

  /**
   * Tells that the visitor is this writer: much of what it would write as it stands reaches it by a
   * shorter way than by being told. For a {@link #trusting} reader.
   */
  public RdbReader passingTo(RdbWriter writer) {
    passage = new RecordPassage(writer);
    return this;
  }

  /**
   * Makes room for more bytes at {@link #limit()} of {@link #memory()} and returns how many may be
   * put there.
   */
  public int room() {
    return in.room();
  }

  /** The memory in which bytes wait. */
  public MemorySegment memory() {
    return in.memory();
  }

  /** The end of the waiting bytes. */
  public long limit() {
    return in.limit();
  }

  /** Takes note of bytes put at {@link #limit()} and reads on as far as possible. */
  public void filled(int bytes) throws RdbException {
    in.filled(bytes);
    try {
      while (passOn() || advance()) {
        continue;
      }
    } catch (RdbException e) {
      throw e.offset() == RdbException.UNKNOWN_OFFSET ? new RdbException(at(), e.reason()) : e;
    }
    in.rollback();
    if (checksumWanted) {
      in.sum();
    } else {
      in.skipSum();
    }
  }

  /** Takes bytes by copy and reads on as far as possible. */
  public void feed(MemorySegment source, long offset, long length) throws RdbException {
    for (long done = 0; done < length; ) {
      int step = (int) Math.min(room(), length - done);
      MemorySegment.copy(source, offset + done, in.memory(), in.limit(), step);
      filled(step);
      done += step;
    }
  }

  /** Whether the stream has been read to its end. */
  public boolean complete() {
    return state == State.COMPLETE;
  }

  /** The number of bytes read and told. */
  public long offset() {
    return in.consumedBytes();
  }

  /**
   * The number of bytes that wait behind the end of the stream (an AOF follows its RDB preamble in
   * one file).
   */
  public long unread() {
    return in.limit() - in.position();
  }

  /** Tells that no more bytes come: an exception when the stream is not complete. */
  public void finish() throws RdbException {
    if (state != State.COMPLETE) {
      throw new RdbException(in.consumedBytes() + unread(), "Short read: the data ends too early");
    }
  }

  @Override
  public void close() {
    in.close();
    keyString.close();
    value.close();
    collection.close();
    if (window != null) {
      buffers.free(window);
      window = null;
    }
  }

  /** What the reader is at. */
  RdbStep step() {
    return step;
  }

  /** The byte with which the item read last began. */
  int opcode() {
    return opcode;
  }

  /** The type of the key being read, or of the first one to be read; below 0 between keys. */
  int typeId() {
    return typeId;
  }

  /** The key being read, of which the visitor has not been told. */
  String keyText() throws RdbException {
    keyString.decode(at());
    return keyString.text();
  }

  /** Whether the visitor has been told of the key being read. */
  boolean isInsideValue() {
    return state == State.PLAIN_PART || state == State.LZF_PART || state == State.COLLECTION;
  }

  /** Whether the stream has ended with a checksum that isn't 0, which stands for none. */
  boolean isChecksumStored() {
    return checksumStored;
  }

  /** The offset in the stream up to which bytes have been understood. */
  long reached() {
    return in.reached();
  }

  /** Lets go through what need not be told; returns whether there was something. */
  private boolean passOn() throws RdbException {
    RecordPassage by = passage;
    if (by == null) {
      return false;
    }
    if (state == State.COLLECTION && collection.passOn(by)) {
      endCollectionPart();
      return true;
    }
    return state == State.ITEM && key.isPlain() && by.records(in);
  }

  /** Does one step; false when bytes are missing for it or the stream is complete. */
  private boolean advance() throws RdbException {
    return switch (state) {
      case HEADER -> header();
      case ITEM -> item();
      case PLAIN_PART -> plainPart();
      case LZF_PART -> lzfPart();
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

  /** The offset in the stream of the item being read. */
  private long at() {
    return in.consumedBytes();
  }

  private boolean expiry(int opcode) throws RdbException {
    if (!in.has(opcode == RdbFormat.EXPIRE_MILLIS ? 8 : 4)) {
      return false;
    }
    long millis =
        opcode == RdbFormat.EXPIRE_MILLIS ? in.readLittleLong() : in.readLittleInt() * 1000L;
    if (millis < 0) {
      throw new RdbException(at(), "Negative expiry");
    }
    key.expireAtMillis(millis);
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
    keyString.decode(at());
    value.decode(at());
    visitor.aux(keyString.text(), value.text());
    return true;
  }

  private boolean selectDb() throws RdbException {
    if (!in.readLength()) {
      return false;
    }
    if (in.length() < 0 || in.length() >= MOST_DATABASES) {
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
    visitor.resizeDb(Math.max(keys, 0), Math.max(in.length(), 0));
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
            "Wrong RDB checksum expected: (%x) but got (%x), an RDB CRC error"
                .formatted(expected, actual));
      }
      in.commit();
    }
    state = State.COMPLETE;
    visitor.end();
    return true;
  }

  /** Reads a key and its value, as far as that comes in one piece; consumes them. */
  private boolean record(int id) throws RdbException {
    RdbType type = RdbType.known(id, at());
    typeId = id;
    step = RdbStep.KEY;
    if (!keyString.read(in)) {
      return false;
    }
    step = RdbStep.VALUE;
    if (type != RdbType.STRING) {
      return collection(type);
    }
    if (!value.readHead(in)) {
      return false;
    }
    boolean large = value.storedBytes() > largeStringBytes || value.plainBytes() > largeStringBytes;
    if (!large && !value.readBody(in)) {
      return false;
    }
    long at = at();
    keyString.decode(at);
    key.at(keyString.memory(), keyString.offset(), (int) keyString.plainBytes());
    in.commit();
    if (large) {
      beginLarge();
    } else if (value.isInteger()) {
      visitor.integer(key, value.number());
    } else {
      value.decode(at);
      visitor.string(key, value.memory(), value.offset(), (int) value.plainBytes());
    }
    key.plain();
    endKeyWhen(!large);
    return true;
  }

  private boolean collection(RdbType type) throws RdbException {
    keyString.decode(at());
    key.at(keyString.memory(), keyString.offset(), (int) keyString.plainBytes());
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

  private void beginLarge() throws RdbException {
    storedLeft = value.storedBytes();
    plainLeft = value.plainBytes();
    state = State.PLAIN_PART;
    if (value.isCompressed()) {
      state = State.LZF_PART;
      if (window == null) {
        window = buffers.allocate(LARGE_STRING_BYTES + Lzf.HISTORY_BYTES);
      }
      windowAt = window.offset();
    }
    visitor.beginString(key, plainLeft);
  }

  private boolean plainPart() throws RdbException {
    int part = (int) Math.min(in.available(), plainLeft);
    if (part == 0) {
      return false;
    }
    visitor.stringPart(in.memory(), in.cursor(), part);
    in.skip(part);
    in.commit();
    plainLeft -= part;
    return endLargeWhen(plainLeft == 0);
  }

  private boolean lzfPart() throws RdbException {
    BufferMemory.Block out = window;
    if (out == null) {
      throw new IllegalStateException("no window");
    }
    if (out.end() - windowAt < Lzf.LONGEST_COPY_BYTES) {
      long history = windowAt - Lzf.HISTORY_BYTES;
      MemorySegment.copy(out.memory(), history, out.memory(), out.offset(), Lzf.HISTORY_BYTES);
      windowAt = out.offset() + Lzf.HISTORY_BYTES;
    }
    long from = in.cursor();
    long to = from + Math.min(in.available(), storedLeft);
    long limit = Math.min(out.end(), windowAt + plainLeft);
    boolean valid = lzf.run(in.memory(), from, to, out.memory(), out.offset(), windowAt, limit);
    long used = lzf.input() - from;
    int part = (int) (lzf.output() - windowAt);
    boolean stuck = used == 0 && to - from == storedLeft;
    if (!valid || stuck) {
      throw new RdbException(in.offset(), "Invalid LZF compressed string");
    }
    if (used == 0) {
      return false;
    }
    visitor.stringPart(out.memory(), windowAt, part);
    windowAt += part;
    in.skip(used);
    in.commit();
    storedLeft -= used;
    plainLeft -= part;
    if (storedLeft == 0 && plainLeft != 0) {
      throw new RdbException(in.offset(), "Invalid LZF compressed string");
    }
    return endLargeWhen(storedLeft == 0);
  }

  private boolean endLargeWhen(boolean last) throws RdbException {
    if (last) {
      state = State.ITEM;
      visitor.endString();
      endKeyWhen(true);
    }
    return true;
  }

  private void endKeyWhen(boolean whole) {
    if (whole) {
      typeId = RdbKey.NONE;
      step = RdbStep.TYPE;
    }
  }
}
