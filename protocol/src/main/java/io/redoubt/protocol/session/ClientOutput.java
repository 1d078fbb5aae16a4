package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.config.OutputLimit;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What goes to a client: its replies unless it does not want them, and pushes, which never break
 * into a reply.
 */
final class ClientOutput {
  /** CLIENT REPLY. */
  enum ReplyMode {
    ON,
    OFF,
    /** The next command has no reply. */
    SKIP_NEXT,
    /** The running command has no reply. */
    SKIP
  }

  private final ClientReplies replies = new ClientReplies();
  private final ReplyWriter writer = new ReplyWriter(replies);
  private @Nullable ArrayList<byte[]> pushesAfterReply;
  private ReplyMode mode = ReplyMode.ON;
  private boolean mute;
  private boolean repliesToScript;
  private boolean ended;
  private long softLimitSinceMillis = -1;

  ReplyWriter writer() {
    return writer;
  }

  ClientReplies replies() {
    return replies;
  }

  void mode(ReplyMode newMode) {
    mode = newMode;
    update();
  }

  ReplyMode mode() {
    return mode;
  }

  /** Nothing leaves, not even pushes: a master gets no replies. */
  void mute(boolean on) {
    mute = on;
    update();
  }

  /** Marks the time in which the reply of the running command goes to the script that calls it. */
  void repliesToScript(boolean on) {
    repliesToScript = on;
    update();
  }

  /** Nothing leaves any more: the client is on its way out, maybe in the middle of a reply. */
  void discard() {
    replies.discard();
    ended = true;
  }

  /** The client is gone: nothing is even written. */
  void end() {
    discard();
    update();
    replies.handOver();
  }

  private void update() {
    writer.suppressed(
        mute || ended || repliesToScript || mode == ReplyMode.OFF || mode == ReplyMode.SKIP);
  }

  void evenIfSuppressed(Consumer<ReplyWriter> message) {
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

  /** Keeps a push until the running command has replied. */
  void pushAfterReply(Consumer<ReplyWriter> message, BufferMemory memory) {
    ArrayList<byte[]> pushes = pushesAfterReply;
    if (pushes == null) {
      pushes = new ArrayList<>();
      pushesAfterReply = pushes;
    }
    try (var collector = new ReplyCollector(memory)) {
      var pushWriter = new ReplyWriter(collector);
      pushWriter.resp(writer.resp());
      message.accept(pushWriter);
      pushes.add(collector.toByteArray());
    }
  }

  /** A command has run: what was skipped is over, and pushes that waited follow. */
  void afterCommand() {
    if (mode == ReplyMode.SKIP_NEXT) {
      mode(ReplyMode.SKIP);
    } else if (mode == ReplyMode.SKIP) {
      mode(ReplyMode.ON);
    }
    ArrayList<byte[]> pushes = pushesAfterReply;
    if (pushes != null) {
      pushesAfterReply = null;
      pushes.forEach(bytes -> evenIfSuppressed(target -> target.raw(bytes)));
    }
  }

  /** Everything has gone to the socket. */
  void drained() {
    softLimitSinceMillis = -1;
  }

  /** Whether so many unsent bytes are more than the limit allows now. */
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
