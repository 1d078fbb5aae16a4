package io.redoubt.protocol.session;

import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.net.SharedChunk;
import io.redoubt.protocol.resp.ReplyBuffer;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.SharedMessage;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The latest messages to several clients in one version of RESP. A message is encoded once, for its
 * first receiver, after the previous one, so that a client which receives several messages in a row
 * gets one range of bytes. The memory is returned when all receivers have sent it. Confined to the
 * loop.
 */
final class SharedMessages extends ReplyBuffer {
  private final ReplyWriter writer = new ReplyWriter(this);
  private @Nullable Connection source;
  private @Nullable SharedChunk chunk;
  private @Nullable SharedMessage latest;

  /** The start of the latest message. */
  private long start;

  /** True if the chunk has a reference of this object, because a message is being added. */
  private boolean retained;

  /** Creates an empty instance for a version of RESP. */
  SharedMessages(int resp) {
    writer.setResp(resp);
  }

  /**
   * Encodes a message unless it is the latest one, and adds it to the replies of a client.
   *
   * @param its the client's connection
   * @return false if the message must be copied, because it does not follow what is pending
   */
  boolean add(SharedMessage message, ClientReplies replies, Connection its) {
    SharedChunk current = chunk;
    if (current != null && current.isReleased()) {
      leaveChunk();
    }
    try {
      if (message != latest) {
        encode(message, its);
      }
      return replies.append(Objects.requireNonNull(chunk), start, position);
    } finally {
      endUse();
    }
  }

  private void encode(SharedMessage message, Connection its) {
    source = its;
    latest = null;
    start = position;
    try {
      message.writeTo(writer);
      latest = message;
    } finally {
      source = null;
      if (latest == null) {
        position = start; // memory ran out
      }
    }
  }

  private void endUse() {
    SharedChunk current = chunk;
    if (retained && current != null) {
      retained = false;
      current.release();
    }
  }

  private void leaveChunk() {
    endUse();
    chunk = null;
    latest = null;
    memory = MemorySegment.NULL;
    position = 0;
    limit = 0;
  }

  /** Moves the message being encoded to a chunk in which it has room. */
  @Override
  protected void makeRoom(int atLeastBytes) {
    long length = position - start;
    long room = Math.max(length + atLeastBytes, 2 * length);
    var next = new SharedChunk(Objects.requireNonNull(source).newChunk(Math.toIntExact(room)));
    MemorySegment.copy(memory, start, next.memory(), next.start(), length);
    leaveChunk();
    retained = true;
    chunk = next;
    memory = next.memory();
    start = next.start();
    position = start + length;
    limit = next.limit();
    window++;
  }

  @Override
  protected void fillEarlierGap(
      long gapWindow, long offset, byte[] header, int headerBytes, int gapBytes) {
    throw new AssertionError("messages have no collections of deferred length");
  }
}
