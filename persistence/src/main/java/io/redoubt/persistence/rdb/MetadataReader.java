package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.protocol.bytes.BufferMemory;

/**
 * Reads the items that belong to no key: auxiliary fields, the database of the following keys and
 * its size, functions, and what modules keep outside the keys. An item must have arrived in full.
 * The caller commits the input after it was read, and otherwise rolls it back.
 */
final class MetadataReader implements AutoCloseable {

  private static final int SLOT_INFO_LENGTHS = 3;
  private static final int MAX_DATABASES = 1 << 30;

  /** The length of a short key and value: even if all records are shorter, tables can grow. */
  private static final int SHORT_RECORD_BYTES = 8;

  private final RdbVisitor visitor;
  private final RdbInput in;
  private final RdbString field;
  private final RdbString value;

  MetadataReader(BufferMemory buffers, Lzf.Decompressor lzf, RdbVisitor visitor, RdbInput in) {
    this.visitor = visitor;
    this.in = in;
    this.field = new RdbString(buffers, lzf);
    this.value = new RdbString(buffers, lzf);
  }

  @Override
  public void close() {
    field.close();
    value.close();
  }

  /**
   * Reads the arguments of an opcode and passes them to the visitor.
   *
   * @return false if they have not arrived in full
   */
  boolean read(int opcode) throws RdbException {
    return switch (opcode) {
      case RdbFormat.AUX -> aux();
      case RdbFormat.SELECT_DB -> selectDb();
      case RdbFormat.RESIZE_DB -> resizeDb();
      case RdbFormat.SLOT_INFO -> slotInfo();
      case RdbFormat.FUNCTION -> function();
      case RdbFormat.MODULE_AUX -> moduleAux();
      case RdbFormat.FUNCTION_PRE_RELEASE ->
          throw new RdbException(at(), "Pre-release function format not supported");
      default -> throw new IllegalArgumentException("not an opcode of metadata: " + opcode);
    };
  }

  private long at() {
    return in.consumedBytes();
  }

  private boolean aux() throws RdbException {
    if (!field.read(in) || !value.read(in)) {
      return false;
    }
    field.checkFitsHeap(at());
    field.decode(at());
    String name = field.text();
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
}
