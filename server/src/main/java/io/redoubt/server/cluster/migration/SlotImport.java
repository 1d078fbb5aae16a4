package io.redoubt.server.cluster.migration;

import io.redoubt.server.client.Companion;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.function.Consumer;

/** A migration at its target, bound to the client by which the source sends. */
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

  SlotSet slots() {
    return migration.slots();
  }

  ServerClient client() {
    return client;
  }

  /** Marks the keys as moved from the staged databases. */
  void markUnstaged() {
    unstaged = true;
  }

  boolean isUnstaged() {
    return unstaged;
  }

  @Override
  public void onWritable() {
    // nothing to do: there are few replies
  }

  @Override
  public void onRelease() {
    lost.accept(this);
  }
}
