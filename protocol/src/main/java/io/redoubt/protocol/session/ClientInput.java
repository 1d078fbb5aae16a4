package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import java.lang.foreign.MemorySegment;

/**
 * What comes from a client: decodes its bytes into batches of requests, has them run one by one as
 * long as it may execute, and keeps the rest.
 */
final class ClientInput {
  private final ClientRegistry registry;
  private final RequestDecoder decoder;
  private final ByteQueue kept;
  private boolean authenticated;
  private long inHandBytes;

  ClientInput(ClientRegistry registry, boolean authenticated) {
    this.registry = registry;
    this.decoder = new RequestDecoder(registry.limits(), registry.memory());
    this.kept = new ByteQueue(registry.memory());
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

  /** The bytes whose requests are being run, when they are not kept here. */
  long inHandBytes() {
    return inHandBytes;
  }

  /** Takes bytes that lie in the loop's shared buffer. */
  void take(Client client, MemorySegment memory, long start, long end) {
    if (kept.isEmpty() && client.mayExecute()) {
      inHandBytes = end - start;
      long rest = process(client, memory, start, end);
      inHandBytes = 0;
      if (rest < end && !client.isEnding()) {
        kept.append(memory, rest, end - rest, decoder.missingBytes());
      }
    } else {
      kept.append(memory, start, end - start, Math.max(decoder.missingBytes() - (end - start), 0));
      runKept(client);
    }
  }

  /** Runs what was kept, as far as the client may execute now. */
  void runKept(Client client) {
    if (kept.isEmpty() || !client.mayExecute()) {
      return;
    }
    long rest = process(client, kept.memory(), kept.start(), kept.end());
    if (client.isEnding()) {
      kept.clear();
    } else {
      kept.dropUntil(rest);
    }
  }

  /** Runs what is whole and may run. Returns where the bytes begin that must be kept. */
  private long process(Client client, MemorySegment memory, long from, long to) {
    Request[] batch = registry.batch();
    long at = from;
    while (client.mayExecute()) {
      // Before AUTH the size limits of the next request depend on this one.
      int most = authenticated ? batch.length : 1;
      int count = 0;
      long next = at;
      boolean needsMore = false;
      ProtocolException violation = null;
      while (count < most) {
        long end;
        try {
          end = decoder.decode(memory, next, to, batch[count]);
        } catch (ProtocolException e) {
          violation = e;
          break;
        }
        if (end == RequestDecoder.NEED_MORE) {
          needsMore = true;
          break;
        }
        next = end;
        if (batch[count].count() > 0) {
          count++;
        }
      }
      if (count > 0) {
        registry.dispatcher().lookAhead(client, batch, count);
      }
      for (int i = 0; i < count; i++) {
        if (!client.mayExecute() || !client.execute(batch[i])) {
          decoder.reset();
          return batch[i].start();
        }
      }
      at = next;
      if (client.mayExecute()) {
        if (violation != null) {
          decoder.reset();
          client.protocolError(String.valueOf(violation.getMessage()), memory, at, to);
          return to;
        }
        if (needsMore) {
          return at;
        }
      }
    }
    decoder.reset();
    return at;
  }
}
