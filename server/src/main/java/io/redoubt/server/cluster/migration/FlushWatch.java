package io.redoubt.server.cluster.migration;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.keyspace.DatabaseIndex;
import java.lang.foreign.MemorySegment;

/** Detects FLUSHALL and FLUSHDB at the target of a migration, because they abort it. */
final class FlushWatch implements Propagation.Sink {
  /**
   * The maximum length in bytes of an encoded flush command with its options; longer effects are
   * not decoded.
   */
  private static final long MAX_BYTES = 64;

  private final MigrationParts parts;
  private final Runnable flushed;
  private final RequestDecoder decoder;
  private final Request request = new Request();
  private boolean watching;
  private boolean added;

  FlushWatch(MigrationParts parts, Runnable flushed) {
    this.parts = parts;
    this.flushed = flushed;
    var registry = parts.clients().registry();
    decoder = new RequestDecoder(registry.limits(), registry.memory());
  }

  void watch(boolean on) {
    watching = on;
    if (on && !added) {
      added = true;
      parts.propagation().add(this);
    } else if (!on) {
      parts.transport().loop().execute(this::removeUnlessWatching); // sinks may be in use
    }
  }

  private void removeUnlessWatching() {
    if (!watching && added) {
      added = false;
      parts.propagation().remove(this);
    }
  }

  @Override
  public int target() {
    return Propagation.TO_APPEND_ONLY_FILE | Propagation.TO_REPLICAS;
  }

  @Override
  public void beginTransaction() {
    // nothing to do: the commands of a transaction arrive one by one
  }

  @Override
  public void endTransaction() {
    // see above
  }

  @Override
  public void propagate(int database, MemorySegment memory, long start, long end) {
    if (DatabaseIndex.isStaged(database) || end - start > MAX_BYTES) {
      return;
    }
    try {
      long unused = decoder.decode(memory, start, end, request);
    } catch (ProtocolException impossible) {
      throw new IllegalStateException(impossible);
    }
    Command<?> command = parts.dispatcher().find(request);
    if (command != null
        && (command.name().equals("flushall") || command.name().equals("flushdb"))) {
      parts.transport().loop().execute(flushed);
    }
    request.release();
  }

  @Override
  public void onLost() {
    parts.transport().loop().execute(flushed);
  }

  @Override
  public long offset() {
    return 0;
  }
}
