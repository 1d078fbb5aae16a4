package io.redoubt.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.embedded.EmbeddedGroup;
import io.redoubt.embedded.GroupMember;
import java.time.Duration;
import org.junit.jupiter.api.RepeatedTest;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.data.redis.core.StringRedisTemplate;

@SpringBootTest
@RedoubtConnection(replicas = 2, sentinels = 3)
final class RedoubtGroupConnectionTest {
  @Autowired private StringRedisTemplate redis;
  @Autowired private EmbeddedGroup group;

  /** The second run finds the group repaired and empty. */
  @RepeatedTest(2)
  void clientsFollowAFailover() {
    assertThat(redis.hasKey("a")).isFalse();
    redis.opsForValue().set("a", "1");
    group.awaitInStep();
    GroupMember old = group.master();
    old.kill();
    group.awaitNewMaster(old);
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(redis.opsForValue().increment("a")).isEqualTo(2));
  }
}
