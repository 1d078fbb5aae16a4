package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.config.directive.OutputLimit;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.SharedMessage;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The output of a client: replies, unless switched off, and push messages, which never interrupt a
 * reply.
 */
public final class ClientOutput {
  /** The modes of CLIENT REPLY. */
  public enum ReplyMode {
    ON,
    OFF,
    /** The next command has no reply. */
    SKIP_NEXT,
    /** The running command has no reply. */
    SKIP,
    /** The command that blocks the client, or did until now, has no reply. */
    SKIP_BLOCKED
  }

  private final BufferMemory memory;
  private final OutputListener listener;
  private final ClientReplies replies;
  private final ReplyWriter writer;
  private @Nullable AwaitedReplies awaited;
  private boolean awaiting;

  /** Writes to the connection while {@link #writer} writes to {@link #awaited}. */
  private @Nullable ReplyWriter released;

  private @Nullable ReplyCollector pushesAfterReply;
  private int pushesResp;
  private ReplyMode mode = ReplyMode.ON;
  private boolean mute;
  private boolean repliesToScript;
  private boolean ended;
  private long softLimitSinceMillis = -1;

  ClientOutput(ClientSocket socket, BufferMemory memory, OutputListener listener) {
    this.memory = memory;
    this.listener = listener;
    replies = new ClientReplies(socket, listener);
    writer = new ReplyWriter(replies);
  }

  ReplyWriter writer() {
    return writer;
  }

  public ClientReplies replies() {
    return replies;
  }

  // ---- replies that wait for replicas

  /** Returns the output that waits for replicas, or null if no reply ever waited. */
  public @Nullable AwaitedReplies awaited() {
    return awaited;
  }

  /** Returns true if output waits for replicas, so that later output must wait, too. */
  public boolean isAwaited() {
    return awaiting;
  }

  /** Returns the number of bytes that wait for replicas. */
  long awaitedBytes() {
    return awaited == null ? 0 : awaited.usedBytes();
  }

  /** Returns the unused memory of the buffer of output that waits for replicas, in bytes. */
  long freeAwaitedBytes() {
    return awaited == null ? 0 : awaited.capacityBytes() - awaited.usedBytes();
  }

  /**
   * Starts a reply that may have to wait for replicas. {@link #finishAwaited} must follow.
   *
   * @param replicas the number of replicas that must acknowledge it
   * @param ofGroup true if the quorum of the group must acknowledge it, too
   */
  public void beginAwaited(int replicas, boolean ofGroup) {
    AwaitedReplies current = awaited;
    if (current == null) {
      current = new AwaitedReplies(memory, listener);
      awaited = current;
      released = new ReplyWriter(replies);
    }
    current.begin(replicas, ofGroup);
    writer.setTarget(current);
    awaiting = true;
  }

  /**
   * Finishes a reply that may have to wait.
   *
   * @param offset the offset of the replication stream that must be acknowledged
   */
  public void finishAwaited(long offset) {
    AwaitedReplies current = awaited;
    if (current != null) {
      current.finish(offset);
      writeDirectlyAgain(current);
    }
  }

  /** Releases awaited output that no longer has to wait. */
  void releaseAwaited(AwaitedReplies current, long passedMark) {
    ReplyWriter target = released;
    if (target != null) {
      current.release(passedMark, target);
      writeDirectlyAgain(current);
    }
  }

  private void writeDirectlyAgain(AwaitedReplies current) {
    if (current.isEmpty()) {
      writer.setTarget(replies);
      awaiting = false;
    }
  }

  // ---- modes

  public void setMode(ReplyMode mode) {
    this.mode = mode;
    update();
  }

  public ReplyMode mode() {
    return mode;
  }

  /** Returns to replies after RESET, whose own reply may be skipped. */
  void resetMode() {
    if (mode != ReplyMode.SKIP) {
      setMode(ReplyMode.ON);
    }
  }

  /** Discards all output, including push messages, as for a master. */
  void setMuted(boolean on) {
    mute = on;
    update();
  }

  /** Sets whether the reply of the running command goes to the calling script. */
  void setRepliesToScript(boolean on) {
    repliesToScript = on;
    update();
  }

  /** Discards further output, even in the middle of a reply, because the client is closing. */
  void discard() {
    replies.discard();
    if (awaited != null) {
      awaited.discard();
    }
    ended = true;
    if (pushesAfterReply != null) {
      pushesAfterReply.close();
      pushesAfterReply = null;
    }
  }

