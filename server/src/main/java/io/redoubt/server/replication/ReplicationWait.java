package io.redoubt.server.replication;

import io.redoubt.protocol.session.Waiting;
import io.redoubt.server.client.ServerClient;

/** A client blocked in WAIT until enough replicas have acknowledged an offset. */
final class ReplicationWait implements Waiting {
  private final ServerClient client;
  private final long offset;
  private final long replicasWanted;
  private final Replicas replicas;

  ReplicationWait(ServerClient client, long offset, long replicasWanted, Replicas replicas) {
    this.client = client;
    this.offset = offset;
    this.replicasWanted = replicasWanted;
    this.replicas = replicas;
  }

  /** Answers the client if enough replicas have what it waits for. */
  void check() {
    long have = replicas.withOffset(offset);
    if (have >= replicasWanted) {
      client.unblock();
      reply(have);
    }
  }

  @Override
  public void timedOut() {
    reply(replicas.withOffset(offset));
  }

  @Override
  public void ended() {
    replicas.waitEnded(this);
  }

  private void reply(long count) {
    client.reply().integer(count);
    client.flushSoon();
  }
}
