package io.redoubt.server.command.key;

import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.RepeatedWait;
import io.redoubt.server.keyspace.Keyspace;

/**
 * A client blocked in FLUSHALL or FLUSHDB without ASYNC until all memory is freed that no walk
 * needs. The databases are empty before the wait starts; the repeated request only replies.
 */
final class FlushWait extends RepeatedWait {
  /** The number of entries freed within the command, in about a millisecond. */
  private static final int FREED_AT_ONCE = 2048;

  private static final int BATCH = 64;

  private final Call call;
  private final Keyspace keyspace;

  /** Creates the wait of the running command. */
  FlushWait(Call call) {
    super(call);
    this.call = call;
    keyspace = call.keyspace();
  }

  /** Frees some entries; returns true if none is left that can be freed now. */
  static boolean freesAtOnce(Keyspace keyspace) {
    return keyspace.freeSome(FREED_AT_ONCE) < FREED_AT_ONCE;
  }

  /** Returns true if the running request is repeated because its wait is over. */
  static boolean isOver(Call call) {
    return call.client().waiting() instanceof FlushWait;
  }

  /** Blocks the client and starts to free. */
  void begin() {
    call.waitFor(this);
    proceed();
  }

  @Override
  protected boolean work(long untilNanos) {
    while (keyspace.freeSome(BATCH) > 0) {
      if (nanos() >= untilNanos) {
        return true;
      }
    }
    repeat();
    return false;
  }

  @Override
  protected boolean isBinding() {
    return true;
  }

  @Override
  public boolean endsWithRole() {
    return false;
  }

  @Override
  public void onTimeout() {
    client().reply().ok();
    client().flushSoon();
  }

  @Override
  protected void release() {
    freeRequest();
  }
}
