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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The sockets of one simulated server and its event loops. */
public final class SimulatedSockets implements Sockets {
  final SimulatedNetwork network;
  final String host;
  private final SimulatedMachine machine;
  private final Simulation simulation;

  /** The open channels, each with the handler of its loop. */
  private final Map<Ready, ReadyHandler> registered = new LinkedHashMap<>();

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

  /**
   * Marks a channel as ready and wakes its event loop; a channel without one is looked at later.
   */
  void ready(Ready channel) {
    ReadyHandler handler = registered.get(channel);
    if (handler != null) {
      handler.ready(channel);
    }
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
    ThreadFactory threads = task -> machine.loop(threadName + " " + host, task);
    return new SingleThreadIoEventLoop(null, threads, handlers) {
      /** Passes at the end, because netty sleeps in real time if none has since the last task. */
      private long laterNanos;

      @Override
      public Ticker ticker() {
        laterNanos += isShuttingDown() ? 1 : 0;
        return new SimulatedTime(machine.clock(), laterNanos);
      }
    };
  }

  @Override
  public void parkNanos(Object blocker, long nanos) {
    machine.parkNanos(nanos);
  }

  @Override
  public LongSupplier idleProcessors() {
    return () -> -1; // a simulated machine has no load
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
  private record SimulatedTime(SimulatedClock clock, long laterNanos) implements Ticker {
    @Override
    public long initialNanoTime() {
      return 0;
    }

    @Override
    public long nanoTime() {
      return clock.localNanos() + laterNanos;
    }

    @Override
    public void sleep(long delay, TimeUnit unit) {
      throw new UnsupportedOperationException();
    }
  }

  /** An event loop's wait for ready channels. */
  private final class ReadyHandler implements IoHandler {
    private final Set<Ready> ready = new LinkedHashSet<>();
    private @Nullable Thread thread;
    private boolean woken;

    void ready(Ready channel) {
      ready.add(channel);
      LockSupport.unpark(thread);
    }

    @Override
    public int run(IoHandlerContext context) {
      thread = Thread.currentThread();
      simulation.interleave();
      if (context.canBlock()) {
        simulation.interleave(); // a wake-up here must not be lost
        long delay = context.delayNanos(machine.clock().localNanos());
        long end = simulation.nowNanos() + machine.clock().simulatedNanos(delay);
        while (!woken && ready.isEmpty() && simulation.nowNanos() < end) {
          simulation.parkUntil(end);
        }
      }
      woken = false;
      List<Ready> now = List.copyOf(ready);
      ready.clear();
      for (Ready each : now) {
        each.handle();
        simulation.interleave();
      }
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
      List<Ready> own = new ArrayList<>();
      registered.forEach((channel, handler) -> {
        if (handler == this) {
          own.add(channel);
        }
      });
      own.forEach(Ready::close);
    }

    @Override
    public IoRegistration register(IoHandle handle) {
      registered.put((Ready) handle, this);
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
        return registered.containsKey(handle);
      }

      @Override
      public boolean cancel() {
        ready.remove(handle);
        return registered.remove(handle) != null;
      }
    }
  }
}
