package io.redoubt.server.client;

import io.redoubt.protocol.net.BlockingLink;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.ReplyDecoder;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A server that keys are moved to, with a connection to it. */
public final class MigrationTarget {

  /** The selected database is unknown. */
  public static final int UNKNOWN_DATABASE = -1;

  private static final int READ_BYTES = 4 << 10;

  private final BlockingLink link;
  private final ReplyDecoder replies = ReplyDecoder.ofStatuses();
  private final byte[] received = new byte[READ_BYTES];
  private long selectedDatabase = UNKNOWN_DATABASE;
  private int timeoutMillis;
  private long usedAtMillis;

  MigrationTarget(BlockingLink link) {
    this.link = link;
  }

  MigrationTarget use(int newTimeoutMillis, long nowMillis) {
    timeoutMillis = newTimeoutMillis;
    usedAtMillis = nowMillis;
    return this;
  }

  long usedAtMillis() {
    return usedAtMillis;
  }

  /** Returns the database selected at the target, or {@link #UNKNOWN_DATABASE}. */
  public long selectedDatabase() {
    return selectedDatabase;
  }

  public void setSelectedDatabase(long database) {
    selectedDatabase = database;
  }

  /** Sends a request; its reply must be taken later. */
  public void send(byte[]... words) throws IOException {
    sendRaw(RequestEncoder.encode(words));
  }

  /** Sends a part of a request. */
  public void sendRaw(byte[] bytes) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(Math.max(bytes.length, 1));
      MemorySegment.copy(MemorySegment.ofArray(bytes), 0, copy, 0, bytes.length);
      link.write(copy, 0, bytes.length, timeoutMillis);
    }
  }

  /** Sends a part of a request that is outside of the heap. */
  public void sendRaw(MemorySegment memory, long offset, long length) throws IOException {
    link.write(memory, offset, length, timeoutMillis);
  }

  /**
   * Waits for the next reply.
   *
   * @throws java.net.SocketTimeoutException when none comes in time
   */
  public Reply receive() throws IOException {
    try {
      Reply reply = replies.next();
      while (reply == null) {
        replies.feed(received, 0, link.read(received, timeoutMillis));
        reply = replies.next();
      }
      return reply;
    } catch (ProtocolException e) {
      throw new IOException(e);
    }
  }

  void close() {
    try {
      link.close();
    } catch (IOException e) {
      // it is of no use any more in any case
    }
  }
}
