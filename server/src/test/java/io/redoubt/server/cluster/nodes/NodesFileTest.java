package io.redoubt.server.cluster.nodes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.persistence.io.OsDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NodesFileTest {
  private static final String STATE =
      "a".repeat(40)
          + " 127.0.0.1:7000@17000 myself,master - 0 0 0 connected\n"
          + "vars currentEpoch 0 lastVoteEpoch 0\n";
  private static final int WRITES = 500;

  @TempDir private Path folder;

  @Test
  void excludesAnotherNodeWhileItIsWritten() throws Exception {
    Path path = folder.resolve("nodes.conf");
    Files.writeString(path, STATE);
    AtomicBoolean over = new AtomicBoolean();
    try (NodesFile file = new NodesFile(new OsDisk(), path, false)) {
      ClusterState state = file.read().orElseThrow();
      assertThat(file.lock()).isTrue();
      CompletableFuture<Boolean> refused =
          CompletableFuture.supplyAsync(() -> !locksBefore(path, over));
      for (int i = 0; i < WRITES && !refused.isDone(); i++) {
        file.write(state);
      }
      over.set(true);
      assertThat(refused.get()).isTrue();
    }
    try (NodesFile next = new NodesFile(new OsDisk(), path, false)) {
      assertThat(next.lock()).isTrue();
    }
  }

  /** Returns true if another node gets the lock before the end. */
  private static boolean locksBefore(Path path, AtomicBoolean end) {
    try (NodesFile other = new NodesFile(new OsDisk(), path, false)) {
      while (!end.get()) {
        if (other.lock()) {
          return true;
        }
      }
      return false;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void keepsTheOldFileAndTheLockIfItCannotBeReplaced() throws Exception {
    Path path = folder.resolve("nodes.conf");
    Files.writeString(path, STATE);
    try (NodesFile file = new NodesFile(new OsDisk(), path, false);
        NodesFile other = new NodesFile(new OsDisk(), path, false)) {
      ClusterState state = file.read().orElseThrow();
      assertThat(file.lock()).isTrue();
      Files.delete(path);
      Files.createDirectories(path.resolve("full"));
      assertThatThrownBy(() -> file.write(state)).isInstanceOf(IOException.class);
      assertThat(folder.resolve("nodes.conf.tmp")).doesNotExist();
      Files.delete(path.resolve("full"));
      Files.delete(path);
      file.write(state);
      assertThat(Files.readString(path)).isEqualTo(STATE);
      assertThat(other.lock()).isFalse();
    }
  }
}
