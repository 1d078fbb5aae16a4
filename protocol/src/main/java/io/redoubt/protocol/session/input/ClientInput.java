package io.redoubt.protocol.session.input;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import io.redoubt.protocol.resp.RequestIndex;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The input of a client: bytes that have not been executed, and the position up to which they are
 * decoded. Bytes are executed where they were received, in the loop's shared buffer, and copied to
 * this object only if they have to wait. Driven by {@link io.redoubt.protocol.session.Turn}.
 */
public final class ClientInput {
  /** The input pending for the next turns above which reading pauses. */
  private static final long MAX_PENDING_BYTES = 1 << 16;

  /** The length of a large argument: Redis' PROTO_MBULK_BIG_ARG. */
  private static final long LARGE_ARGUMENT_BYTES = 32 * 1024;

  /** The missing part of an argument from which it is received where it is kept. */
  private static final long MIN_ROOM_BYTES = 4 * 1024;

  /** The size of a large request: even the largest read has no more than a hundred of them. */
  private static final long LARGE_REQUEST_BYTES = 640;

  /** The missing part of an argument from which it is kept alone, without what follows it. */
  private static final long MIN_REST_BYTES = 64;

  private final RequestDecoder decoder;
  private final ByteQueue kept;
  private final TurnShare share;

  /** The memory of the input being executed; bytes from {@link #rest} on have not been executed. */
  private MemorySegment memory = MemorySegment.NULL;

  private long rest;
  private long end;

  /** True if {@link #rest} starts with a request that must not run now. */
  private boolean stopped;

  private @Nullable ProtocolException violation;

  /**
   * The number of bytes being executed from the shared buffer, from {@link #take} to {@link
   * #release}.
   */
  private long inHandBytes;

  /** True if the memory of the kept input being executed was transferred to a caller. */
  private boolean surrendered;

  /** True if kept input waits only for the next turn of the loop. */
  private boolean forNextTurn;

  private boolean authenticated;

  /** True if the last request was large. */
  private boolean large;

  public ClientInput(Limits limits, BufferMemory buffers, Clock clock, TurnTime turn) {
    this.decoder = new RequestDecoder(limits, buffers);
    this.kept = new ByteQueue(buffers);
    this.share = new TurnShare(clock, turn);
  }

  /** Sets whether the size limits of authenticated clients apply. */
  public void setAuthenticated(boolean on) {
    authenticated = on;
    decoder.setAuthenticated(on);
  }

  /** Returns true if the size limits of authenticated clients apply. */
  public boolean isAuthenticated() {
    return authenticated;
  }

  /** Lifts the size limits, because the peer is the master. */
  public void fromMaster() {
    setAuthenticated(true);
    decoder.setFromMaster(true);
  }

  public ByteQueue kept() {
    return kept;
  }

  /** Returns a lower bound of the number of bytes missing from a partly received argument. */
  public long missingBytes() {
    return decoder.missingBytes();
  }

  /** Returns the number of bytes not decoded into arguments yet. */
  public long queryBytes() {
    return Math.max(kept.usedBytes() + inHandBytes - decoder.decodedBytes(), 0);
  }

  /** Returns the length of the complete arguments of a partly received request, in bytes. */
  public long argumentBytes() {
    return decoder.argumentBytes();
  }

  /**
   * Returns the memory used, without the loop's shared buffer, in bytes. A partly received large
   * argument counts in full, even before its memory is reserved at the end of the read.
   */
  public long memoryBytes() {
    long buffered = kept.usedBytes() + kept.freeBytes();
    if (awaitsLargeArgument()) {
      buffered = Math.max(buffered, kept.usedBytes() + inHandBytes + missingBytes());
    }
    return buffered + decoder.indexBytes();
  }

  /** Returns the size of its buffers, used and free, in bytes. */
  public long bufferBytes() {
    return kept.usedBytes() + kept.freeBytes() + inHandBytes;
  }

  /** Returns true if a large part of an announced argument is missing. */
  public boolean awaitsLargeArgument() {
    return missingBytes() >= LARGE_ARGUMENT_BYTES;
  }

  /**
   * Returns the memory into which the rest of a large argument can be received, so that it need not
   * be copied from the shared buffer; null if there is none.
   */
  public BufferMemory.@Nullable Block argumentRoom() {
    long missing = decoder.missingBytes();
    return missing >= MIN_ROOM_BYTES && inHandBytes == 0 && !surrendered
        ? kept.room(missing)
        : null;
  }

  /** Returns the number of bytes being executed from the shared buffer. */
  public long inHandBytes() {
    return inHandBytes;
  }

  /** Returns the memory of the input being executed. */
  public MemorySegment memory() {
    return memory;
  }

  /** Returns the offset of the first byte that has not been executed. */
  public long rest() {
    return rest;
  }

  /** Returns the offset after the input being executed. */
  public long end() {
    return end;
  }

  /**
   * Returns true if the latest request was so large that the usual read has few of its kind, so
   * that more may be read at once.
   */
  public boolean sendsLargeRequests() {
    return large;
  }

  // ---- bytes

