package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The input of a client: decodes bytes into requests, which run together with those of other
 * clients ({@link RequestBatch}) while the client may execute, and keeps the rest.
 */
final class ClientInput {
  /** Reading pauses while a client has more input than this to execute in the next turns. */
  private static final long MAX_PENDING_BYTES = 1 << 16;

  private final ClientRegistry registry;
  private final RequestDecoder decoder;
  private final ByteQueue kept;
  private final TurnShare share;
  private boolean authenticated;

  /** The memory of the executing input; bytes from {@link #rest} on have not been executed. */
  private MemorySegment memory = MemorySegment.NULL;

  private long rest;
  private long end;

  /** True if {@link #rest} starts with a request that must not run now. */
  private boolean stopped;

  private @Nullable ProtocolException violation;

  /**
   * The size of input being executed from the shared buffer, from {@link #take} to {@link #finish}.
   */
  private long inHandBytes;

  /** True if kept input only waits for the next turn of the loop. */
  private boolean forNextTurn;

  ClientInput(ClientRegistry registry, boolean authenticated) {
    this.registry = registry;
    this.decoder = new RequestDecoder(registry.limits(), registry.memory());
    this.kept = new ByteQueue(registry.memory());
    this.share = new TurnShare(registry.clock());
    authenticated(authenticated);
  }

  void authenticated(boolean newAuthenticated) {
    authenticated = newAuthenticated;
    decoder.authenticated(newAuthenticated);
  }

  void fromMaster() {
    authenticated(true);
    decoder.fromMaster(true);
  }

  ByteQueue kept() {
    return kept;
  }

  /** Returns a lower bound of the bytes missing from a partly received argument. */
  long missingBytes() {
    return decoder.missingBytes();
  }

  /** Returns the size of input being executed from the shared buffer. */
  long inHandBytes() {
    return inHandBytes;
  }

  /** Takes input in the loop's shared buffer, until {@link #finish}. */
  void take(Client client, MemorySegment from, long start, long to) {
    finish(client);
    if (kept.isEmpty() && client.mayExecute()) {
      inHandBytes = to - start;
      decode(client, from, start, to);
    } else {
      kept.append(from, start, to - start, Math.max(decoder.missingBytes() - (to - start), 0));
      runKept(client);
    }
  }

  /** Executes the taken input as far as the client may, and keeps the rest. */
  void finish(Client client) {
    if (inHandBytes == 0) {
      return;
    }
    long from = runDecoded(client);
    if (inHandBytes == 0) {
      return; // finished already, during a long request of another client
    }
    inHandBytes = 0;
    if (from < end && !client.isEnding()) {
      kept.append(memory, from, end - from, decoder.missingBytes());
    }
  }

  /** Executes kept input as far as the client may. */
  void runKept(Client client) {
    finish(client);
    if (kept.isEmpty() || !client.mayExecute()) {
      return;
    }
    decode(client, kept.memory(), kept.start(), kept.end());
    long from = runDecoded(client);
    if (client.isEnding()) {
      kept.clear();
    } else {
      kept.dropUntil(from);
    }
  }

  /**
   * Ends the client's share of this turn of the loop.
   *
   * @return true if the next turn must execute more
   */
  boolean endShare(Client client) {
    forNextTurn = share.isUsedUp() && !kept.isEmpty() && client.mayExecute();
    share.renew();
    return forNextTurn;
  }

  /** Returns true if input arrives faster than it is executed. */
  boolean exceedsLimit() {
    return forNextTurn && kept.usedBytes() > MAX_PENDING_BYTES;
  }

  /** Adds the complete requests to the batch, which runs when it is full. */
  private void decode(Client client, MemorySegment from, long start, long to) {
    RequestBatch batch = registry.batch();
    memory = from;
    rest = start;
    end = to;
    stopped = false;
    try {
      while (!stopped) {
        Request request = batch.next();
        if (stopped) {
          return; // the batch has run to make room
        }
        long after = decoder.decode(from, rest, to, request);
        if (after == RequestDecoder.NEED_MORE) {
          return;
        }
        rest = after;
        if (request.count() > 0) {
          batch.add(client);
          if (!authenticated) {
            batch.run(); // the size limits of the next request depend on this one
          }
        }
      }
    } catch (ProtocolException e) {
      violation = e;
    }
  }

  /** Executes a request of the batch, unless an earlier one had to wait. */
  void run(Client client, Request request) {
    if (!stopped && !(client.mayExecute() && share.admits(request) && client.execute(request))) {
      stopped = true;
      rest = request.start();
    }
  }

  /** Runs the batch and returns the start of the bytes that must be kept. */
  private long runDecoded(Client client) {
    registry.batch().run();
    ProtocolException found = violation;
    violation = null;
    if (stopped || found != null || !client.mayExecute()) {
      decoder.reset();
    }
    if (found != null && !stopped && client.mayExecute()) {
      client.protocolError(String.valueOf(found.getMessage()), memory, rest, end);
      return end;
    }
    return rest;
  }
}
