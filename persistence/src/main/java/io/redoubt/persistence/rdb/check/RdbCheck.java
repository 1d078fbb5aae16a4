package io.redoubt.persistence.rdb.check;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.persistence.rdb.RdbStep;
import io.redoubt.protocol.bytes.BufferMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The implementation of {@code redis-check-rdb}: reads a file to its end, prints its items, and the
 * offset and reason of an error. All output is Redis', except for the reasons of corruption.
 */
public final class RdbCheck {

  private static final List<String> TYPE_NAMES =
      List.of(
          "string",
          "list-linked",
          "set-hashtable",
          "zset-v1",
          "hash-hashtable",
          "zset-v2",
          "module-value",
          "",
          "unknown",
          "hash-zipmap",
          "list-ziplist",
          "set-intset",
          "zset-ziplist",
          "hash-ziplist",
          "quicklist",
          "stream",
          "hash-listpack",
          "zset-listpack",
          "quicklist-v2");

  private static final int READ_BYTES = 1 << 16;

  private final Disk disk;
  private final CheckTerminal terminal;
  private final CheckVisitor visitor;
  private long bytes;
  private boolean corrupt;

  /** Creates a check of one file. */
  public RdbCheck(Disk disk, CheckTerminal terminal) {
    this.disk = disk;
    this.terminal = terminal;
    this.visitor = new CheckVisitor(terminal);
  }

  /**
   * Checks the file, or the RDB preamble that it starts with.
   *
   * @param name the file's name in messages
   * @return true if the file is valid
   */
  public boolean run(Path path, String name) {
    visitor.print("Checking RDB file " + name);
    try (DiskFile file = disk.read(path);
        RdbReader reader =
            new RdbReader(
                BufferMemory.offHeap(),
                new ConsistentVisitor(visitor, terminal.nowMillis()),
                Integer.MAX_VALUE)) {
      visitor.setReader(reader);
      return read(file, reader);
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns the length of the valid RDB in bytes. */
  public long bytes() {
    return bytes;
  }

  /** Returns true if the corruption is one at which Redis' tools exit. */
  public boolean isCorrupt() {
    return corrupt;
  }

  private boolean read(DiskFile file, RdbReader reader) throws IOException {
    try {
      while (!reader.complete()) {
        int room = Math.min(reader.room(), READ_BYTES);
        int read = file.read(reader.memory(), reader.limit(), room);
        if (read < 0) {
          reader.onFilled(0); // update the offset reached in the incomplete item
          fail(reader, "Unexpected EOF reading RDB file");
          return false;
        }
        reader.onFilled(read);
      }
    } catch (RdbException e) {
      corrupt = reportFailure(reader, e);
      if (corrupt) {
        terminal.warn("Terminating server after rdb file reading failure.");
      }
      return false;
    }
    bytes = reader.offset();
    visitor.print("\\o/ RDB looks OK! \\o/");
    visitor.printCounts(0);
    return true;
  }

  /**
   * Prints the reason why the file is refused; returns true for corruption at which Redis' tools
   * exit.
   */
  private boolean reportFailure(RdbReader reader, RdbException e) {
    switch (reader.step()) {
      case TYPE -> fail(reader, "Invalid object type: " + reader.opcode());
      case CHECKSUM -> fail(reader, "RDB CRC error");
      case START -> fail(reader, e.reason());
      default -> {
        fail(reader, e.reason());
        return true;
      }
    }
    return false;
  }

  private void fail(RdbReader reader, String reason) {
    terminal.print("--- RDB ERROR DETECTED ---\n");
    visitor.print(reason);
    RdbStep step = reader.step();
    info("While doing: " + step.text());
    if (step == RdbStep.VALUE) {
      info("Reading key '" + terminal.shown(keyText(reader)) + "'");
    }
    int type = reader.typeId();
    if (type >= 0) {
      String name = type < TYPE_NAMES.size() ? TYPE_NAMES.get(type) : "unknown";
      info(String.format(Locale.ROOT, "Reading type %d (%s)", type, name));
    }
    visitor.printCounts(step == RdbStep.VALUE && !reader.isInsideValue() ? 1 : 0);
  }

  /** Returns the key up to its first NUL, like a string in C. */
  private String keyText(RdbReader reader) {
    return CheckVisitor.asString(reader.isInsideValue() ? visitor.keyBegun() : reader.keyText());
  }

  private void info(String text) {
    terminal.print("[additional info] " + text + "\n");
  }
}
