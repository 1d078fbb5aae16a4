package io.redoubt.server.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class WatchedKeysTest {
  private static final int DATABASES = 2;

  private final Random random = Seed.random("WatchedKeysTest");
  private final Slabs slabs = CheckingSlabs.create();
  private final Keyspace keyspace =
      new Keyspace(slabs, DATABASES, random, false, (of, entry) -> {});
  private final WatchedKeys watched = new WatchedKeys(keyspace);

  @AfterEach
  void nothingIsLeft() {
    keyspace.close();
    slabs.close();
  }

  /** A watcher and the keys that it should watch. */
  private static final class Model implements WatchedKeys.Watcher {
    final WatchedKeys.Watches watches = new WatchedKeys.Watches();
    final Set<String> keys = new HashSet<>();
    boolean changed;
    long heapBytes;

    @Override
    public WatchedKeys.Watches watches() {
      return watches;
    }

    @Override
    public void onWatchedKeyChange() {
      changed = true;
    }

    @Override
    public void setWatchBytes(long bytes) {
      heapBytes = bytes;
    }
  }

  /** An operation on a key whose bytes are in the region. */
  private interface OnKey {
    void accept(Database database, long address, int length);
  }

  private void with(String key, OnKey operation) {
    try (RegionArgument name = RegionArgument.of(slabs, key.substring(1))) {
      operation.accept(keyspace.database(key.charAt(0) - '0'), name.address(), name.length());
    }
  }

  private String randomKey(int names) {
    int name = random.nextInt(names);
    return random.nextInt(DATABASES) + (name == 0 ? "" : "key:" + name);
  }

  @Test
  void behavesLikeSetsOfNames() {
    for (int names : new int[] {1, 5, 300}) {
      List<Model> models = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        models.add(new Model());
      }
      for (int step = 0; step < 20_000; step++) {
        Model one = models.get(random.nextInt(models.size()));
        String key = randomKey(names);
        switch (random.nextInt(20)) {
          case 0 -> {
            watched.unwatchAll(one);
            one.keys.clear();
            one.changed = false;
          }
          case 1, 2, 3 -> touch(models, key);
          default -> {
            with(key, (database, at, length) -> watched.watch(one, database, at, length));
            one.keys.add(key);
          }
        }
        check(models);
      }
      models.forEach(watched::unwatchAll);
      assertThat(watched.size()).isZero();
      assertThat(watched.watchers()).isZero();
    }
  }

  private void touch(List<Model> models, String key) {
    models.forEach(model -> model.changed = false);
    with(key, watched::touch);
    for (Model model : models) {
      assertThat(model.changed).isEqualTo(model.keys.contains(key));
    }
  }

  private void check(List<Model> models) {
    Set<String> all = new HashSet<>();
    int watchers = 0;
    for (Model model : models) {
      all.addAll(model.keys);
      watchers += model.keys.isEmpty() ? 0 : 1;
      assertThat(model.heapBytes > 0).isEqualTo(!model.keys.isEmpty());
    }
    assertThat(watched.size()).isEqualTo(all.size());
    assertThat(watched.watchers()).isEqualTo(watchers);
  }
}
