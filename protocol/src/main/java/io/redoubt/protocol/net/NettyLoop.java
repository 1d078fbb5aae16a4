package io.redoubt.protocol.net;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** A {@link Loop} over Netty's event loop. */
final class NettyLoop implements Loop {

  private final EventLoop eventLoop;
  private final Thread thread;

  NettyLoop(EventLoop eventLoop, Thread thread) {
    this.eventLoop = eventLoop;
    this.thread = thread;
  }

  @Override
  public boolean inLoop() {
    return eventLoop.inEventLoop();
  }

  @Override
  public void execute(Runnable task) {
    eventLoop.execute(guarded(task));
  }

  @Override
  public Cancellable schedule(Runnable task, long delayMillis) {
    return cancellable(eventLoop.schedule(guarded(task), delayMillis, TimeUnit.MILLISECONDS));
  }

  @Override
  public Cancellable every(Runnable task, long periodMillis) {
    return cancellable(
        eventLoop.scheduleWithFixedDelay(
            guarded(task), periodMillis, periodMillis, TimeUnit.MILLISECONDS));
  }

  @Override
  public Thread thread() {
    return thread;
  }

  private static Cancellable cancellable(Future<?> future) {
    return () -> future.cancel(false);
  }

  private Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (Throwable t) { // the thread's handler decides about the failure of a task
        thread.getUncaughtExceptionHandler().uncaughtException(thread, t);
      }
    };
  }
}
