package io.redoubt.embedded;

/**
 * A program that starts a server and a group, uses them and ends. In this run a JVM with {@code
 * -XX:AOTCacheOutput} records the classes for its AOT cache. Later JVMs with this cache start their
 * first server in a fraction of the time; doc/embedding.md shows the build step.
 */
public final class AotTraining {
  private static final String[] REQUESTS = {
    "SET key value",
    "GET key",
    "INCR counter",
    "EXPIRE key 100",
    "HSET hash field value",
    "HGETALL hash",
    "RPUSH list a b",
    "LRANGE list 0 -1",
    "SADD set a",
    "ZADD sorted 1 a",
    "ZRANGE sorted 0 -1",
    "XADD stream * field value",
    "DEL key",
    "INFO",
    "FLUSHALL"
  };

  private AotTraining() {}

  /** Runs without arguments. */
  public static void main(String[] arguments) {
    try (EmbeddedServer server = Redoubt.server().start()) {
      for (String request : REQUESTS) {
        server.execute(request.split(" "));
      }
      server.execute("EVAL", "return redis.call('GET', KEYS[1])", "1", "key");
    }
    try (EmbeddedGroup group = Redoubt.group().replicas(1).sentinels(1).start()) {
      group.awaitInStep();
    }
  }
}
