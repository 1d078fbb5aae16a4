package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.util.function.IntConsumer;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A socket served by an {@link IoThread}, and the end of its channel's pipeline: received bytes and
 * events go into the thread's {@link ReadBatch}, chunks to the socket. Confined to the thread.
 */
final class IoSocket extends SocketEvents {
  private final IoThread thread;
  private final ReadBatches input;
  private final ReadBatch.Target target;
  private final LentOutput output;
  private final Channel channel;
  private final SocketEnd end;

  /** Encrypts a new connection; null without encryption, and for one that was encrypted before. */
  private final @Nullable Tls tls;

  private @Nullable Throwable cause;
  private @Nullable Socket direct;

  /** True once the thread does not serve the socket any more. */
  private boolean left;

  /** The bytes that were passed to the channel and not written yet. */
  private long queuedBytes;

  private boolean flushPending;
  private boolean reportedFull;
  private final IntConsumer onSent = this::onSent;
  private final ChannelFutureListener onClosed = this::onClosed;

  IoSocket(
      IoThread thread,
      ReadBatch.Target target,
      LentOutput output,
      Channel channel,
      SocketEnd end,
      @Nullable Tls tls) {
    super(tls != null || Tls.session(channel.pipeline()) != null);
    this.thread = thread;
    input = thread.input();
    this.target = target;
    this.output = output;
    this.channel = channel;
    this.end = end;
    this.tls = tls;
  }

  /** Starts to serve a new socket. */
  void open() {
    channel.closeFuture().addListener(onClosed);
    try {
      channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
      if (channel instanceof SocketChannel) {
        channel.config().setOption(ChannelOption.TCP_NODELAY, true);
      }
      if (tls != null) {
        tls.encrypt(channel, null);
      }
      end.addTo(channel);
      serve();
    } catch (RuntimeException | LinkageError e) {
      cause = e;
      channel.unsafe().closeForcibly();
    }
  }

  /** Starts to serve a socket that the owner's loop has given up. */
  void takeOver() {
    channel.closeFuture().addListener(onClosed);
    serve();
  }

  private void serve() {
    direct =
        !isEncrypted() && channel instanceof UnixChannel unix && unix.fd() instanceof Socket own
            ? own
            : null;
    end.serve(this, input.reads());
    thread.register(channel);
  }

  private void onClosed(ChannelFuture closed) {
    report(ReadBatch.Kind.CLOSED, cause);
  }

  /** Gives the socket up, whose output has all been written. */
  void leave() {
    channel
        .deregister()
        .addListener(done -> {
          if (channel.isActive()) {
            left = true;
            channel.closeFuture().removeListener(onClosed);
            report(ReadBatch.Kind.LEFT, null);
          }
        });
  }

  @Override
  void close() {
    if (left) { // no loop would wait until close_notify is written
      channel.unsafe().close(channel.voidPromise());
    } else {
      channel.close();
    }
  }

  private void report(ReadBatch.Kind kind, @Nullable Throwable detail) {
    input.report(target, kind, detail);
  }

  // ---- input

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    try {
      if (!isEncrypted()) {
        input.onBytes(target, bytes);
      } else {
        input.copy(target, bytes);
      }
    } finally {
      bytes.release();
    }
  }

  @Override
  void onHandshake(ChannelHandlerContext context) {
    SSLSession session = Tls.session(context.pipeline());
    if (session != null) {
      target.onSecured(session);
    }
    report(ReadBatch.Kind.OPENED, null);
  }

  @Override
  void onPossibleEnd() {
    report(ReadBatch.Kind.POSSIBLE_END, null);
  }

  @Override
  void onInputEnd() {
    report(ReadBatch.Kind.INPUT_END, null);
  }

  @Override
  void fail(Throwable thrown) {
    if (cause == null) {
      cause = thrown;
    }
    channel.close();
  }

  // ---- output

  /**
   * Queues a chunk, or writes it if nothing is queued. Returns true if {@link #flush} must follow.
   */
  boolean write(Chunk chunk) {
    int bytes = chunk.lentBytes();
    if (!channel.isActive()) {
      chunk.release();
      return false;
    }
    int written = 0;
    if (direct != null && queuedBytes == 0 && !chunk.isFollowed()) {
      thread.countWrite();
      try {
        written = direct.sendAddress(chunk.nativeAddress(), 0, bytes);
      } catch (IOException e) {
        written = 0; // the channel gets the same error and closes
      }
      if (written == bytes) {
        chunk.release();
        return false;
      }
    }
    queuedBytes += bytes - written;
    if (!isEncrypted()) {
      channel.write(chunk.queued(onSent, written, bytes), channel.voidPromise());
    } else {
      channel
          .write(chunk.queuedUntilWritten(bytes))
          .addListener(sent -> {
            chunk.endWrite();
            onSent(bytes);
          });
    }
    boolean first = !flushPending;
    flushPending = true;
    return first;
  }

  /** Writes shared bytes, or queues what the socket does not accept and returns false. */
  boolean offer(SharedChunk shared, long from, int bytes) {
    if (!channel.isActive()) {
      return true;
    }
    int written = 0;
    if (direct != null && queuedBytes == 0) {
      thread.countWrite();
      try {
        written = direct.sendAddress(shared.nativeAddress(from), 0, bytes);
      } catch (IOException e) {
        written = 0; // the channel gets the same error and closes
      }
    }
    if (written < bytes) {
      queue(new LateWrite(output, shared, bytes), from + written, bytes - written);
    }
    return written == bytes;
  }

  private void queue(LateWrite late, long from, int bytes) {
    queuedBytes += bytes;
    channel
        .write(late.shared().slice(from, bytes))
        .addListener(sent -> {
          thread.report(late);
          onSent(bytes);
        });
    if (!flushPending) {
      flushPending = true;
      thread.flushSoon(this);
    }
  }

  private void onSent(int bytes) {
    queuedBytes -= bytes;
    if (queuedBytes == 0 && reportedFull) {
      reportedFull = false;
      thread.ringOwner();
    }
  }

  /** Writes what is queued as far as the socket accepts it. */
  void flush() {
    flushPending = false;
    thread.countWrite();
    channel.flush();
    if (queuedBytes > 0 && !reportedFull) {
      reportedFull = true;
      thread.reportFull(output);
    }
  }
}
