package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What comes from a client: decodes its bytes into requests, which run together with those of other
 * clients ({@link RequestBatch}) as long as it may execute, and keeps the rest.
 */
final class ClientInput {
  /** A client that has so much to run in the next turns is not read. */
  private static final long MOST_KEPT_BYTES = 1 << 16;

  private final ClientRegistry registry;
  private final RequestDecoder decoder;
  private final ByteQueue kept;
  private final TurnShare share;
  private boolean authenticated;

  /** What is being run: bytes from {@link #rest} on have not been, or not yet. */
  private MemorySegment memory = MemorySegment.NULL;

  private long rest;
  private long end;

  /** Whether {@link #rest} begins with a request that must not run now. */
  private boolean stopped;

  private @Nullable ProtocolException violation;

  /** What is being run when it is not kept here, from {@link #take} to {@link #finish}. */
  private long inHandBytes;

  /** Whether what is kept waits for the next turn of the loop, and for nothing else. */
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

  /** How many bytes are missing of the argument that has come in part, at least. */
  long missingBytes() {
    return decoder.missingBytes();
  }

  /** The bytes whose requests are being run, when they are not kept here. */
  long inHandBytes() {
    return inHandBytes;
  }

  /** Takes bytes that lie in the loop's shared buffer, until {@link #finish}. */
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

  /** Has what was taken run, as far as the client may execute now, and keeps the rest. */
  void finish(Client client) {
    if (inHandBytes == 0) {
      return;
    }
    long from = runDecoded(client);
    if (inHandBytes == 0) {
      return; // it was finished while the request of another client did not end
    }
    inHandBytes = 0;
    if (from < end && !client.isEnding()) {
      kept.append(memory, from, end - from, decoder.missingBytes());
    }
  }

  /** Runs what was kept, as far as the client may execute now. */
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
   * The client's share of this turn of the loop is over.
   *
   * @return whether the next turn is to run more
   */
  boolean endShare(Client client) {
    forNextTurn = share.isUsedUp() && !kept.isEmpty() && client.mayExecute();
    share.renew();
    return forNextTurn;
  }

  /** Whether what it has sent comes faster than it can be run. */
  boolean isTooMuch() {
    return forNextTurn && kept.usedBytes() > MOST_KEPT_BYTES;
  }

  /** Puts the requests that are whole into the batch; when that is full, it runs. */
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
          return; // to make room the batch has run
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

  /** Called by the batch: runs a request, unless one before it had to wait. */
  void run(Client client, Request request) {
    if (!stopped && !(client.mayExecute() && share.admits(request) && client.execute(request))) {
      stopped = true;
      rest = request.start();
    }
  }

  /** Runs the batch. Returns where the bytes begin that must be kept. */
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
