package io.redoubt.protocol.net;

import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.redoubt.protocol.bytes.BufferMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The I/O threads of a transport, as its owner sees them: it takes what they have read, within its
 * turn, and wakes them for their orders. Confined to the owner's loop. Without threads it does
 * nothing.
 */
final class IoThreads {
  /** The batches taken from a thread in a turn. */
  private static final int MAX_BATCHES = 4;

  private final Sockets sockets;
  private final BufferMemory memory;
  private final ReadBuffer readBuffer;
  private final LongSupplier nanoTime;
  private final Bell bell = new Bell();
  private final Waiting waiting = new Waiting();
  private final List<Source> sources = new ArrayList<>();

  /** The threads that end because they are not needed any more. */
  private final List<IoThread> ending = new ArrayList<>();

  /** The reads, writes and busy time of threads that have ended. */
  private long earlierReads;

  private long earlierWrites;
  private long earlierBusyNanos;

  private String owner = "";

  /** The number of threads that serve connections: the first ones. The others are to end. */
  private int serving;

  private @Nullable Moves moves;

  /** The batches in use, those of nested turns last. */
  private final ArrayList<ReadBatch> used = new ArrayList<>();

  /** Copies of input that are in use. */
  private final ArrayList<BufferMemory.Block> copies = new ArrayList<>();

  /** The connections with deferred input. */
  private final ArrayDeque<LentChannel> deferring = new ArrayDeque<>();

  /** The moves of connections. */
  interface Moves {
    /** Returns true if moves are to begin, for which the loop must not wait. */
    boolean arePending();

    /** Takes a socket over that its thread has given up. */
    void onLeft(LentChannel lent);
  }

  /** A thread, and the batch of it whose entries are being handled. */
  private static final class Source {
    final IoThread thread;
    final int number;
    @Nullable ReadBatch current;
    int next;

    Source(IoThread thread, int number) {
      this.thread = thread;
      this.number = number;
    }
  }

  /**
   * Creates a transport's threads, none at first.
   *
   * @param nanoTime a monotonic clock, called on any thread
   */
  IoThreads(Sockets sockets, BufferMemory memory, ReadBuffer readBuffer, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.sockets = sockets;
    this.memory = memory;
    this.readBuffer = readBuffer;
  }

  // ---- threads

  /**
   * Prepares for threads.
   *
   * @param name the owner's name, with which theirs begin
   * @param handler the owner's, which they wake
   * @param ofConnections takes over what threads give up
   */
  void attach(String name, IoHandler handler, Moves ofConnections) {
    owner = name;
    bell.attach(handler);
    moves = ofConnections;
  }

  /**
   * Sets the number of threads that serve connections; starts the missing ones. The others end once
   * they have no connections.
   *
   * @throws IOException if there is no memory for them, or the system refuses a thread; the number
   *     stays as it is
   */
  void serveWith(int count) throws IOException {
    ArrayDeque<IoThread> missing = new ArrayDeque<>();
    try {
      while (sources.size() + missing.size() < count) {
        missing.add(new IoThread(memory, bell, nanoTime));
      }
      while (!missing.isEmpty()) {
        int number = unusedNumber();
        missing.element().start(owner + " io-" + number, sockets);
        sources.add(new Source(missing.remove(), number));
      }
    } catch (OutOfMemoryError | RuntimeException e) { // netty's for lack of descriptors
      throw new IOException("Can't start I/O threads: " + e.getMessage(), e);
    } finally {
      missing.forEach(each -> each.close(memory));
    }
    serving = count;
  }

  /** Returns the number of threads that serve connections. */
  int serving() {
    return serving;
  }

  /** Returns true if a thread serves connections, and not more than its share. */
  boolean keeps(IoThread thread) {
    int connections = 0;
    boolean serves = false;
    for (int i = 0; i < serving; i++) {
      IoThread each = sources.get(i).thread;
      connections += each.stats().connections();
      serves |= each == thread;
    }
    return serves && thread.stats().connections() <= connections / serving + 1;
  }

  /** Returns the busy time of all threads so far. */
  long busyNanos() {
    return earlierBusyNanos + sum(IoThreadStats::busyNanos);
  }

  /** Returns the size of buffers that threads keep or have not returned yet. */
  long bufferBytes() {
    long bytes = 0;
    for (int i = 0; i < sources.size(); i++) {
      bytes += sources.get(i).thread.bufferBytes();
    }
    for (int i = 0; i < ending.size(); i++) {
      bytes += ending.get(i).bufferBytes();
    }
    return bytes;
  }

  private int unusedNumber() {
    int number = 1;
    while (isUsed(number)) {
      number++;
    }
    return number;
  }

  private boolean isUsed(int number) {
    return sources.stream().anyMatch(source -> source.number == number);
  }

