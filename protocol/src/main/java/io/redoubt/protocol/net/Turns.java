package io.redoubt.protocol.net;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.ThreadAwareExecutor;

/**
 * Makes the I/O handler of a loop one that does something at the end of each turn: when all that
 * was ready has been read, and before the tasks that wait.
 */
final class Turns implements IoHandlerFactory {
  private final IoHandlerFactory factory;
  private final Gathering gathering;
  private Runnable end = () -> {};
  private Runnable last = () -> {};
  private boolean reading;

  Turns(IoHandlerFactory factory, Gathering gathering) {
    this.factory = factory;
    this.gathering = gathering;
  }

  /** Sets what is done; on the loop. Returns true. */
  boolean atEnd(Runnable action) {
    end = action;
    return true;
  }

  @Override
  public IoHandler newHandler(ThreadAwareExecutor executor) {
    return new Handler(factory.newHandler(executor));
  }

  /** Sets what is done after that; on the loop. */
  void last(Runnable action) {
    last = action;
  }

  /** Whether {@link #last} is still to come in this turn, before the loop waits. */
  boolean isReading() {
    return reading;
  }

  /** Has something done as if no turn were under way. */
  void outside(Runnable task) {
    boolean before = reading;
    reading = false;
    try {
      task.run();
    } finally {
      reading = before;
    }
  }

  private final class Handler implements IoHandler {
    private final IoHandler handler;
    private int served;

    Handler(IoHandler handler) {
      this.handler = handler;
    }

    @Override
    public void initialize() {
      handler.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
      if (gathering.wantsRest(served) && context.canBlock()) {
        gathering.rest();
      }
      reading = true;
      served = handler.run(context);
      end.run();
      reading = false;
      last.run();
      return served;
    }

    @Override
    public void prepareToDestroy() {
      handler.prepareToDestroy();
    }

    @Override
    public void destroy() {
      handler.destroy();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
      return handler.register(handle);
    }

    @Override
    public void wakeup() {
      handler.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
      return handler.isCompatible(handleType);
    }
  }
}
