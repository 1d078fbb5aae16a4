package example;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.redoubt.embedded.EmbeddedGroup;
import io.redoubt.embedded.GroupMember;
import io.redoubt.micrometer.RedoubtMetrics;
import io.redoubt.spring.RedoubtConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.data.redis.core.StringRedisTemplate;

/** An application whose actuator shows the meters of a master, its replica and its sentinels. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = "management.endpoints.web.exposure.include=metrics")
@RedoubtConnection(replicas = 1, sentinels = 3)
class ActuatorTest {
  @SpringBootApplication
  static class Application {
    @Bean
    RedoubtMetrics redoubtMetrics(EmbeddedGroup group) {
      return new RedoubtMetrics(group);
    }
  }

  @Autowired private StringRedisTemplate redis;
  @Autowired private EmbeddedGroup group;
  @Autowired private RedoubtMetrics meters;
  @LocalServerPort private int port;

  private String metric(String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://localhost:" + port + "/actuator/metrics" + path);
      return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
    }
  }

  @Test
  void showsMetersBeforeAndAfterAFailover() throws Exception {
    redis.opsForValue().set("a", "1");
    GroupMember old = group.master();
    meters.refresh();
    assertTrue(metric("").contains("\"redis_commands_total\""));
    String sets = metric("/redis_commands_total?tag=cmd:set&tag=member:" + old.name());
    assertTrue(sets.contains("\"value\":1.0"), sets);
    assertTrue(metric("/redis_memory_used_bytes").contains(old.name()));

    old.kill();
    GroupMember master = group.awaitNewMaster(old);
    meters.refresh();
    String up = metric("/redis_up?tag=member:" + old.name());
    assertTrue(up.contains("\"value\":0.0"), up);
    await()
        .untilAsserted(() -> { // each sentinel has heard of it
          String switches = metric("/redoubt_sentinel_switches_total");
          assertTrue(switches.contains("\"value\":3.0"), switches);
        });
    assertTrue(metric("/redoubt_sentinel_failover_seconds_total").contains("mymaster"));
    String role = metric("/redis_instance_info?tag=member:" + master.name());
    assertTrue(role.contains("\"master\""), role);
  }
}
