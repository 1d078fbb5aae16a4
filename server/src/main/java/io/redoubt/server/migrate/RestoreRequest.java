package io.redoubt.server.migrate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.server.client.RequestQueue;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.settings.PersistenceDirectives;
import io.redoubt.server.snapshot.export.PayloadDump;
import io.redoubt.server.value.StringValue;
import io.redoubt.server.value.Values;
import java.lang.foreign.MemorySegment;

/**
 * A RESTORE of one key: its payload is written in steps, and then sent in pieces. The entry must
 * not change before the request has started.
 */
final class RestoreRequest implements AutoCloseable {
  private static final byte[] CRLF = {'\r', '\n'};
  private static final byte[] REPLACE = "$7\r\nREPLACE\r\n".getBytes(US_ASCII);
  private static final int PIECE_BYTES = 64 << 10;

  private final long entry;
  private final boolean replaces;
  private final PayloadDump dump;
  private boolean started;

  RestoreRequest(Values values, long entry, boolean replaces, PersistenceDirectives persistence) {
    this.entry = entry;
    this.replaces = replaces;
    // A long string is dumped in one step, so it is not compressed, which would take much longer.
    boolean isLong =
        Entry.type(entry) == Type.STRING
            && !StringValue.isInteger(entry)
            && StringValue.length(entry) > PIECE_BYTES;
    dump =
        new PayloadDump(
            values,
            entry,
            persistence.rdbcompression.value() && !isLong,
            persistence.rdbWriteVersion.value());
  }

  boolean isWritten() {
    return dump.isWritten();
  }

  /** Writes a part of the payload. */
  void write() {
    boolean unused = dump.step();
  }

  boolean isStarted() {
    return started;
  }

  /** Sends what precedes the payload. */
  void start(RequestQueue queue, String command, long key, int keyLength, long nowMillis) {
    started = true;
    long expireAt = Entry.expireAt(entry);
    long ttl = expireAt == Entry.NO_EXPIRY ? 0 : Math.max(expireAt - nowMillis, 1);
    append(queue, "*" + (replaces ? 5 : 4) + "\r\n" + bulk(command) + "$" + keyLength + "\r\n");
    queue.append(Region.MEMORY, key, keyLength);
    append(queue, "\r\n" + bulk(Long.toString(ttl)) + "$" + dump.sizeBytes() + "\r\n");
  }

  /** Sends the next piece of the payload; returns false at the end of the request. */
  boolean sendPiece(RequestQueue queue) {
    if (dump.take(queue::append, PIECE_BYTES)) {
      return true;
    }
    append(queue, CRLF);
    if (replaces) {
      append(queue, REPLACE);
    }
    return false;
  }

  private static String bulk(String text) {
    return "$" + text.length() + "\r\n" + text + "\r\n";
  }

  private static void append(RequestQueue queue, String text) {
    append(queue, text.getBytes(US_ASCII));
  }

  private static void append(RequestQueue queue, byte[] bytes) {
    queue.append(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  @Override
  public void close() {
    dump.close();
  }
}
