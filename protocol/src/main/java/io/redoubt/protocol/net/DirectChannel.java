package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import java.net.SocketAddress;

/** The channel of a {@link DirectConnection}: output goes to a receiver instead of a socket. */
final class DirectChannel extends SocketlessChannel {
  private final DirectConnection owner;
  private volatile boolean open = true;

  DirectChannel(DirectConnection owner) {
    this.owner = owner;
  }

  /** Reads waiting input, as the loop reads a socket. */
  void readable() {
    owner.drain();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public boolean isActive() {
    return open;
  }

  @Override
  protected void doBeginRead() {
    owner.wake(); // reading may have been off
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer output) {
    for (Object next = output.current(); next != null; next = output.current()) {
      ByteBuf buffer = (ByteBuf) next;
      byte[] bytes = new byte[buffer.readableBytes()];
      buffer.getBytes(buffer.readerIndex(), bytes);
      output.remove();
      owner.onWritten(bytes);
    }
  }

  @Override
  protected void doClose() {
    open = false;
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new Unconnectable();
  }

  private final class Unconnectable extends AbstractUnsafe {
    @Override
    public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
      promise.setFailure(new UnsupportedOperationException());
    }
  }
}