  /**
   * Takes input in the loop's shared buffer for execution, until {@link #release}.
   *
   * @param found the requests found in it in advance, or null
   */
  public void take(MemorySegment from, long start, long to, @Nullable RequestIndex found) {
    inHandBytes = to - start;
    startDecoding(from, start, to, found);
  }

  /** Takes the kept input for execution, until {@link #releaseKept}. */
  public void takeKept() {
    startDecoding(kept.memory(), kept.start(), kept.end(), null);
  }

  private void startDecoding(
      MemorySegment from, long start, long to, @Nullable RequestIndex found) {
    decoder.follow(found);
    memory = from;
    rest = start;
    end = to;
    stopped = false;
  }

  /** Keeps input that can't be executed now. */
  public void keep(MemorySegment from, long start, long to) {
    kept.append(from, start, to - start, Math.max(decoder.missingBytes() - (to - start), 0));
  }

  /**
   * Keeps the rest of a partly received argument alone, so that the requests after it can be
   * executed where they are.
   *
   * @return the offset after the kept bytes; the start if nothing of this kind is missing, or more
   *     than there is
   */
  public long keepRestOfArgument(MemorySegment from, long start, long to) {
    long missing = decoder.missingBytes();
    if (kept.isEmpty() || missing < MIN_REST_BYTES || missing >= to - start) {
      return start;
    }
    keep(from, start, start + missing);
    return start + missing;
  }

  /**
   * Stops using the shared buffer; no effect if that has happened during a long request of another
   * client.
   *
   * @param keepsRest true to keep input that was not executed
   */
  public void release(boolean keepsRest) {
    if (inHandBytes == 0) {
      return;
    }
    inHandBytes = 0;
    decoder.follow(null);
    if (keepsRest && rest < end) {
      kept.append(memory, rest, end - rest, decoder.missingBytes());
    }
  }

  /**
   * Removes the executed part of the kept input.
   *
   * @param keepsRest false if the rest is to be removed, too
   */
  public void releaseKept(boolean keepsRest) {
    if (surrendered) {
      surrendered = false;
      if (keepsRest && rest < end) {
        kept.append(memory, rest, end - rest, decoder.missingBytes());
      }
    } else if (keepsRest) {
      kept.dropUntil(rest);
    } else {
      kept.clear();
    }
  }

  /**
   * Hands the memory of a long running request over to the caller, to be freed there, which avoids
   * a copy. Returns null if the request is in the loop's shared buffer.
   */
  public BufferMemory.@Nullable Block surrender(Request request) {
    boolean isKept = isKept(request);
    surrendered |= isKept;
    return isKept ? kept.surrender() : null;
  }

  private boolean isKept(Request request) {
    return inHandBytes == 0
        && !surrendered
        && request.start() >= kept.start()
        && request.end() <= kept.end()
        && request.memory().equals(kept.memory());
  }

  /**
   * Returns the memory of a running request if it is there alone, so that it can be {@linkplain
   * #surrender surrendered} and kept as a value; otherwise null.
   */
  public BufferMemory.@Nullable Block blockOf(Request request) {
    return isKept(request) && request.start() == kept.start() && request.end() == kept.end()
        ? kept.block()
        : null;
  }

  /** Discards all input and frees its memory. */
  public void discard() {
    kept.clear();
    decoder.reset();
  }

  // ---- requests

  /** Decodes the next request; returns false if there is none that may be executed now. */
  public boolean decode(Request request) {
    try {
      while (!stopped) {
        long after = decoder.decode(memory, rest, end, request);
        if (after == RequestDecoder.NEED_MORE) {
          return false;
        }
        large = after - rest >= LARGE_REQUEST_BYTES;
        rest = after;
        if (request.count() > 0) {
          return true;
        }
      }
    } catch (ProtocolException e) {
      violation = e;
    }
    return false;
  }

  /** Returns true if the client's share of this turn permits the request. */
  public boolean admits(Request request) {
    return share.admits(request, request.end() < end);
  }

  /** Stops execution before a decoded request, which will be decoded again. */
  public void stopBefore(Request request) {
    stopped = true;
    rest = request.start();
  }

  /** Returns true if a decoded request had to wait, so that later ones must wait, too. */
  public boolean isStopped() {
    return stopped;
  }

  /**
   * Ends the decoding of the input being executed.
   *
   * @param mayExecute true if the client may execute more
   * @return the protocol violation that follows the executed requests, or null
   */
  public @Nullable ProtocolException endDecoding(boolean mayExecute) {
    ProtocolException found = violation;
    violation = null;
    if (stopped || found != null || !mayExecute) {
      decoder.reset();
    }
    return stopped || !mayExecute ? null : found;
  }

  // ---- turns

  /**
   * Ends the client's share of this turn of the loop.
   *
   * @param sharers the number of clients that have used up their shares
   * @return true if requests remain for the next turn
   */
  public boolean endShare(boolean mayExecute, int sharers) {
    forNextTurn = share.isUsedUp() && !kept.isEmpty() && mayExecute;
    share.renew(sharers);
    return forNextTurn;
  }

  /** Returns true if input is received faster than it is executed. */
  public boolean exceedsLimit() {
    return forNextTurn && kept.usedBytes() > MAX_PENDING_BYTES;
  }
}
