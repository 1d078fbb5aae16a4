package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.util.concurrent.ThreadAwareExecutor;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A thread that reads, decrypts, encrypts and writes for connections lent to it. It shares nothing
 * with the owner of the data but four {@link HandoverRing}s: {@link ReadBatches} to the owner and
 * back, orders from the owner, and written chunks to the owner.
 */
final class IoThread {
  private static final int ORDERS = 16 * 1024;

  /** The broadcasts kept for reuse. */
  private static final int MAX_IDLE_BROADCASTS = 16;

  /** The orders between two polls. */
  private static final int MAX_ORDERS = 1024;

  /** The bytes to be written between two polls; to encrypt 1 MB takes up to 0.1 s in cold code. */
  private static final int MAX_ORDERED_BYTES = 512 * 1024;

  private static final long STARVED_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long CLOSE_TIMEOUT_MILLIS = 5000;

  private final Bell.Ringer toOwner;
  private final Bell bell = new Bell();
  private @Nullable EventLoop eventLoop;
  private final IoThreadStats stats;
  private final ReadBatches input;

  // From the owner. An order is a chunk to be written, or a task.
  private final HandoverRing<Object> orders = new HandoverRing<>(ORDERS);

  // To the owner. An output among the written chunks says that its socket is full.
  private final HandoverRing<Object> written = new HandoverRing<>(ORDERS);

  // Used by the owner:
  private long transitBytes;
  private boolean announced;
  private boolean ending;
  private final Runnable ringing = this::ringOwner;

  /** The broadcast whose receivers are being collected; orders follow it. */
  private @Nullable Broadcast broadcast;

  private final ArrayDeque<Broadcast> idleBroadcasts = new ArrayDeque<>();

  // Used by the thread:
  private final ArrayList<IoSocket> toFlush = new ArrayList<>();

  private volatile @Nullable Thread thread;
  private volatile boolean ended;

  /** The thread while the owner is so far behind that nothing is read. */
  private volatile @Nullable Thread starving;

  /**
   * Prepares a thread.
   *
   * @param memory the owner's; used on its loop
   * @param owner wakes the owner
   * @param nanoTime a monotonic clock, called on the thread
   */
  IoThread(BufferMemory memory, Bell owner, LongSupplier nanoTime) {
    toOwner = owner.new Ringer();
    stats = new IoThreadStats(bell, nanoTime);
    input = new ReadBatches(memory, toOwner, stats);
  }

  /** Starts the thread. */
  void start(String name, Sockets sockets) {
    EventLoop started = sockets.newLoop(name, executor -> newHandler(sockets, executor));
    eventLoop = started;
    started.execute(() -> thread = Thread.currentThread());
  }

  private EventLoop eventLoop() {
    return Objects.requireNonNull(eventLoop);
  }

  private IoHandler newHandler(Sockets sockets, ThreadAwareExecutor executor) {
    Handler made =
        new Handler(sockets, sockets.handlers(ReadReserve.MAX_EVENTS).newHandler(executor));
    bell.attach(made);
    return made;
  }

  /** Returns the input, which the thread fills and the owner takes. */
  ReadBatches input() {
    return input;
  }

  IoThreadStats stats() {
    return stats;
  }

  // ---- the owner's side

  /** Passes an order; {@link #announce} must follow before the owner waits. */
  void order(Object order) {
    passBroadcast();
    put(order);
  }

  private void put(Object order) {
    if (!ending) {
      orders.put(order);
      announced = true;
    } else if (order instanceof Chunk chunk) { // of a connection that has closed in this turn
      chunk.endLending();
      chunk.release();
    } else if (order instanceof Broadcast unsent) {
      take(unsent);
    }
  }

  void order(Runnable task) {
    order((Object) task);
  }

  /** Orders the writing of shared bytes to a connection, and takes over its reference to them. */
  void share(SharedChunk shared, long from, int bytes, Broadcast.Receiver to) {
    Broadcast current = broadcast;
    if (current == null || !current.accepts(shared, from, bytes)) {
      passBroadcast();
      Broadcast idle = idleBroadcasts.pollLast();
      current = idle == null ? new Broadcast() : idle;
      current.begin(shared, from, bytes);
      broadcast = current;
    }
    current.add(to);
  }

  /** Orders what has been collected for a broadcast. */
  private void passBroadcast() {
    Broadcast collected = broadcast;
    if (collected != null) {
      broadcast = null;
      put(collected);
      announce();
    }
  }

  /** Takes a broadcast back that was written, or will not be. */
  void take(Broadcast finished) {
    finished.finish();
    if (idleBroadcasts.size() < MAX_IDLE_BROADCASTS) {
      idleBroadcasts.addLast(finished);
    }
  }

  /** Wakes the thread if it waits; it may be missed until {@link #wake}. */
  void announce() {
    bell.ringIfAsleep();
  }

  /** Wakes the thread if it has been given orders. Returns true if it has all of them. */
  boolean wake() {
    passBroadcast();
    boolean all = orders.push() & input.pushReturned();
    boolean returned = input.takeReturned();
    if (announced || returned || !all) {
      VarHandle.fullFence(); // what was put becomes visible before the look at the sleeper
      if (announced) {
        bell.ringIfAsleep();
      }
      LockSupport.unpark(starving);
      announced = !all;
    }
    return all;
  }

  /** Orders a wake-up of the owner once the orders so far are carried out or wait for a socket. */
  void orderRing() {
    order(ringing);
  }

  /** Changes the size of chunks that are on their way to sockets which accept more. */
  void addTransit(long bytes) {
    transitBytes += bytes;
  }

  /** Returns the size of the thread's batches, and of chunks in transit. */
  long bufferBytes() {
    return input.memoryBytes() + transitBytes;
  }

