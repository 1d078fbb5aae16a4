package io.redoubt.server.replication.master;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.session.blocking.Waiting;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.monitoring.ServerStats;
import org.jspecify.annotations.Nullable;

/** A client blocked in WAIT or WAITAOF until enough replicas or disks have its last write. */
public abstract class ReplicationWait implements Waiting {
  public static final CommandError NOTHING_APPENDED =
      new CommandError(
          "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");

  private final ServerClient client;
  private final Command<?> command;
  private final ServerStats stats;
  private final Replicas replicas;

  ReplicationWait(Call call, Replicas replicas) {
    client = call.client();
    command = call.command();
    stats = call.stats();
    this.replicas = replicas;
  }

  ServerClient client() {
    return client;
  }

  /** Returns true if the awaited condition holds. */
  public abstract boolean isOver();

  /** Writes the current counts, to the client or to the calling script. */
  public abstract void reply(ReplyWriter reply);

  /** Returns the error for a condition that can no longer be met, or null. */
  public @Nullable CommandError impossible() {
    return null;
  }

  /** Replies to the client if the awaited condition holds or can no longer be met. */
  final void check() {
    CommandError impossible = impossible();
    if (isOver()) {
      client.unblock();
      onTimeout();
    } else if (impossible != null) {
      client.unblock(impossible);
    }
  }

  @Override
  public final void onTimeout() {
    reply(client.reply());
    client.flushSoon();
  }

  @Override
  public final void onFailure(String code) {
    command.countFailed();
    stats.countError(code);
  }

  @Override
  public final void onEnd() {
    replicas.removeWait(this);
  }

  /** WAIT: a number of replicas have acknowledged the stream. */
  public static final class OfReplicas extends ReplicationWait {
    private final Replicas replicas;
    private final long offset;
    private final long wanted;

    public OfReplicas(Call call, long wanted, Replicas replicas) {
      super(call, replicas);
      this.replicas = replicas;
      this.offset = call.client().writeOffset();
      this.wanted = wanted;
    }

    @Override
    public boolean isOver() {
      return replicas.feeds().withOffset(offset) >= wanted;
    }

    @Override
    public void reply(ReplyWriter reply) {
      reply.integer(replicas.feeds().withOffset(offset));
    }
  }

  /** WAITAOF: the write is durable on a number of replicas and, if requested, on this server. */
  public static final class OfDisks extends ReplicationWait {
    private final Replicas replicas;
    private final long offset;
    private final long wantedHere;
    private final long wanted;

    public OfDisks(Call call, long wantedHere, long wanted, Replicas replicas) {
      super(call, replicas);
      this.replicas = replicas;
      this.offset = call.client().writeOffset();
      this.wantedHere = wantedHere;
      this.wanted = wanted;
    }

    private int here() {
      return replicas.isDurableHere(client()) ? 1 : 0;
    }

    @Override
    public @Nullable CommandError impossible() {
      return wantedHere > 0 && !replicas.isAppending() ? NOTHING_APPENDED : null;
    }

    @Override
    public boolean isOver() {
      return here() >= wantedHere && replicas.feeds().withDurably(offset) >= wanted;
    }

    @Override
    public void reply(ReplyWriter reply) {
      reply.array(2);
      reply.integer(here());
      reply.integer(replicas.feeds().withDurably(offset));
    }
  }
}
