package io.redoubt.server.assembly;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.http.Json;
import io.redoubt.protocol.process.Clock;
import io.redoubt.server.execution.monitoring.BigKeys;
import io.redoubt.server.execution.monitoring.HotKeys;
import io.redoubt.server.keyspace.Keyspace;

/**
 * Hot and big keys for the page, found by samples that are taken only while a page is open.
 * Confined to the event loop.
 */
final class PageKeys {
  private static final int MAX_HOT = 10;
  private static final double PERCENT = 100;

  private final HotKeys hotKeys;
  private final BigKeys bigKeys;
  private final Keyspace keyspace;

  PageKeys(DataAssembly data, Clock clock) {
    hotKeys = data.hotKeys;
    keyspace = data.keyspace;
    bigKeys = new BigKeys(keyspace, clock);
  }

  /** Samples commands and keys if a page is open; to be called once a second. */
  void sample(boolean isWatched) {
    hotKeys.turn(isWatched);
    if (isWatched) {
      hotKeys.fade();
      bigKeys.step();
    }
  }

  /** Writes the keys found, with names only if {@code named}. */
  void write(Json json, boolean named) {
    json.array("hotKeys");
    for (HotKeys.Hot hot : hotKeys.hottest(MAX_HOT)) {
      json.object()
          .member("database", hot.database())
          .member("command", hot.command())
          .decimal("percent", PERCENT * hot.share());
      name(json, named, hot.name());
    }
    json.endArray().array("bigKeys");
    for (BigKeys.Big big : bigKeys.biggest()) {
      json.object()
          .member("database", big.database())
          .member("type", big.type().word())
          .member("bytes", big.bytes());
      name(json, named, big.name());
    }
    json.endArray();
    json.member("keysSeen", bigKeys.seen()).member("keys", keyspace.size());
  }

  private static void name(Json json, boolean named, byte[] name) {
    if (named) {
      json.member("key", new String(name, UTF_8));
    }
    json.endObject();
  }
}
