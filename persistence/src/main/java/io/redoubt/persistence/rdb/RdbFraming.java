package io.redoubt.persistence.rdb;

import java.io.IOException;

/**
 * Finds where an item of an RDB file ends without looking into its strings: beyond a value that
 * can't be read, the next one is found by it. An item is an opcode with its arguments, or a key
 * with its attributes and its value.
 */
public final class RdbFraming {

  /** The bytes of the file. */
  @FunctionalInterface
  public interface Source {
    /** Returns the byte at an offset in the file, which is below its size. */
    int byteAt(long offset) throws IOException;
  }

  private static final int SHORT_SCORE_BYTES = 253;
  private static final int ID_BYTES = 16;

  private final Source source;
  private final long size;
  private long at;
  private boolean last;

  /** Creates a view of a file of the given size in bytes. */
  public RdbFraming(Source source, long size) {
    this.source = source;
    this.size = size;
  }

  /**
   * Returns the end of the item that starts at an offset.
   *
   * @throws RdbException if it has no end in the file, or if its type is unknown
   */
  public long end(long start) throws IOException, RdbException {
    at = start;
    last = false;
    boolean more;
    do {
      more = part(readByte());
    } while (more);
    return at;
  }

  /** Returns true if the last item was the end marker. */
  public boolean isLast() {
    return last;
  }

  /** Skips an opcode or a record; returns true for an attribute of the key that follows. */
  private boolean part(int opcode) throws IOException, RdbException {
    switch (opcode) {
      case RdbFormat.EXPIRE_SECONDS -> skip(4);
      case RdbFormat.EXPIRE_MILLIS -> skip(8);
      case RdbFormat.IDLE -> length();
      case RdbFormat.FREQUENCY -> skip(1);
      default -> {
        whole(opcode);
        return false;
      }
    }
    return true;
  }

  private void whole(int opcode) throws IOException, RdbException {
    switch (opcode) {
      case RdbFormat.AUX -> strings(2);
      case RdbFormat.SELECT_DB -> length();
      case RdbFormat.RESIZE_DB -> lengths(2);
      case RdbFormat.SLOT_INFO -> lengths(3);
      case RdbFormat.FUNCTION, RdbFormat.FUNCTION_PRE_RELEASE -> strings(1);
      case RdbFormat.MODULE_AUX -> module();
      case RdbFormat.EOF -> last = true;
      default -> {
        RdbType type = RdbType.known(opcode, at - 1);
        strings(1);
        value(type);
      }
    }
  }

  private void value(RdbType type) throws IOException, RdbException {
    switch (type) {
      case STRING,
          HASH_ZIPMAP,
          LIST_ZIPLIST,
          SET_INTSET,
          ZSET_ZIPLIST,
          HASH_ZIPLIST,
          HASH_LISTPACK,
          ZSET_LISTPACK,
          SET_LISTPACK ->
          strings(1);
      case LIST, SET, LIST_QUICKLIST -> strings(count());
      case HASH -> {
        long fields = count();
        strings(fields);
        strings(fields);
      }
      case ZSET, ZSET_2 -> members(type);
      case LIST_QUICKLIST_2 -> {
        for (long i = count(); i > 0; i--) {
          length();
          strings(1);
        }
      }
      case HASH_METADATA -> {
        skip(8);
        for (long i = count(); i > 0; i--) {
          length();
          strings(2);
        }
      }
      case HASH_LISTPACK_EX -> {
        skip(8);
        strings(1);
      }
      case STREAM_LISTPACKS, STREAM_LISTPACKS_2, STREAM_LISTPACKS_3 -> stream(type);
      case MODULE_2 -> module();
      default -> throw new RdbException(at, "Unsupported type " + type.description());
    }
  }

  private void members(RdbType type) throws IOException, RdbException {
    for (long i = count(); i > 0; i--) {
      strings(1);
      if (type == RdbType.ZSET_2) {
        skip(8);
      } else {
        int bytes = readByte();
        skip(bytes < SHORT_SCORE_BYTES ? bytes : 0);
      }
    }
  }

  private void stream(RdbType type) throws IOException, RdbException {
    boolean first = type == RdbType.STREAM_LISTPACKS;
    long nodes = count();
    strings(nodes);
    strings(nodes);
    lengths(first ? 3 : 8);
    for (long groups = count(); groups > 0; groups--) {
      strings(1);
      lengths(first ? 2 : 3);
      for (long pending = count(); pending > 0; pending--) {
        skip(ID_BYTES + 8);
        length();
      }
      for (long consumers = count(); consumers > 0; consumers--) {
        strings(1);
        skip(type == RdbType.STREAM_LISTPACKS_3 ? 16 : 8);
        long pending = count();
        skip(Math.multiplyExact(pending, ID_BYTES));
      }
    }
  }

  private void module() throws IOException, RdbException {
    length();
    for (long tag = length(); tag != RdbFormat.MODULE_END; tag = length()) {
      switch (Math.clamp(tag, 0, Integer.MAX_VALUE)) {
        case RdbFormat.MODULE_SIGNED, RdbFormat.MODULE_UNSIGNED -> length();
        case RdbFormat.MODULE_FLOAT -> skip(4);
        case RdbFormat.MODULE_DOUBLE -> skip(8);
        case RdbFormat.MODULE_STRING -> strings(1);
        default -> throw new RdbException(at, "Invalid data of a module");
      }
    }
  }

  private int readByte() throws IOException, RdbException {
    if (at >= size) {
      throw new RdbException(size, "Short read: the data ends too early");
    }
    return source.byteAt(at++);
  }

  private void skip(long bytes) throws RdbException {
    if (bytes < 0 || bytes > size - at) {
      throw new RdbException(at, "A string reaches beyond the end of the data");
    }
    at += bytes;
  }

  private long big(int bytes) throws IOException, RdbException {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value = value << 8 | readByte();
    }
    return value;
  }

  private long length() throws IOException, RdbException {
    int first = readByte();
    return switch (first >> 6) {
      case 0 -> first;
      case 1 -> (first & 0x3fL) << 8 | readByte();
      default -> longLength(first);
    };
  }

  private long longLength(int first) throws IOException, RdbException {
    return switch (first) {
      case RdbFormat.LENGTH_32 -> big(4);
      case RdbFormat.LENGTH_64 -> big(8);
      default -> throw new RdbException(at - 1, "Unknown length encoding");
    };
  }

  /** Reads a number of elements and checks it, since each takes at least a byte. */
  private long count() throws IOException, RdbException {
    long count = length();
    if (count < 0 || count > size - at) {
      throw new RdbException(at, "More elements than the data can hold");
    }
    return count;
  }

  private void lengths(int count) throws IOException, RdbException {
    for (int i = 0; i < count; i++) {
      length();
    }
  }

  private void strings(long count) throws IOException, RdbException {
    for (long i = 0; i < count; i++) {
      int first = readByte();
      switch (first) {
        case RdbFormat.STRING_INT8 -> skip(1);
        case RdbFormat.STRING_INT16 -> skip(2);
        case RdbFormat.STRING_INT32 -> skip(4);
        case RdbFormat.STRING_LZF -> {
          long stored = length();
          length();
          skip(stored);
        }
        default -> {
          at--;
          skip(length());
        }
      }
    }
  }
}
