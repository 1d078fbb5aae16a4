package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.util.CompareCondition;

/**
 * {@code SET} with a comparison, {@code DELEX} and {@code DIGEST}, which Redis has since 8.4,
 * through the methods that Jedis and Lettuce have for them.
 */
final class ConditionalWritesIT {
  /** The digests of the documentation of Redis. */
  private static final String HELLO_WORLD = "b6acb9d84a38ff74";

  private static final String OTHER_DIGEST = "0123456789abcdef";

  @RegisterExtension private final Nodes nodes = new Nodes();
  private NodeProcess server;

  @BeforeEach
  void start() throws Exception {
    server = nodes.server(Kind.REDOUBT);
  }

  /** The comparisons of a value or its digest with an operand. */
  private enum Comparison {
    EQUAL,
    DIFFERENT,
    DIGEST_EQUAL,
    DIGEST_DIFFERENT
  }

  /** The methods of a client. */
  private interface Client {
    @Nullable String get(String key);

    @Nullable String set(String key, String value, Comparison comparison, String operand);

    @Nullable String setAndGet(String key, String value, Comparison comparison, String operand);

    long delete(String key, Comparison comparison, String operand);

    @Nullable String digest(String key);
  }

  private record Jedis(redis.clients.jedis.RedisClient client) implements Client {
    private static CompareCondition condition(Comparison comparison, String operand) {
      return switch (comparison) {
        case EQUAL -> CompareCondition.valueEq(operand);
        case DIFFERENT -> CompareCondition.valueNe(operand);
        case DIGEST_EQUAL -> CompareCondition.digestEq(operand);
        case DIGEST_DIFFERENT -> CompareCondition.digestNe(operand);
      };
    }

    private static SetParams parameters(Comparison comparison, String operand) {
      return SetParams.setParams().condition(condition(comparison, operand)).px(100_000);
    }

    @Override
    public @Nullable String get(String key) {
      return client.get(key);
    }

    @Override
    public @Nullable String set(String key, String value, Comparison comparison, String operand) {
      return client.set(key, value, parameters(comparison, operand));
    }

    @Override
    public @Nullable String setAndGet(
        String key, String value, Comparison comparison, String operand) {
      return client.setGet(key, value, parameters(comparison, operand));
    }

    @Override
    public long delete(String key, Comparison comparison, String operand) {
      return client.delex(key, condition(comparison, operand));
    }

    @Override
    public @Nullable String digest(String key) {
      return client.digestKey(key);
    }
  }

  private record Lettuce(RedisCommands<String, String> commands) implements Client {
    private static io.lettuce.core.CompareCondition<String> condition(
        Comparison comparison, String operand) {
      return switch (comparison) {
        case EQUAL -> io.lettuce.core.CompareCondition.valueEq(operand);
        case DIFFERENT -> io.lettuce.core.CompareCondition.valueNe(operand);
        case DIGEST_EQUAL -> io.lettuce.core.CompareCondition.digestEq(operand);
        case DIGEST_DIFFERENT -> io.lettuce.core.CompareCondition.digestNe(operand);
      };
    }

    private static SetArgs arguments(Comparison comparison, String operand) {
      return new SetArgs().compareCondition(condition(comparison, operand)).px(100_000);
    }

    @Override
    public @Nullable String get(String key) {
      return commands.get(key);
    }

    @Override
    public @Nullable String set(String key, String value, Comparison comparison, String operand) {
      return commands.set(key, value, arguments(comparison, operand));
    }

    @Override
    public @Nullable String setAndGet(
        String key, String value, Comparison comparison, String operand) {
      return commands.setGet(key, value, arguments(comparison, operand));
    }

    @Override
    public long delete(String key, Comparison comparison, String operand) {
      return commands.delex(key, condition(comparison, operand));
    }

    @Override
    public @Nullable String digest(String key) {
      return commands.digestKey(key);
    }
  }

  private void passes(Client client) throws Exception {
    assertThat(client.digest("key")).isNull();
    assertThat(client.set("key", "a", Comparison.EQUAL, "")).isNull();
    assertThat(client.set("key", "a", Comparison.DIFFERENT, "a")).isEqualTo("OK");
    assertThat(client.set("key", "b", Comparison.DIFFERENT, "a")).isNull();
    assertThat(client.set("key", "b", Comparison.EQUAL, "b")).isNull();
    assertThat(client.get("key")).isEqualTo("a");
    assertThat(server.ask("PTTL", "key").number()).isPositive();
    assertThat(client.setAndGet("key", "b", Comparison.EQUAL, "b")).isEqualTo("a");
    assertThat(client.get("key")).isEqualTo("a");
    assertThat(client.setAndGet("key", "Hello world", Comparison.EQUAL, "a")).isEqualTo("a");

    assertThat(client.digest("key")).isEqualTo(HELLO_WORLD);
    assertThat(client.set("key", "b", Comparison.DIGEST_EQUAL, OTHER_DIGEST)).isNull();
    assertThat(client.set("key", "b", Comparison.DIGEST_DIFFERENT, HELLO_WORLD)).isNull();
    assertThat(client.set("key", "b", Comparison.DIGEST_EQUAL, HELLO_WORLD)).isEqualTo("OK");
    assertThat(client.set("key", "Hello world", Comparison.DIGEST_DIFFERENT, HELLO_WORLD))
        .isEqualTo("OK");

    assertThat(client.delete("key", Comparison.DIGEST_EQUAL, OTHER_DIGEST)).isZero();
    assertThat(client.delete("key", Comparison.DIGEST_DIFFERENT, HELLO_WORLD)).isZero();
    assertThat(client.delete("key", Comparison.EQUAL, "Hello")).isZero();
    assertThat(client.delete("key", Comparison.DIFFERENT, "Hello world")).isZero();
    assertThat(client.get("key")).isEqualTo("Hello world");
    for (Comparison comparison : Comparison.values()) {
      server.ask("SET", "key", "Hello world");
      String operand =
          switch (comparison) {
            case EQUAL -> "Hello world";
            case DIFFERENT -> "Hello";
            case DIGEST_EQUAL -> HELLO_WORLD;
            case DIGEST_DIFFERENT -> OTHER_DIGEST;
          };
      assertThat(client.delete("key", comparison, operand)).as("%s", comparison).isEqualTo(1);
      assertThat(client.get("key")).isNull();
    }
    assertThat(client.delete("key", Comparison.EQUAL, "Hello world")).isZero();
  }

  @Test
  void byJedis() throws Exception {
    for (RedisProtocol protocol : new RedisProtocol[] {RedisProtocol.RESP2, RedisProtocol.RESP3}) {
      try (redis.clients.jedis.RedisClient client =
          redis.clients.jedis.RedisClient.builder()
              .hostAndPort("127.0.0.1", server.port())
              .clientConfig(
                  redis.clients.jedis.DefaultJedisClientConfig.builder().protocol(protocol).build())
              .build()) {
        passes(new Jedis(client));
      }
    }
  }

  @Test
  void byLettuce() throws Exception {
    RedisClient client = RedisClient.create(RedisURI.create("127.0.0.1", server.port()));
    try (StatefulRedisConnection<String, String> connection = client.connect()) {
      passes(new Lettuce(connection.sync()));
    } finally {
      client.shutdown();
    }
  }
}
