package io.redoubt.protocol.net;

import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;

/**
 * Keeps a socket in the epoll set while no event of it is of interest.
 *
 * <p>Netty (4.2.18 to 4.2.20) takes such a socket out of the set, but can't add it again: the next
 * wait fails with ENOENT, and the channel closes. This happens when the peer has ended its side and
 * the output doesn't fit the socket's buffer. Edge-triggered, the socket stays in the set without
 * being reported again and again.
 */
final class EpollRegistration implements IoRegistration {
  private final IoRegistration registration;
  private boolean added;

  EpollRegistration(IoRegistration registration) {
    this.registration = registration;
  }

  @Override
  public long submit(IoOps ops) {
    if (!ops.equals(EpollIoOps.NONE)) {
      added = true;
      return registration.submit(ops);
    }
    return registration.submit(added ? EpollIoOps.EPOLLET : ops);
  }

  @Override
  public <T> T attachment() {
    return registration.attachment();
  }

  @Override
  public boolean isValid() {
    return registration.isValid();
  }

  @Override
  public boolean cancel() {
    return registration.cancel();
  }
}
