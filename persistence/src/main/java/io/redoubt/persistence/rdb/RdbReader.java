package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
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

  private enum State {
    HEADER,
    ITEMS,
    CHECKSUM,
    COMPLETE
  }

  private final RdbVisitor visitor;
  private final RdbInput in;
  private final ReadPlace place = new ReadPlace();
  private final MetadataReader metadata;
  private final RecordReader records;

  private State state = State.HEADER;
  private int version;
  private boolean checksumWanted = true;
  private int opcode;
  private long recordStart;
  private boolean checksumStored;
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
    this.in = new RdbInput(buffers);
    Lzf.Decompressor lzf = new Lzf.Decompressor();
    this.metadata = new MetadataReader(buffers, lzf, visitor, in);
    this.records = new RecordReader(buffers, lzf, visitor, in, place, largeStringBytes);
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
    state = State.ITEMS;
    return this;
  }

  /** Returns the version in the header. */
  public int version() {
    return version;
  }

  /** Checks that the bytes fed end with an item: neither within one nor after an attribute. */
  public void endItem() throws RdbException {
    boolean between = state == State.ITEMS && !records.isInsideValue() && !records.hasAttributes();
    if (!between || unread() != 0) {
      throw new RdbException(at(), "The length of the value is inconsistent")
          .in(at(), place.text());
    }
  }

  /** Disables the validation of packed values, for bytes written by this process. */
  public RdbReader trusting() {
    records.trust();
    return this;
  }

  /**
   * Passes only the lengths of elements of unpacked collections that are longer than the given one:
   * their bytes are dropped as they arrive, and take no memory. Compressed ones are not validated.
   */
  public RdbReader skippingElements(int longerThanBytes) {
    records.skipLonger(longerThanBytes);
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
      while (copy() || advance()) {
        continue;
      }
    } catch (RdbException e) {
      throw e.in(at(), place.text());
    }
    place.keepKey();
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
      throw new RdbException(end, "Short read: the data ends too early").in(end, place.text());
    }
  }

  @Override
  public void close() {
    in.close();
    metadata.close();
    records.close();
  }

  /** Returns the current step. */
  public RdbStep step() {
    return place.step();
  }

  /** Returns the first byte of the last item. */
  public int opcode() {
    return opcode;
  }

  /** Returns the type of the current key; negative between keys. */
  public int typeId() {
    return place.typeId();
  }

  /** Returns the current key, which has not been passed to the visitor. */
  public String keyText() {
    return records.keyText();
  }

  /** Returns true if the current key has been passed to the visitor. */
  public boolean isInsideValue() {
    return records.isInsideValue();
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

  /** Copies records or elements that need no visitor; returns true if there were any. */
  private boolean copy() throws RdbException {
    RecordCopier target = copier;
    return target != null && state == State.ITEMS && records.copy(target);
  }

  /** Parses one step; returns false if its bytes are incomplete or the stream is complete. */
  private boolean advance() throws RdbException {
    return switch (state) {
      case HEADER -> header();
      case ITEMS -> records.isInsideValue() ? records.step() : item();
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
    state = State.ITEMS;
    visitor.begin(version);
    return true;
  }

  private boolean item() throws RdbException {
    place.setStep(RdbStep.TYPE);
    if (!records.hasAttributes()) {
      recordStart = at();
    }
    if (!in.has(1)) {
      return false;
    }
    opcode = in.readByte();
    place.setStep(RdbStep.after(opcode));
    boolean whole =
        switch (opcode) {
          case RdbFormat.EXPIRE_SECONDS,
              RdbFormat.EXPIRE_MILLIS,
              RdbFormat.IDLE,
              RdbFormat.FREQUENCY ->
              records.attribute(opcode);
          case RdbFormat.AUX,
              RdbFormat.SELECT_DB,
              RdbFormat.RESIZE_DB,
              RdbFormat.SLOT_INFO,
              RdbFormat.FUNCTION,
              RdbFormat.FUNCTION_PRE_RELEASE,
              RdbFormat.MODULE_AUX ->
              metadata.read(opcode);
          case RdbFormat.EOF -> end();
          default -> records.begin(opcode);
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

  private boolean end() {
    in.commit();
    state = State.CHECKSUM;
    place.setStep(RdbStep.CHECKSUM);
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
}
