package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The output of a connection that its socket has not accepted yet. A chunk sent while nothing is
 * queued goes to the socket directly; further ones wait in the channel's queue. Confined to the
 * event loop.
 */
final class SendQueue implements SocketOutput {
  private final Channel channel;
  private final boolean tls;
  private final LoopStats stats;
  private final Runnable onDrained;
  private final IntConsumer onSent = this::onSent;

  /** The socket for direct writes, or null if all output must pass the channel. */
  private @Nullable Socket socket;

  /**
   * The first chunk sent while nothing was queued. It is usually the only one, and the socket
   * accepts it at once, so that it bypasses the channel's queue.
   */
  private @Nullable Chunk first;

  /** Shared bytes in place of the first chunk. */
  private @Nullable SharedChunk firstShared;

  private long sharedFrom;
  private int firstBytes;

  /** The number of unwritten bytes, including the first chunk's. */
  private long queuedBytes;

  private boolean flushLeftBytes;

  /**
   * Creates an empty queue.
   *
   * @param stats counts the writes
   * @param onDrained called once output that a flush left unwritten has been written
   */
  SendQueue(Channel channel, boolean tls, LoopStats stats, Runnable onDrained) {
    this.channel = channel;
    this.tls = tls;
    this.stats = stats;
    this.onDrained = onDrained;
  }

  /** Writes to the socket directly from now on, if the transport exposes it; not with TLS. */
  @Override
  public void onActive() {
    socket =
        !tls && channel instanceof UnixChannel unix && unix.fd() instanceof Socket own ? own : null;
  }

  @Override
  public boolean isEmpty() {
    return queuedBytes == 0;
  }

  @Override
  public void send(Chunk chunk, int bytes) {
    if (bytes == 0 || !channel.isActive()) {
      chunk.release();
      return;
    }
    if (tls) {
      sendEncrypted(chunk, bytes);
    } else if (queuedBytes == 0 && socket != null) {
      first = chunk;
      firstBytes = bytes;
    } else {
      queueFirst(0);
      channel.write(chunk.queued(onSent, 0, bytes), channel.voidPromise());
    }
    queuedBytes += bytes;
  }

  @Override
  public boolean sendShared(SharedChunk from, long start, int bytes) {
    if (!channel.isActive()) {
      from.release();
      return true;
    }
    if (socket == null || queuedBytes > 0) {
      return false;
    }
    firstShared = from;
    sharedFrom = start;
    firstBytes = bytes;
    queuedBytes = bytes;
    return true;
  }

  /**
   * Sends a chunk through TLS: it is free once encrypted, while its bytes count as queued until
   * written.
   */
  private void sendEncrypted(Chunk chunk, int bytes) {
    channel.write(chunk.queued(null, 0, bytes)).addListener(written -> onSent(bytes));
  }

  /** Passes the first chunk to the channel, starting at byte {@code from}. */
  private void queueFirst(int from) {
    Chunk chunk = first;
    if (chunk != null) {
      first = null;
      channel.write(chunk.queued(onSent, from, firstBytes), channel.voidPromise());
    }
    SharedChunk shared = firstShared;
    if (shared != null) {
      firstShared = null;
      int rest = firstBytes - from;
      channel
          .write(shared.slice(sharedFrom + from, rest))
          .addListener(sent -> {
            shared.release();
            onSent(rest);
          });
    }
  }

  @Override
  public void flush() {
    if (queuedBytes > 0) {
      stats.countWrite();
    }
    if (first != null) {
      writeFirst(first.nativeAddress());
    } else if (firstShared != null) {
      writeFirst(firstShared.nativeAddress(sharedFrom));
    }
    if (queuedBytes > 0) {
      channel.flush();
      flushLeftBytes = queuedBytes > 0;
    }
  }

  private void writeFirst(long address) {
    int written = 0;
    try {
      if (socket != null && channel.isActive()) {
        written = socket.sendAddress(address, 0, firstBytes);
      }
    } catch (IOException e) {
      written = 0; // the channel gets the same error and closes
    }
    queuedBytes -= written;
    if (written == firstBytes) {
      releaseFirst();
    } else {
      queueFirst(written);
    }
  }

  private void releaseFirst() {
    Chunk chunk = first;
    if (chunk != null) {
      first = null;
      chunk.release();
    }
    SharedChunk shared = firstShared;
    if (shared != null) {
      firstShared = null;
      shared.release();
    }
  }

  /** Reports, not before this turn of the loop ends, that nothing is queued, once that is so. */
  void reportEmpty() {
    if (queuedBytes == 0) {
      channel.eventLoop().execute(this::reportDrained);
    } else {
      flushLeftBytes = true;
    }
  }

  /** Discards the first chunk; the closed channel discards the others. */
  @Override
  public void drop() {
    if (first != null || firstShared != null) {
      queuedBytes -= firstBytes;
      releaseFirst();
    }
  }

  @Override
  public long unwrittenBytes() {
    if (queuedBytes == 0) {
      return 0;
    }
    ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
    if (outbound == null) {
      return 0;
    }
    return tls ? queuedBytes : queuedBytes - outbound.currentProgress();
  }

  @Override
  public long unwrittenMemoryBytes() {
    long bytes = unwrittenBytes();
    // The first chunk may be partly sent, and the last may not be full.
    long chunk = ChunkPool.chunkBytes(bytes);
    return bytes == 0 ? 0 : (bytes / chunk + 2) * chunk;
  }

  /** Handles bytes that the channel has written. */
  private void onSent(int bytes) {
    queuedBytes -= bytes;
    if (queuedBytes == 0 && flushLeftBytes) {
      flushLeftBytes = false;
      channel.eventLoop().execute(this::reportDrained); // not within the channel's write
    }
  }

  private void reportDrained() {
    if (queuedBytes == 0 && channel.isActive()) {
      onDrained.run();
    }
  }
}
