package io.redoubt.server.aof;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.WholeFile;
import io.redoubt.persistence.rdb.Crc64;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * The tail of the replication stream, saved next to the append-only file at a shutdown, so that
 * lagging replicas can resume after the restart.
 *
 * <p>The file has a line {@code #STREAM: id first last crc}, followed by the stream of that
 * replication id from offset {@code first} to {@code last}, both inclusive; {@code crc} is the
 * CRC-64 of these bytes in hexadecimal digits. A file that does not contain the offset of the
 * loaded data set is ignored, so an old one need not be deleted.
 */
final class StreamTail {
  private static final String MARK = "#STREAM:";
  private static final int LONGEST_LINE = 120;

  private final Disk disk;
  private final Path path;

  /** Creates the tail of a file. */
  StreamTail(Disk disk, Path path) {
    this.disk = disk;
    this.path = path;
  }

  /** Saves the bytes before a position. */
  void keep(ReplicationPoint point) throws IOException {
    byte[] bytes = point.tail().toByteArray();
    long first = point.offset() - bytes.length + 1;
    String line =
        String.format(
            Locale.ROOT,
            "%s %s %d %d %016x\n",
            MARK,
            point.id(),
            first,
            point.offset(),
            crc(bytes));
    Path temporary = path.resolveSibling("temp-" + path.getFileName());
    WholeFile.write(disk, temporary, line.getBytes(US_ASCII), bytes);
    disk.rename(temporary, path);
  }

  private static long crc(byte[] bytes) {
    return Crc64.update(0, MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  /** Returns the position with the preceding bytes if they were saved, else unchanged. */
  ReplicationPoint before(ReplicationPoint place) throws IOException {
    if (!disk.exists(path)) {
      return place;
    }
    byte[] content = WholeFile.read(disk, path);
    int lineEnd = indexOfLineEnd(content);
    String[] words = new String(content, 0, lineEnd, US_ASCII).split(" ");
    if (words.length != 5 || !words[0].equals(MARK) || !words[1].equals(place.id())) {
      return place;
    }
    byte[] bytes =
        Arrays.copyOfRange(content, Math.min(lineEnd + 1, content.length), content.length);
    try {
      long first = Long.parseLong(words[2]);
      long last = Long.parseLong(words[3]);
      boolean isWhole =
          last - first + 1 == bytes.length && Long.parseUnsignedLong(words[4], 16) == crc(bytes);
      if (!isWhole || place.offset() < first || place.offset() > last) {
        return place;
      }
      ByteString tail = ByteString.of(Arrays.copyOf(bytes, (int) (place.offset() - first + 1)));
      return new ReplicationPoint(place.database(), place.id(), place.offset(), tail);
    } catch (NumberFormatException notATail) {
      return place;
    }
  }

  private static int indexOfLineEnd(byte[] content) {
    int end = Math.min(content.length, LONGEST_LINE);
    for (int i = 0; i < end; i++) {
      if (content[i] == '\n') {
        return i;
      }
    }
    return end;
  }
}