  @Nullable Object nextWritten() {
    return written.poll();
  }

  /** Returns true if the thread has passed on nothing that the owner has not taken. */
  boolean isQuiet() {
    return input.isQuiet() && written.isEmpty();
  }

  /**
   * Ends the thread after all orders so far, on the owner's loop; {@link #wake} must follow until
   * the thread {@linkplain #hasEnded has ended}. The end is an order, too: netty's loop may end at
   * once when another thread shuts it down, without a further look at the handler.
   */
  void end() {
    if (!ending) {
      order((Runnable) this::shutDown);
      ending = true;
    }
  }

  /** Returns true if the thread does not use its memory and its rings any more. */
  boolean hasEnded() {
    return ended;
  }

  private void shutDown() {
    eventLoop().shutdownGracefully(0, CLOSE_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Waits for the end that was ordered; not on the owner's loop, which must not have ended. */
  boolean awaitEnd() throws InterruptedException {
    boolean terminated = eventLoop().awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    Thread ending = thread;
    if (ending != null) {
      ending.join(); // so that tests which look for leaked threads don't find it
    }
    return terminated;
  }

  /** Frees the memory after the thread and the owner have ended, or if the thread never started. */
  void close(BufferMemory memory) {
    boolean all = false;
    while (!all) {
      all = written.push();
      for (Object next = written.poll(); next != null; next = written.poll()) {
        if (next instanceof Chunk chunk) {
          chunk.endLending();
          chunk.release();
        } else if (next instanceof Broadcast finished) {
          finished.finish();
        } else if (next instanceof LateWrite late) {
          late.finish();
        }
      }
    }
    input.close(memory);
  }

  // ---- the thread's side

  void register(Channel channel) {
    eventLoop().register(channel);
  }

  /** Reports that a socket has not accepted everything, in the order of the written chunks. */
  void reportFull(LentOutput of) {
    written.put(of);
    toOwner.ringLater();
  }

  /** Returns a chunk that was written or discarded. */
  void giveBack(Chunk chunk) {
    written.put(chunk);
  }

  /** Reports shared bytes that were written late or discarded. */
  void report(LateWrite late) {
    written.put(late);
  }

  /** Wakes the owner after this poll, since it waits for what was put. */
  void ringOwner() {
    toOwner.ringLater();
  }

  void countWrite() {
    stats.countWrite();
  }

  /** Carries out the orders. */
  private void followOrders() {
    int bytes = 0;
    for (int i = 0; i < MAX_ORDERS && bytes < MAX_ORDERED_BYTES; i++) {
      Object order = orders.poll();
      if (order == null) {
        break;
      }
      if (order instanceof Chunk chunk) {
        bytes += chunk.lentBytes();
        IoSocket socket = ((LentOutput) chunk.borrower()).socket();
        if (socket.write(chunk)) {
          flushSoon(socket);
        }
      } else if (order instanceof Broadcast shared) {
        bytes += shared.totalBytes();
        shared.write();
        written.put(shared);
      } else {
        flushSockets(); // before a socket is closed
        ((Runnable) order).run();
      }
    }
    flushSockets();
  }

  /** Flushes a socket before this poll. */
  void flushSoon(IoSocket socket) {
    toFlush.add(socket);
  }

  private void flushSockets() {
    for (int i = 0; i < toFlush.size(); i++) {
      toFlush.get(i).flush();
    }
    toFlush.clear();
  }

  /** Polls the sockets of the thread's loop, and carries out orders before each poll. */
  private final class Handler extends ForwardingHandler implements IoHandlerContext {
    private final Sockets sockets;
    private @Nullable IoHandlerContext outer;

    Handler(Sockets sockets, IoHandler handler) {
      super(handler);
      this.sockets = sockets;
    }

    @Override
    public int run(IoHandlerContext context) {
      outer = context;
      followOrders();
      passOn(); // the poll may block
      int found = 0;
      if (input.mayRead()) {
        input.startPoll();
        stats.sleep();
        found = handler.run(this);
        stats.wake();
      } else if (context.canBlock()) {
        starve();
      }
      bell.wakeUp();
      passOn();
      return found;
    }

    /** Passes on what was received, written or found closed, and wakes the owner if it waits. */
    private void passOn() {
      input.handOver();
      if (!(input.pushFilled() & written.push())) {
        toOwner.ringLater();
      }
      toOwner.ringIfDue();
    }

    /** Waits until the owner is less behind; other events of the sockets wait, too. */
    private void starve() {
      bell.fallAsleep();
      starving = Thread.currentThread();
      stats.sleep();
      if (!input.mayRead() && orders.isEmpty()) {
        sockets.parkNanos(this, STARVED_NANOS);
      }
      stats.wake();
      starving = null;
    }

    @Override
    public void wakeup() {
      super.wakeup();
      LockSupport.unpark(starving);
    }

    @Override
    public void prepareToDestroy() {
      bell.detach();
      while (!orders.isEmpty()) {
        followOrders();
      }
      super.prepareToDestroy();
    }

    @Override
    public void destroy() {
      super.destroy();
      ended = true;
      toOwner.ring();
    }

    @Override
    public boolean canBlock() {
      if (!context().canBlock() || !input.pushFilled() || !written.push()) {
        return false;
      }
      bell.fallAsleep();
      return orders.isEmpty();
    }

    @Override
    public long delayNanos(long currentTimeNanos) {
      return context().delayNanos(currentTimeNanos);
    }

    @Override
    public long deadlineNanos() {
      return context().deadlineNanos();
    }

    private IoHandlerContext context() {
      return Objects.requireNonNull(outer);
    }
  }
}