  /** Ends threads that get no new connections and have none; not while batches are in use. */
  private void endUnused() {
    for (int i = sources.size() - 1; i >= serving; i--) {
      IoThread thread = sources.get(i).thread;
      if (thread.stats().connections() == 0 && thread.wake()) {
        sources.remove(i);
        ending.add(thread);
        thread.end();
      }
    }
    for (int i = ending.size() - 1; i >= 0; i--) {
      ending.get(i).wake();
      if (ending.get(i).hasEnded()) {
        IoThread ended = ending.remove(i);
        earlierReads += ended.stats().reads();
        earlierWrites += ended.stats().writes();
        earlierBusyNanos += ended.stats().busyNanos();
        ended.close(memory);
      }
    }
  }

  /** Ends all threads once they have closed the sockets that they have been told to. */
  void end() {
    notEnded().forEach(IoThread::end);
    notEnded().forEach(IoThread::wake);
  }

  boolean isEmpty() {
    return sources.isEmpty();
  }

  /** Returns the threads that have not been told to end. */
  List<IoThread> all() {
    return sources.stream().map(source -> source.thread).toList();
  }

  /** Returns the number of reads by all threads so far. */
  long reads() {
    return earlierReads + sum(IoThreadStats::reads);
  }

  /** Returns the number of writes by all threads so far. */
  long writes() {
    return earlierWrites + sum(IoThreadStats::writes);
  }

  private long sum(ToLongFunction<IoThreadStats> figure) {
    long sum = 0;
    for (int i = 0; i < sources.size(); i++) {
      sum += figure.applyAsLong(sources.get(i).thread.stats());
    }
    for (int i = 0; i < ending.size(); i++) {
      sum += figure.applyAsLong(ending.get(i).stats());
    }
    return sum;
  }

  /** Returns the threads that must stop before the owner. */
  List<IoThread> notEnded() {
    return Stream.concat(sources.stream().map(source -> source.thread), ending.stream()).toList();
  }

  /** Returns the thread with the fewest connections, or null if the owner serves new ones. */
  @Nullable IoThread forNewConnection() {
    IoThread best = null;
    for (int i = 0; i < serving; i++) {
      IoThread each = sources.get(i).thread;
      if (best == null || each.stats().connections() < best.stats().connections()) {
        best = each;
      }
    }
    return best;
  }

  /** Frees the memory after all threads and the owner have ended. */
  void close() {
    notEnded().forEach(thread -> thread.close(memory));
  }

  // ---- waiting

  /** Returns a context that forbids to wait while a thread has passed something on. */
  IoHandlerContext waiting(IoHandlerContext context) {
    waiting.context = context;
    return waiting;
  }

  /** Ends the wait for input. */
  void wakeUp() {
    bell.wakeUp();
  }

  /** Wakes the threads that have orders. Returns true if all orders are passed on. */
  boolean wakeThreads() {
    boolean all = true;
    for (int i = 0; i < sources.size(); i++) {
      all &= sources.get(i).thread.wake();
    }
    if (used.isEmpty() && (sources.size() > serving || !ending.isEmpty())) {
      endUnused();
    }
    return all;
  }

  private boolean areMovesPending() {
    return moves != null && moves.arePending();
  }

  private final class Waiting implements IoHandlerContext {
    private @Nullable IoHandlerContext context;

    private IoHandlerContext context() {
      return Objects.requireNonNull(context);
    }

    @Override
    public boolean canBlock() {
      if (!context().canBlock() || !wakeThreads() || !deferring.isEmpty() || areMovesPending()) {
        return false;
      }
      bell.fallAsleep();
      for (int i = 0; i < sources.size(); i++) {
        if (!sources.get(i).thread.isQuiet()) {
          return false;
        }
      }
      return true;
    }

    @Override
    public long delayNanos(long currentTimeNanos) {
      return context().delayNanos(currentTimeNanos);
    }

    @Override
    public long deadlineNanos() {
      return context().deadlineNanos();
    }
  }

  // ---- input

  /** Handles what the threads have passed on. Returns the number of entries. */
  int take() {
    for (int i = 0; i < sources.size(); i++) {
      takeWritten(sources.get(i).thread);
    }
    int entries = takeDeferred(null);
    for (int i = 0; i < sources.size(); i++) {
      entries += takeBatches(sources.get(i), null);
    }
    return entries;
  }

  /**
   * Handles what the threads have passed on within a long request of a client.
   *
   * @param isBusy matches connections whose input must wait
   */
  void takeMeanwhile(Predicate<Connection> isBusy) {
    int firstBatch = used.size();
    int firstCopy = copies.size();
    takeDeferred(isBusy);
    for (int i = 0; i < sources.size(); i++) {
      takeBatches(sources.get(i), isBusy);
    }
    readBuffer.notifyReaders();
    release(firstBatch, firstCopy);
    wakeThreads();
  }

  /** Returns the batches whose requests have run. */
  void release() {
    release(0, 0);
  }

  private void release(int firstBatch, int firstCopy) {
    for (int i = used.size() - 1; i >= firstBatch; i--) {
      ReadBatch batch = used.remove(i);
      batch.giveBack();
    }
    for (int i = copies.size() - 1; i >= firstCopy; i--) {
      memory.free(copies.remove(i));
    }
  }

