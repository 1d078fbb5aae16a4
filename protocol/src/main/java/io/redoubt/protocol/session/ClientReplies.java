package io.redoubt.protocol.session;

import io.redoubt.protocol.net.Chunk;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.net.SharedChunk;
import io.redoubt.protocol.resp.ReplyBuffer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes replies into chunks of a connection. A full chunk is passed to the connection at once,
 * unless a reply of deferred length is being written or earlier replies wait for the gate; then it
 * is held here. An idle client has no chunk.
 */
final class ClientReplies extends ReplyBuffer {
  private final ClientSocket socket;
  private final OutputListener listener;
  private @Nullable Chunk chunk;
  private @Nullable ArrayList<Held> held;

  /** Messages that are pending by reference, in place of the chunk. */
  private @Nullable SharedChunk shared;

  private long sharedStart;
  private long sharedEnd;
  private long firstHeldWindow;
  private long heldBytes;

  /** The number of bytes written to earlier windows. */
  private long earlierBytes;

  private boolean discarding;
  private boolean deferring;

  /** True if the last bytes were passed on by reference. */
  private boolean referred;

  private static final class Held {
    final Chunk chunk;
    long end;

    Held(Chunk chunk, long end) {
      this.chunk = chunk;
      this.end = end;
    }
  }

  ClientReplies(ClientSocket socket, OutputListener listener) {
    this.socket = socket;
    this.listener = listener;
  }

  /** Discards everything written from now on, even in the middle of a reply. */
  void discard() {
    discarding = true;
    releaseHeld();
    releaseShared();
  }

  @Override
  protected boolean isDiscarding() {
    return discarding;
  }

  /** Returns the number of bytes not yet passed to the connection. */
  long pendingBytes() {
    Chunk current = chunk;
    return heldBytes + sharedBytes() + (current == null ? 0 : position - current.start());
  }

  /** Returns the number of bytes written so far, sent or not. */
  long writtenBytes() {
    Chunk current = chunk;
    return earlierBytes + sharedBytes() + (current == null ? 0 : position - current.start());
  }

  long heldBytes() {
    return heldBytes;
  }

  /**
   * Returns true if a reply of deferred length that exceeded its window has not been sent
   * completely.
   */
  boolean isDeferring() {
    return deferring;
  }

  /** Called when the socket has accepted all output. */
  void onDrained() {
    deferring = false;
  }

  long windowBytes() {
    Chunk current = chunk;
    return current == null ? 0 : current.limit() - current.start();
  }

  // ---- shared messages

  private long sharedBytes() {
    return shared == null ? 0 : sharedEnd - sharedStart;
  }

  /** Returns true if messages can be added by reference. */
  boolean canShare() {
    return chunk == null && held == null && !discarding;
  }

  /**
   * Adds a shared message by reference. Returns false if it does not follow the pending ones, so
   * that it must be copied.
   */
  boolean append(SharedChunk of, long start, long end) {
    if (shared == null) {
      of.retain();
      shared = of;
      sharedStart = start;
    } else if (shared != of || sharedEnd != start) {
      return false;
    }
    sharedEnd = end;
    return true;
  }

  private void releaseShared() {
    SharedChunk current = shared;
    if (current != null) {
      shared = null;
      current.release();
    }
  }

  private void sendShared(SharedChunk pending) {
    int bytes = Math.toIntExact(sharedBytes());
    shared = null;
    earlierBytes += bytes;
    listener.onSent(bytes);
    socket.connection().sendShared(pending, sharedStart, bytes);
  }

  /** Copies pending messages to the start of the chunk, because replies follow them. */
  private void copyShared() {
    SharedChunk current = shared;
    if (current != null) {
      long bytes = sharedBytes();
      MemorySegment.copy(current.memory(), sharedStart, memory, position, bytes);
      position += bytes;
      releaseShared();
    }
  }

  // ---- chunks

  /** Passes everything to the connection, which sends it at its next flush. */
  void handOver() {
    releaseHeld();
    SharedChunk pending = shared;
    if (pending != null) {
      sendShared(pending);
    }
    Chunk current = chunk;
    if (current == null) {
      return;
    }
    earlierBytes += position - current.start();
    send(current, position);
    chunk = null;
    position = 0;
    limit = 0;
  }

  @Override
  protected void makeRoom(int atLeastBytes) {
    if (chunk != null) {
      passWindow();
      listener.onFull();
    }
    int room = Math.toIntExact(sharedBytes() + atLeastBytes);
    Connection connection = socket.connection();
    // Between bytes of the data there often are few others.
    Chunk next = referred ? connection.newChunk(room) : connection.newChunk(room, heldBytes);
    referred = false;
    chunk = next;
    window++;
    memory = next.memory();
    position = next.start();
    limit = next.limit();
    copyShared();
  }

  @Override
  protected boolean refer(MemorySegment source, long block, long offset, int bytes) {
    Chunk referring =
        discarding || shared != null
            ? null
            : socket.connection().refer(source, block, offset, bytes);
    if (referring == null) {
      return false;
    }
    if (chunk != null) {
      passWindow();
    }
    chunk = referring;
    window++;
    memory = source;
    position = referring.limit();
    limit = position;
    passWindow();
    referred = true;
    listener.onFull();
    return true;
  }

  /** Passes the window to the connection, or holds it if it has to wait. */
  private void passWindow() {
    Chunk current = Objects.requireNonNull(chunk);
    deferring |= hasGaps();
    earlierBytes += position - current.start();
    if ((hasGaps() || listener.isHeld()) && !discarding) {
      hold(current);
    } else {
      send(current, position);
    }
    chunk = null;
    position = 0;
    limit = 0;
  }

  private void hold(Chunk current) {
    ArrayList<Held> chunks = held;
    if (chunks == null) {
      chunks = new ArrayList<>();
      held = chunks;
      firstHeldWindow = window;
    }
    chunks.add(new Held(current, position));
    heldBytes += position - current.start();
  }

  private void releaseHeld() {
    ArrayList<Held> chunks = held;
    if (chunks == null) {
      return;
    }
    held = null;
    heldBytes = 0;
    for (Held each : chunks) {
      send(each.chunk, each.end);
    }
  }

  private void send(Chunk full, long end) {
    if (!discarding) {
      releaseHeld();
      listener.onSent(end - full.start());
    }
    socket.connection().send(full, discarding ? full.start() : end);
  }

  @Override
  protected void fillEarlierGap(
      long gapWindow, long offset, byte[] header, int headerBytes, int gapBytes) {
    ArrayList<Held> chunks = held;
    if (chunks == null) {
      return; // discarded in the meantime
    }
    Held owner = chunks.get((int) (gapWindow - firstHeldWindow));
    long before = owner.end;
    owner.end = fillGap(owner.chunk.memory(), offset, owner.end, header, headerBytes, gapBytes);
    heldBytes += owner.end - before;
    earlierBytes += owner.end - before;
  }
}
