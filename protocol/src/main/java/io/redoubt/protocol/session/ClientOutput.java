package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.config.directive.OutputLimit;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
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
    SKIP
  }

  private final ClientReplies replies = new ClientReplies();
  private final ReplyWriter writer = new ReplyWriter(replies);
  private @Nullable ReplyCollector pushesAfterReply;
  private int pushesResp;
  private ReplyMode mode = ReplyMode.ON;
  private boolean mute;
  private boolean repliesToScript;
  private boolean ended;
  private long softLimitSinceMillis = -1;

  ReplyWriter writer() {
    return writer;
  }

  public ClientReplies replies() {
    return replies;
  }

  public void mode(ReplyMode mode) {
    this.mode = mode;
    update();
  }

  public ReplyMode mode() {
    return mode;
  }

  /** Discards all output, including push messages, as for a master. */
  void mute(boolean on) {
    mute = on;
    update();
  }

  /** Sets whether the reply of the running command goes to the script that calls it. */
  void repliesToScript(boolean on) {
    repliesToScript = on;
    update();
  }

  /** Discards further output because the client is closing, possibly within a reply. */
  void discard() {
    replies.discard();
    ended = true;
    if (pushesAfterReply != null) {
      pushesAfterReply.close();
      pushesAfterReply = null;
    }
  }

  /** Stops writing because the client has ended. */
  public void end() {
    discard();
    update();
    replies.handOver();
  }

  private void update() {
    writer.suppressed(
        mute || ended || repliesToScript || mode == ReplyMode.OFF || mode == ReplyMode.SKIP);
  }

  void writeUnsuppressed(Consumer<ReplyWriter> message) {
    if (mute || ended) {
      return;
    }
    writer.suppressed(false);
    try {
      message.accept(writer);
    } finally {
      update();
    }
  }

  /** Writes bytes unless replies are switched off; those to a script do not matter. */
  void feed(MemorySegment from, long offset, long length) {
    if (mute || ended || mode == ReplyMode.OFF || mode == ReplyMode.SKIP) {
      return;
    }
    writer.suppressed(false);
    try {
      writer.raw(from, offset, length);
    } finally {
      update();
    }
  }

  /** Keeps a push message until the running command has replied. */
  void pushAfterReply(Consumer<ReplyWriter> message, BufferMemory memory) {
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
    pushWriter.resp(pushesResp);
    message.accept(pushWriter);
  }

  /** Returns the number of bytes that wait for the reply of the running command. */
  long pushBytes() {
    return pushesAfterReply == null ? 0 : pushesAfterReply.length();
  }

  /**
   * Writes the messages that waited for the reply of the running command, unless it was a
   * transaction in which the client has left RESP3.
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

  /** Finishes a command: ends the skipping of its reply and writes kept push messages. */
  void afterCommand() {
    if (mode == ReplyMode.SKIP_NEXT) {
      mode(ReplyMode.SKIP);
    } else if (mode == ReplyMode.SKIP) {
      mode(ReplyMode.ON);
    }
    writePushes();
  }

  /** Called when the socket has accepted all output. */
  void drained() {
    softLimitSinceMillis = -1;
    replies.drained();
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
