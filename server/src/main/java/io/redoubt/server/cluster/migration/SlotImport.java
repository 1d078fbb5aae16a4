package io.redoubt.server.cluster.migration;

import io.redoubt.server.client.Companion;
import io.redoubt.server.client.ServerClient;
import java.util.function.Consumer;

/** A migration at its target: the client through which the source sends, and its progress. */
final class SlotImport implements Companion {
  private final Migration migration;
  private final ServerClient client;
  private final Consumer<SlotImport> lost;
  private boolean unstaged;

  SlotImport(Migration migration, ServerClient client, Consumer<SlotImport> lost) {
    this.migration = migration;
    this.client = client;
    this.lost = lost;
  }

  Migration migration() {
    return migration;
  }

  ServerClient client() {
    return client;
  }

  /** Notes that the keys are in the first database. */
  void unstaged() {
    unstaged = true;
  }

  boolean isUnstaged() {
    return unstaged;
  }

  @Override
  public void onWritable() {
    // the replies are few
  }

  @Override
  public void onReleased() {
    lost.accept(this);
  }
}
