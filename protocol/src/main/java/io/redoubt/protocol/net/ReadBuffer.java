package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.tuning.Gathering;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The buffer into which an event loop reads from all of its connections. Reads allocate nothing:
 * Netty gets the same wrapped buffer each time.
 *
 * <p>A connection is read once per turn, so that a busy one does not delay the others; the rest of
 * its input is ready again in the next turn. For the same reason a read fetches at most {@link
 * ReadBlock#USUAL_BYTES}, possibly hundreds of requests, and more only of large requests, or for
 * one large argument, whose owner may supply the memory ({@link ArgumentRead}).
 *
 * <p>Input of several connections in one turn is stored side by side and remains valid until their
 * handlers have been notified, one after the other, that reading is done; they can thus process it
 * together. That happens at the end of the turn, or earlier if much has accumulated.
 */
final class ReadBuffer {

  // About the size of the L1 cache, with one output chunk per connection.
  private static final int GATHERED_BYTES = 16 * 1024;
  private static final int GATHERED_CONNECTIONS = 32;

  private final BufferMemory source;
  private final Gathering gathering;
  private final LoopStats stats;
  private BufferMemory.Block block;
  private ReadBlock shared;
  private @Nullable ConnectionEvents[] readers =
      new @Nullable ConnectionEvents[GATHERED_CONNECTIONS];
  private int readerCount;
  private boolean notifying;

  private long notificationRounds;

  /** The offset of the next read. */
  private int position;

  ReadBuffer(BufferMemory source, Gathering gathering, LoopStats stats) {
    this.source = source;
    this.gathering = gathering;
    this.stats = stats;
    this.block = source.allocate(ReadBlock.BYTES);
    this.shared = new ReadBlock(block);
  }

  /**
   * Runs a task with a separate block for its reads, whose readers are notified at its end, because
   * the content of this block is still in use.
   */
  void runNested(Runnable task) {
    BufferMemory.Block outerBlock = block;
    ReadBlock outerShared = shared;
    @Nullable ConnectionEvents[] outerReaders = readers;
    int outerCount = readerCount;
    int outerPosition = position;
    boolean outerTelling = notifying;
    block = source.allocate(ReadBlock.BYTES);
    shared = new ReadBlock(block);
    readers = new @Nullable ConnectionEvents[GATHERED_CONNECTIONS];
    readerCount = 0;
    position = 0;
    notifying = false;
    try {
      task.run();
      notifyReaders();
    } finally {
      source.free(block);
      block = outerBlock;
      shared = outerShared;
      readers = outerReaders;
      readerCount = outerCount;
      position = outerPosition;
      notifying = outerTelling;
    }
  }

  /** Returns the counters of the event loop. */
  LoopStats stats() {
    return stats;
  }

  MemorySegment memory() {
    return block.memory();
  }

  long offset() {
    return block.offset();
  }

  /** Returns the number of rounds of notifications so far. */
  long notificationRounds() {
    return notificationRounds;
  }

  /** Keeps the bytes before that index until the readers have been notified. */
  void keep(int end) {
    position = ReadBlock.lineAfter(end);
  }

  /**
   * Copies as many bytes as fit, which did not come directly from the socket, and keeps them. If no
   * room is left, notifies the readers first.
   *
   * @return the offset of the copy
   */
  long put(ByteBuf bytes) {
    if (position >= ReadBlock.BYTES) {
      notifyReaders();
    }
    int from = position;
    int count = Math.min(bytes.readableBytes(), ReadBlock.BYTES - from);
    MemorySegment source = MemorySegment.ofBuffer(bytes.nioBuffer(bytes.readerIndex(), count));
    MemorySegment.copy(source, 0, memory(), offset() + from, count);
    bytes.skipBytes(count);
    keep(from + count);
    return offset() + from;
  }

  /** Registers a connection that was read for notification. */
  void addReader(ConnectionEvents reader) {
    stats.countRead();
    gathering.read(reader.isFirstReadIn(gathering.round()));
    if (notifying) {
      reader.notifyReadDone();
      return;
    }
    readers[readerCount++] = reader;
    if (readerCount == GATHERED_CONNECTIONS || position >= GATHERED_BYTES) {
      notifyReaders();
    }
  }

  /** Notifies the connections read since the last notification. */
  void notifyReaders() {
    if (readerCount == 0 || notifying) {
      return;
    }
    notifying = true;
    for (int i = 0; i < readerCount; i++) {
      ConnectionEvents reader = readers[i];
      readers[i] = null;
      if (reader != null) {
        reader.notifyReadDone();
      }
    }
    notifying = false;
    notificationRounds++;
    readerCount = 0;
    position = 0;
  }

  /**
   * Notifies one connection now if it was read since the last notification, and the others in their
   * turn.
   */
  void notifyReader(ConnectionEvents reader) {
    if (notifying) {
      return;
    }
    for (int i = 0; i < readerCount; i++) {
      if (readers[i] == reader) {
        readers[i] = null;
        notifying = true;
        reader.notifyReadDone();
        notifying = false;
        return;
      }
    }
  }

  void close() {
    source.free(block);
  }

  /** The reads of one connection, as the channel sees them. */
  final class ConnectionReads extends SingleReads {

    private final Supplier<BufferMemory.@Nullable Block> argumentRoom;
    private long lastReadAfter = -1;
    private long expectedBytes;
    private boolean largeRequests;

    /**
     * Creates them.
     *
     * @param argumentRoom supplies memory for the bytes of a large argument, or null
     */
    ConnectionReads(Supplier<BufferMemory.@Nullable Block> argumentRoom) {
      this.argumentRoom = argumentRoom;
    }

    /**
     * Permits the next read to fetch that many bytes, if they exceed the usual size, or to fill the
     * buffer with large requests.
     */
    void expect(long bytes, boolean large) {
      expectedBytes = bytes;
      largeRequests = large;
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      stats.wake();
      if (lastReadAfter == notificationRounds) {
        // The second read in a turn usually finds the end of input, after which no reply could be
        // sent.
        notifyReaders();
      }
      ArgumentRead intoArgument = intoArgument();
      if (intoArgument != null) {
        return intoArgument;
      }
      long room = largeRequests ? ReadBlock.BYTES : Math.max(ReadBlock.USUAL_BYTES, expectedBytes);
      return shared.prepareRead(position, room);
    }

    /** Returns a read into the memory of a large argument, or null. */
    private @Nullable ArgumentRead intoArgument() {
      BufferMemory.Block room = expectedBytes <= ReadBlock.USUAL_BYTES ? null : argumentRoom.get();
      return room == null ? null : ArgumentRead.into(room);
    }

    @Override
    public void readComplete() {
      lastReadAfter = notificationRounds;
    }
  }
}
