package io.redoubt.persistence.rdb.check;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.persistence.rdb.RdbFraming;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.persistence.rdb.RdbStep;
import io.redoubt.persistence.rdb.RdbVisitor;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.BufferMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The implementation of {@code redis-check-rdb --fix-to}: salvages a damaged file into another one.
 * Valid items are copied byte by byte, values that contradict themselves are written anew, and
 * other damaged items are left out. If the end of an item can't be found, the rest of the file is
 * lost.
 */
public final class RdbSalvage {

  private static final int LEAST_VERSION = 8; // of the types that are written
  private static final int HEADER_BYTES = 9;

  private final Disk disk;
  private final CheckTerminal terminal;
  private final BufferMemory buffers = BufferMemory.offHeap();
  private final CheckVisitor shown;
  private final ConsistentVisitor visitor;

  private int version;
  private long repaired;
  private long dropped;
  private long lostBytes;

  /** Creates the repair of one file. */
  public RdbSalvage(Disk disk, CheckTerminal terminal) {
    this.disk = disk;
    this.terminal = terminal;
    this.shown = new CheckVisitor(terminal);
    this.visitor = new ConsistentVisitor(shown, terminal.nowMillis());
  }

  /**
   * Writes the target, which must not exist.
   *
   * @return true if it was written
   */
  public boolean run(Path source, Path target) {
    if (disk.exists(target)) {
      print("Can't write to " + target + ": it exists");
      return false;
    }
    try (DiskFile file = disk.read(source);
        FileWindow window = new FileWindow(file, buffers)) {
      long size = file.size();
      if (!header(window, size)) {
        return false;
      }
      write(window, size, target);
      return true;
    } catch (UncheckedIOException e) {
      IOException cause = e.getCause();
      fail(target, cause == null ? new IOException(e) : cause);
    } catch (IOException e) {
      fail(target, e);
    } catch (RdbException e) {
      print("Can't fix " + source + ": " + e.getMessage());
    }
    return false;
  }

  private void fail(Path target, IOException e) {
    print("Can't fix the file: " + terminal.reason(e));
    try {
      disk.delete(target);
    } catch (IOException again) {
      print("Can't remove " + target + ": " + terminal.reason(again));
    }
  }

  private boolean header(FileWindow window, long size) throws IOException, RdbException {
    if (size < HEADER_BYTES) {
      print("Can't fix a file of " + size + " bytes");
      return false;
    }
    try (RdbReader reader = new RdbReader(buffers, visitor)) {
      window.pass(0, HEADER_BYTES, reader::feed);
      version = reader.version();
    }
    return true;
  }

  private void write(FileWindow window, long size, Path target) throws IOException, RdbException {
    try (DiskFile made = disk.create(target);
        FileOutput out = new FileOutput(made, buffers);
        RdbWriter writer = new RdbWriter(out, true, buffers)) {
      writer.version(Math.clamp(version, RdbFormat.WRITTEN_VERSION, RdbFormat.NEWEST_VERSION));
      if (version < LEAST_VERSION) {
        writer.begin();
      } else {
        window.pass(0, HEADER_BYTES, out::putBytes);
      }
      items(window, size, out, writer);
      writer.end();
      out.finish();
    }
    shown.printCounts(0);
    print(
        String.format(
            Locale.ROOT,
            "Wrote %s: %d values repaired, %d items left out, %d bytes at the end lost",
            target,
            repaired,
            dropped,
            lostBytes));
  }

  private void items(FileWindow window, long size, FileOutput out, RdbWriter writer)
      throws IOException, RdbException {
    RdbFraming framing = new RdbFraming(window::byteAt, size);
    RdbReader reader = reader(HEADER_BYTES, size, visitor);
    try {
      for (long at = HEADER_BYTES; ; ) {
        long end;
        try {
          end = framing.end(at);
        } catch (RdbException broken) {
          lostBytes = size - at;
          report(at, reasonOfLoss(window, at, size, broken) + "; the rest of the file is lost");
          return;
        }
        if (framing.isLast()) {
          return;
        }
        visitor.clear();
        try {
          window.pass(at, end, reader::feed);
          reader.endItem();
          save(window, at, end, out, writer);
        } catch (RdbException refused) {
          if (reader.step() == RdbStep.LENGTH) { // the database of the keys that follow
            lostBytes = size - at;
            report(at, refused.getMessage() + "; the rest of the file is lost");
            return;
          }
          dropped++;
          report(refused.offset(), refused.getMessage() + "; is left out");
          reader.close();
          reader = reader(end, size, visitor);
        }
        at = end;
      }
    } finally {
      reader.close();
    }
  }

  private void save(FileWindow window, long at, long end, FileOutput out, RdbWriter writer)
      throws IOException, RdbException {
    if (!visitor.isRepaired()) {
      window.pass(at, end, out::putBytes);
      return;
    }
    repaired++;
    try (RdbReader again = reader(at, end, visitor.again(writer))) {
      window.pass(at, end, again::feed);
    }
  }

  /** Returns the reader's message about an item, which names the key. */
  private String reasonOfLoss(FileWindow window, long at, long size, RdbException broken)
      throws IOException {
    visitor.clear();
    try (RdbReader reader = reader(at, size, visitor)) {
      window.pass(at, size, reader::feed);
      reader.finish();
    } catch (RdbException e) {
      return e.getMessage();
    }
    return broken.getMessage();
  }

  private RdbReader reader(long at, long size, RdbVisitor target) {
    RdbReader reader =
        new RdbReader(buffers, target).checksum(false).totalBytes(size).startAt(at, version);
    if (target == visitor) {
      shown.setReader(reader);
    }
    return reader;
  }

  private void report(long offset, String text) {
    terminal.print(String.format(Locale.ROOT, "[offset %d] %s\n", offset, text));
  }

  private void print(String text) {
    terminal.print(text + "\n");
  }
}