  private static void takeWritten(IoThread thread) {
    for (Object next = thread.nextWritten(); next != null; next = thread.nextWritten()) {
      if (next instanceof Chunk chunk) {
        LentOutput output = (LentOutput) chunk.borrower();
        int bytes = chunk.endLending();
        long memoryBytes = chunk.sizeBytes();
        chunk.release();
        output.onWritten(bytes, memoryBytes);
      } else if (next instanceof Broadcast finished) {
        thread.take(finished);
      } else if (next instanceof LateWrite late) {
        late.finish();
      } else {
        ((LentOutput) next).onSocketFull();
      }
    }
  }

  private int takeBatches(Source source, @Nullable Predicate<Connection> isBusy) {
    int entries = 0;
    int batches = 0;
    while (true) {
      ReadBatch batch = source.current;
      if (batch == null) {
        batch = batches++ < MAX_BATCHES ? source.thread.input().nextFilled() : null;
        if (batch == null) {
          return entries;
        }
        used.add(batch);
        source.next = 0;
        source.current = batch;
      }
      int entry = source.next++;
      if (source.next == batch.count()) {
        source.current = null; // a nested turn continues with the next batch
      }
      handle(batch, entry, isBusy);
      entries++;
    }
  }

  private void handle(ReadBatch batch, int i, @Nullable Predicate<Connection> isBusy) {
    LentChannel channel = (LentChannel) batch.target(i);
    if (!channel.isOpen()) {
      return;
    }
    if (isBusy != null && isBusy.test(channel.connection())) {
      defer(channel, batch, i);
      return;
    }
    takeDeferredOf(channel);
    if (!channel.isOpen()) {
      return;
    }
    ConnectionEvents events = channel.events();
    switch (batch.kind(i)) {
      case BYTES -> events.receive(batch.memory(), batch.start(i), batch.end(i), batch.requests(i));
      case COPY -> {
        byte[] bytes = (byte[]) Objects.requireNonNull(batch.detail(i));
        receive(events, copy(MemorySegment.ofArray(bytes), 0, bytes.length), bytes.length);
      }
      default -> receive(channel, batch.kind(i), (Throwable) batch.detail(i));
    }
  }

  private void receive(LentChannel channel, ReadBatch.Kind event, @Nullable Throwable reason) {
    if (event == ReadBatch.Kind.LEFT && moves != null) {
      moves.onLeft(channel);
    } else {
      channel.events().receive(event, reason);
    }
  }

  private void receive(ConnectionEvents events, BufferMemory.Block bytes, long length) {
    copies.add(bytes);
    events.receive(bytes.memory(), bytes.offset(), bytes.offset() + length, null);
  }

  private BufferMemory.Block copy(MemorySegment from, long start, long length) {
    BufferMemory.Block block = memory.allocate(length);
    MemorySegment.copy(
        from,
        ValueLayout.JAVA_BYTE,
        start,
        block.memory(),
        ValueLayout.JAVA_BYTE,
        block.offset(),
        length);
    return block;
  }

  // ---- deferred input

  private void defer(LentChannel channel, ReadBatch batch, int i) {
    if (channel.deferred().isEmpty()) {
      deferring.add(channel);
      channel.setReading(false);
    }
    Object detail = batch.detail(i);
    BufferMemory.Block block = null;
    long length = 0;
    if (batch.kind(i) == ReadBatch.Kind.BYTES) {
      length = batch.end(i) - batch.start(i);
      block = copy(batch.memory(), batch.start(i), length);
    } else if (detail instanceof byte[] bytes) {
      length = bytes.length;
      block = copy(MemorySegment.ofArray(bytes), 0, length);
      detail = null;
    }
    channel.deferred().add(new DeferredInput(batch.kind(i), detail, block, length));
  }

  /** Handles deferred input of connections that are not busy. Returns the number of entries. */
  private int takeDeferred(@Nullable Predicate<Connection> isBusy) {
    int entries = 0;
    for (int i = deferring.size(); i > 0 && !deferring.isEmpty(); i--) {
      LentChannel channel = deferring.remove();
      if (isBusy != null && channel.isOpen() && isBusy.test(channel.connection())) {
        deferring.add(channel);
      } else {
        entries += takeDeferredOf(channel);
      }
    }
    return entries;
  }

  private int takeDeferredOf(LentChannel channel) {
    if (channel.deferred().isEmpty()) {
      return 0;
    }
    deferring.remove(channel);
    int entries = 0;
    DeferredInput next = channel.deferred().poll();
    while (next != null) {
      entries++;
      BufferMemory.Block bytes = next.bytes();
      if (!channel.isOpen()) {
        if (bytes != null) {
          memory.free(bytes);
        }
      } else if (bytes == null) {
        receive(channel, next.kind(), (Throwable) next.detail());
      } else {
        receive(channel.events(), bytes, next.length());
      }
      next = channel.deferred().poll();
    }
    if (channel.isOpen()) {
      channel.setReading(channel.wantsInput());
    }
    return entries;
  }
}
