package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The one buffer into which a loop reads from all of its connections, one after the other. A read
 * makes no garbage: Netty is handed the same wrapped buffer each time.
 *
 * <p>A connection is read once a turn of the loop, so that a busy one doesn't keep the others
 * waiting; what is left in the socket is ready again in the next turn. For the same reason a read
 * brings {@link #USUAL_BYTES} at most, which may be hundreds of requests already, and more only of
 * one large argument.
 *
 * <p>What several connections bring in one turn lies side by side, and stays until they have been
 * told, one after the other, that reading is done: so they can work on it together. That is at the
 * end of the turn, or earlier when it has become much.
 */
final class ReadBuffer implements RecvByteBufAllocator {

  /** The most that one read brings. */
  static final int READ_BYTES = 64 * 1024;

  /** The most that one read brings, unless more is known to be missing. */
  private static final int USUAL_BYTES = 16 * 1024;

  // As much as stays in the nearest cache, with one chunk of output for each.
  private static final int GATHERED_BYTES = 16 * 1024;
  private static final int GATHERED_CONNECTIONS = 32;

  private static final int LINE_BYTES = 64;

  private final BufferMemory source;
  private final Gathering gathering;
  private BufferMemory.Block block;
  private Shared shared;
  private @Nullable Connection[] readers = new @Nullable Connection[GATHERED_CONNECTIONS];
  private int readerCount;
  private boolean telling;

  /** How often readers have been told. */
  private long tellings;

  /** Where the next read goes. */
  private int position;

  ReadBuffer(BufferMemory source, Gathering gathering) {
    this.source = source;
    this.gathering = gathering;
    this.block = source.allocate(READ_BYTES);
    this.shared = new Shared(block);
  }

  /**
   * Has reads that a task causes go to another block, and their readers told at its end: what is in
   * this one is still needed.
   */
  void nested(Runnable task) {
    BufferMemory.Block outerBlock = block;
    Shared outerShared = shared;
    @Nullable Connection[] outerReaders = readers;
    int outerCount = readerCount;
    int outerPosition = position;
    boolean outerTelling = telling;
    block = source.allocate(READ_BYTES);
    shared = new Shared(block);
    readers = new @Nullable Connection[GATHERED_CONNECTIONS];
    readerCount = 0;
    position = 0;
    telling = false;
    try {
      task.run();
      tellReaders();
    } finally {
      source.free(block);
      block = outerBlock;
      shared = outerShared;
      readers = outerReaders;
      readerCount = outerCount;
      position = outerPosition;
      telling = outerTelling;
    }
  }

  MemorySegment memory() {
    return block.memory();
  }

  long offset() {
    return block.offset();
  }

  /** Notes that the bytes before that index are somebody's until the readers have been told. */
  void taken(int end) {
    position = (end + LINE_BYTES - 1) & -LINE_BYTES;
  }

  /**
   * Puts bytes here that did not come from the socket as they are, as many as there is room for,
   * and notes that they are taken. With no room left, those who have bytes here are told first.
   *
   * @return where they begin
   */
  long put(ByteBuf bytes) {
    if (position >= READ_BYTES) {
      tellReaders();
    }
    int from = position;
    int count = Math.min(bytes.readableBytes(), READ_BYTES - from);
    MemorySegment source = MemorySegment.ofBuffer(bytes.nioBuffer(bytes.readerIndex(), count));
    MemorySegment.copy(source, 0, memory(), offset() + from, count);
    bytes.skipBytes(count);
    taken(from + count);
    return offset() + from;
  }

  /** A connection has been read; it is told so later. */
  void readDone(Connection connection) {
    gathering.read(connection.isFirstReadIn(gathering.round()));
    if (telling) {
      connection.tellReadDone();
      return;
    }
    readers[readerCount++] = connection;
    if (readerCount == GATHERED_CONNECTIONS || position >= GATHERED_BYTES) {
      tellReaders();
    }
  }

  /** Tells those that have been read since the last time. */
  void tellReaders() {
    if (readerCount == 0 || telling) {
      return;
    }
    telling = true;
    for (int i = 0; i < readerCount; i++) {
      Connection reader = readers[i];
      readers[i] = null;
      if (reader != null) {
        reader.tellReadDone();
      }
    }
    telling = false;
    tellings++;
    readerCount = 0;
    position = 0;
  }

  /** Notes that the next read of a connection may bring so many bytes, if that is much. */
  static void expect(Channel channel, long bytes) {
    if (channel.unsafe().recvBufAllocHandle() instanceof ConnectionReads reads) {
      reads.expectedBytes = bytes;
    }
  }

  void close() {
    source.free(block);
  }

  @Override
  @SuppressWarnings("deprecation") // it is what the interface has
  public Handle newHandle() {
    return new ConnectionReads();
  }

  /** What the channel asks about its reads. */
  private final class ConnectionReads implements ExtendedHandle {

    private int lastBytes;
    private int attemptedBytes;
    private long lastReadAfter = -1;
    private long expectedBytes;

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      if (lastReadAfter == tellings) {
        // A second read in one turn as a rule finds the end, after which nothing can be answered.
        tellReaders();
      }
      long room = Math.max(USUAL_BYTES, expectedBytes);
      shared.withheldBytes = (int) Math.max(0, READ_BYTES - position - room);
      return shared.setIndex(position, position).retain();
    }

    @Override
    public int guess() {
      return READ_BYTES;
    }

    @Override
    public void reset(ChannelConfig config) {
      lastBytes = 0;
    }

    @Override
    public void incMessagesRead(int messages) {}

    @Override
    public void lastBytesRead(int bytes) {
      lastBytes = bytes;
    }

    @Override
    public int lastBytesRead() {
      return lastBytes;
    }

    @Override
    public void attemptedBytesRead(int bytes) {
      attemptedBytes = bytes;
    }

    @Override
    public int attemptedBytesRead() {
      return attemptedBytes;
    }

    @Override
    public boolean continueReading() {
      return false;
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
      return false;
    }

    @Override
    public void readComplete() {
      lastReadAfter = tellings;
    }
  }

  /** The block as Netty knows it; never released as a whole. */
  private static final class Shared extends UnpooledDirectByteBuf {

    private final long address;

    /** What a read must leave at the end. */
    private int withheldBytes;

    Shared(BufferMemory.Block block) {
      super(
          UnpooledByteBufAllocator.DEFAULT,
          block.memory().asSlice(block.offset(), READ_BYTES).asByteBuffer(),
          READ_BYTES);
      this.address = block.memory().address() + block.offset();
    }

    @Override
    public int capacity() {
      return super.capacity() - withheldBytes;
    }

    @Override
    public boolean hasMemoryAddress() {
      return true;
    }

    @Override
    public long memoryAddress() {
      return address;
    }

    @Override
    protected void deallocate() {}
  }
}
