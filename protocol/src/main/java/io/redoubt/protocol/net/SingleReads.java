package io.redoubt.protocol.net;

import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/** Reads of a channel that is read once each time it is ready, so that it does not delay others. */
abstract class SingleReads implements RecvByteBufAllocator, RecvByteBufAllocator.ExtendedHandle {
  private int lastBytes;
  private int attemptedBytes;

  @Override
  @SuppressWarnings("deprecation") // required by the interface
  public final Handle newHandle() {
    return this;
  }

  @Override
  public final int guess() {
    return ReadBlock.BYTES;
  }

  @Override
  public final void reset(ChannelConfig config) {
    lastBytes = 0;
  }

  @Override
  public final void incMessagesRead(int messages) {}

  @Override
  public final void lastBytesRead(int bytes) {
    lastBytes = bytes;
  }

  @Override
  public final int lastBytesRead() {
    return lastBytes;
  }

  @Override
  public final void attemptedBytesRead(int bytes) {
    attemptedBytes = bytes;
  }

  @Override
  public final int attemptedBytesRead() {
    return attemptedBytes;
  }

  @Override
  public final boolean continueReading() {
    return false;
  }

  @Override
  public final boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
    return false;
  }

  @Override
  public void readComplete() {}
}
