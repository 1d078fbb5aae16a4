package io.redoubt.server.simulation;

import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.Ticker;
import io.redoubt.protocol.net.Sockets;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The sockets of one simulated server and its event loop. */
public final class SimulatedSockets implements Sockets {
  final SimulatedNetwork network;
  final String host;
  private final SimulatedMachine machine;
  private final Simulation simulation;
  private final Set<Ready> ready = new LinkedHashSet<>();
  private @Nullable Thread thread;
  private boolean woken;
  private boolean dead;

  /** A channel that can be ready for I/O. */
  interface Ready extends IoHandle {
    /** Does the pending I/O, on the event loop. */
    void handle();

    @Override
    void close();
  }

  SimulatedSockets(SimulatedMachine machine) {
    this.machine = machine;
    this.network = machine.network();
    this.host = machine.host;
    this.simulation = machine.simulation();
  }

  /** Marks the server's process as dead, so that it can no longer connect. */
  void die() {
    dead = true;
  }

  boolean isDead() {
    return dead;
  }

  /** Marks a channel as ready and wakes the event loop. */
  void ready(Ready channel) {
    ready.add(channel);
    LockSupport.unpark(thread);
  }

  void forget(Ready channel) {
    ready.remove(channel);
  }

  @Override
  public String name() {
    return "simulated";
  }

  @Override
  public IoHandlerFactory handlers() {
    return executor -> new ReadyHandler();
  }

  @Override
  public IoEventLoop newLoop(String threadName, IoHandlerFactory handlers) {
    ThreadFactory threads = task -> machine.prompt(threadName + " " + host, task);
    return new SingleThreadIoEventLoop(null, threads, handlers) {
      @Override
      public Ticker ticker() {
        return new SimulatedTime(machine.clock());
      }
    };
  }

  @Override
  public ServerChannel listening(SocketAddress address) {
    return new SimulatedServerChannel(this);
  }

  @Override
  public Channel connecting(SocketAddress address) {
    return new SimulatedChannel(this, null, network.newEnd(host, 0));
  }

  @Override
  public SocketAddress address(SocketAddress address) {
    return address;
  }

  @Override
  public void signalReadable(IoHandle channel, boolean listens) {
    ((Ready) channel).handle();
  }

  /** A machine's time as Netty's ticker. */
  private record SimulatedTime(SimulatedClock clock) implements Ticker {
    @Override
    public long initialNanoTime() {
      return 0;
    }

    @Override
    public long nanoTime() {
      return clock.localNanos();
    }

    @Override
    public void sleep(long delay, TimeUnit unit) {
      throw new UnsupportedOperationException();
    }
  }

  /** The event loop's wait for ready channels. */
  private final class ReadyHandler implements IoHandler {
    private final List<Ready> registered = new ArrayList<>();

    @Override
    public int run(IoHandlerContext context) {
      thread = Thread.currentThread();
      if (context.canBlock()) {
        long delay = context.delayNanos(machine.clock().localNanos());
        long end = simulation.nowNanos() + machine.clock().simulatedNanos(delay);
        while (!woken && ready.isEmpty() && simulation.nowNanos() < end) {
          simulation.parkUntil(end);
        }
      }
      woken = false;
      List<Ready> now = List.copyOf(ready);
      ready.clear();
      now.forEach(Ready::handle);
      return now.size();
    }

    @Override
    public void wakeup() {
      if (Thread.currentThread() != thread) {
        woken = true;
        LockSupport.unpark(thread);
      }
    }

    @Override
    public void prepareToDestroy() {
      List.copyOf(registered).forEach(Ready::close);
    }

    @Override
    public IoRegistration register(IoHandle handle) {
      registered.add((Ready) handle);
      return new Registration((Ready) handle);
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> type) {
      return Ready.class.isAssignableFrom(type);
    }

    /** The registration of a channel with the event loop. */
    private final class Registration implements IoRegistration {
      private final Ready handle;

      Registration(Ready handle) {
        this.handle = handle;
      }

      @Override
      public <T> T attachment() {
        throw new UnsupportedOperationException();
      }

      @Override
      public long submit(IoOps ops) {
        throw new UnsupportedOperationException();
      }

      @Override
      public boolean isValid() {
        return registered.contains(handle);
      }

      @Override
      public boolean cancel() {
        forget(handle);
        return registered.remove(handle);
      }
    }
  }
}
