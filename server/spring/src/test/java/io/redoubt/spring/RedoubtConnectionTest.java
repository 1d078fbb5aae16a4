package io.redoubt.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.embedded.EmbeddedServer;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.data.redis.test.autoconfigure.DataRedisTest;
import org.springframework.data.redis.core.StringRedisTemplate;

@DataRedisTest
@RedoubtConnection(config = {"requirepass \"a b\"", "maxmemory 10mb"})
final class RedoubtConnectionTest {
  @Autowired private StringRedisTemplate redis;
  @Autowired private EmbeddedServer server;

  @RepeatedTest(2)
  void findsAnEmptyServerOfItsOwn() {
    assertThat(redis.opsForValue().increment("n")).isEqualTo(1);
    assertThat(server.execute("GET", "n").text()).isEqualTo("1");
  }

  @Test
  void appliesTheConfiguration() {
    assertThat(server.info("memory")).contains("maxmemory:10485760");
  }
}