  /** Discards everything, and the replies to later requests, because nobody reads them. */
  void discardAll() {
    discard();
    update();
  }

  /** Stops writing because the client has ended. */
  public void end() {
    discard();
    update();
    if (awaited != null) {
      awaited.free();
      awaiting = false;
    }
    replies.handOver();
  }

  private void update() {
    writer.setSuppressed(mute || ended || repliesToScript || isWithoutReply());
  }

  private boolean isWithoutReply() {
    return switch (mode) {
      case OFF, SKIP, SKIP_BLOCKED -> true;
      case ON, SKIP_NEXT -> false;
    };
  }

  void writeUnsuppressed(Consumer<ReplyWriter> message) {
    if (mute || ended) {
      return;
    }
    writer.setSuppressed(false);
    try {
      message.accept(writer);
    } finally {
      update();
    }
  }

  /**
   * Adds a push message by reference, or discards it as {@link #writeUnsuppressed} would. Returns
   * false if it must be written.
   *
   * @param messages encodes it
   * @param to the client's connection
   */
  boolean share(SharedMessage message, SharedMessages messages, Connection to) {
    return mute || ended || (!awaiting && replies.canShare() && messages.add(message, replies, to));
  }

  /** Returns true if {@link #feed} writes nothing. */
  boolean discardsFeed() {
    return mute || ended || mode == ReplyMode.OFF || mode == ReplyMode.SKIP;
  }

  /** Writes bytes unless replies are switched off, even while a script receives the replies. */
  void feed(MemorySegment from, long offset, long length) {
    if (discardsFeed()) {
      return;
    }
    writer.setSuppressed(false);
    try {
      writer.raw(from, offset, length);
    } finally {
      update();
    }
  }

  /** Keeps a push message until the running command has replied. */
  void pushAfterReply(Consumer<ReplyWriter> message) {
    if (mute || ended) {
      return;
    }
    ReplyCollector pushes = pushesAfterReply;
    if (pushes == null) {
      pushes = new ReplyCollector(memory);
      pushesAfterReply = pushes;
    }
    ReplyWriter pushWriter = new ReplyWriter(pushes);
    pushesResp = writer.resp();
    pushWriter.setResp(pushesResp);
    message.accept(pushWriter);
  }

  /** Returns the number of bytes of kept push messages. */
  long pushBytes() {
    return pushesAfterReply == null ? 0 : pushesAfterReply.length();
  }

  /**
   * Writes the kept push messages, unless the command was a transaction in which the client left
   * RESP3.
   */
  void writePushes() {
    ReplyCollector pushes = pushesAfterReply;
    if (pushes != null) {
      pushesAfterReply = null;
      try (pushes) {
        if (writer.resp() < pushesResp) {
          return;
        }
        writeUnsuppressed(target -> target.raw(pushes.memory(), pushes.start(), pushes.length()));
      }
    }
  }

  /**
   * Starts the next request of the client, so a blocked one before it has been answered. The
   * repetition of a blocked command is none.
   */
  void beforeRequest() {
    if (mode == ReplyMode.SKIP_BLOCKED) {
      setMode(ReplyMode.ON);
    }
  }

  /**
   * Finishes a command: ends the suppression of its reply, and writes kept push messages.
   *
   * @param blocked true if the command has blocked the client, so that its reply follows later
   */
  void afterCommand(boolean blocked) {
    if (mode == ReplyMode.SKIP_NEXT) {
      setMode(ReplyMode.SKIP);
    } else if (mode == ReplyMode.SKIP) {
      setMode(blocked ? ReplyMode.SKIP_BLOCKED : ReplyMode.ON);
    }
    writePushes();
  }

  /** Called when the socket has accepted all output. */
  void onDrained() {
    softLimitSinceMillis = -1;
    replies.onDrained();
  }

  /** Returns true if the unsent bytes exceed the limit, considering its duration. */
  boolean exceeds(OutputLimit limit, long queuedBytes, Clock clock) {
    if (limit.hardBytes() > 0 && queuedBytes >= limit.hardBytes()) {
      return true;
    }
    if (limit.softBytes() == 0 || queuedBytes < limit.softBytes()) {
      softLimitSinceMillis = -1;
      return false;
    }
    long nowMillis = clock.wallMillis();
    if (softLimitSinceMillis < 0) {
      softLimitSinceMillis = nowMillis;
    }
    return nowMillis - softLimitSinceMillis > limit.softSeconds() * 1000L;
  }
}
