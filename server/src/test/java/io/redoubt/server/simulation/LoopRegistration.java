package io.redoubt.server.simulation;

import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoRegistration;
import org.jspecify.annotations.Nullable;

/** The registration of a simulated channel with its loop. */
final class LoopRegistration {
  private @Nullable IoRegistration registration;

  void begin(EventLoop loop, IoHandle handle, ChannelPromise promise) {
    ((IoEventLoop) loop)
        .register(handle)
        .addListener(registered -> {
          registration = (IoRegistration) registered.getNow();
          promise.setSuccess();
        });
  }

  void end() {
    IoRegistration old = registration;
    if (old != null) {
      registration = null;
      old.cancel();
    }
  }
}
