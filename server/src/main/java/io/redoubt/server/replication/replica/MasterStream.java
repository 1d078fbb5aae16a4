package io.redoubt.server.replication.replica;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import io.redoubt.server.replication.stream.NewerCommand;
import java.lang.foreign.MemorySegment;

/**
 * The command stream of a master, decoded into requests that are executed one by one. Each byte
 * counts towards the offset exactly once, after its request was executed. The bytes of a
 * transaction count together at its end, because a link that breaks within it must resume before
 * MULTI.
 */
public final class MasterStream implements AutoCloseable {
  private static final int BATCH = 64;

  /** Executes the requests. */
  public interface Target {
    /** Prefetches the keys of requests that will be executed next. */
    void lookAhead(Request[] batch, int count);

    void execute(Request request);

    /** Returns true if this server executes commands that let fields of hashes expire. */
    boolean takesFieldExpiry();

    /** Returns true if the stream continues, false if a request has ended the link. */
    boolean goesOn();

    /** Returns true if the last request executed was within a transaction that is still open. */
    boolean inTransaction();

    /** Records that the bytes [from, to) of the stream have been executed. */
    void onApplied(MemorySegment memory, long from, long to);
  }

  private final Target target;
  private final RequestDecoder decoder;
  private final Request[] batch = new Request[BATCH];

  /** Received bytes of an incomplete request. */
  private final ByteQueue kept;

  /** The bytes of the transaction that is open. */
  private final ByteQueue held;

  public MasterStream(BufferMemory buffers, Limits limits, Target target) {
    this.target = target;
    this.decoder = new RequestDecoder(limits, buffers);
    decoder.setAuthenticated(true);
    decoder.setFromMaster(true);
    for (int i = 0; i < BATCH; i++) {
      batch[i] = new Request();
    }
    kept = new ByteQueue(buffers);
    held = new ByteQueue(buffers);
  }

  /** Returns the number of received bytes that don't count towards the offset yet. */
  public long unappliedBytes() {
    return kept.usedBytes() + held.usedBytes();
  }

  /**
   * Receives bytes of the stream and executes the complete requests.
   *
   * @throws ProtocolException when the master doesn't speak the protocol
   */
  public void receive(MemorySegment memory, long from, long to) throws ProtocolException {
    if (kept.usedBytes() == 0) {
      long rest = run(memory, from, to);
      kept.append(memory, rest, to - rest, decoder.missingBytes());
    } else {
      kept.append(memory, from, to - from, decoder.missingBytes());
      kept.dropUntil(run(kept.memory(), kept.start(), kept.end()));
    }
  }

  private long run(MemorySegment memory, long from, long to) throws ProtocolException {
    long done = from;
    while (target.goesOn()) {
      int count = 0;
      long next = done;
      while (count < BATCH) {
        long end = decoder.decode(memory, next, to, batch[count]);
        if (end == RequestDecoder.NEED_MORE) {
          break;
        }
        next = end;
        if (batch[count].count() > 0) {
          unwrap(batch[count]);
          count++;
        }
      }
      if (count > 0) {
        target.lookAhead(batch, count);
      }
      for (int i = 0; i < count; i++) {
        long end = batch[i].end();
        target.execute(batch[i]);
        batch[i].release();
        onExecuted(memory, done, end);
        done = end;
        if (!target.goesOn()) {
          return to;
        }
      }
      if (next > done) {
        onExecuted(memory, done, next);
        done = next;
      }
      if (count < BATCH) {
        return done;
      }
    }
    return to;
  }

  /**
   * Strips the wrapper of a command unknown to Redis 7.2. One that lets fields of hashes expire
   * keeps it, and is ignored, unless this server executes such commands.
   */
  private void unwrap(Request request) {
    int before = NewerCommand.wordsBefore(request);
    if (before > 0 && (target.takesFieldExpiry() || !isOfFieldExpiry(request, before))) {
      request.dropFirst(before);
    }
  }

  private static boolean isOfFieldExpiry(Request request, int name) {
    return request.is(name, "HPEXPIREAT")
        || request.is(name, "HPERSIST")
        || request.is(name, "RESTORE");
  }

  private void onExecuted(MemorySegment memory, long from, long to) {
    if (target.inTransaction()) {
      held.append(memory, from, to - from, 0);
      return;
    }
    if (held.usedBytes() > 0) {
      target.onApplied(held.memory(), held.start(), held.end());
      held.clear();
    }
    target.onApplied(memory, from, to);
  }

  /** Discards the bytes that did not count towards the offset. */
  @Override
  public void close() {
    decoder.reset();
    for (Request request : batch) {
      request.release();
    }
    kept.clear();
    held.clear();
  }
}
