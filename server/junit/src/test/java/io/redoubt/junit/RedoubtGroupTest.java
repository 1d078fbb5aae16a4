package io.redoubt.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.embedded.EmbeddedGroup;
import io.redoubt.embedded.GroupMember;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

@RedoubtServers(replicas = 2, sentinels = 3, config = "maxmemory 50mb")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(60)
final class RedoubtGroupTest {
  @Test
  @Order(1)
  void damagesIt(EmbeddedGroup group, URI uri) {
    assertThat(uri.getScheme()).isEqualTo("redis-sentinel");
    GroupMember old = group.master();
    old.execute("SET", "a", "1");
    group.delay(group.servers().get(0), group.servers().get(1), Duration.ofMillis(5));
    group.sentinels().get(2).pause();
    group.awaitInStep();
    old.kill();
    assertThat(group.awaitNewMaster(old).execute("GET", "a").text()).isEqualTo("1");
  }

  @Test
  @Order(2)
  void findsItRepairedAndEmpty(EmbeddedGroup group, InetSocketAddress address) {
    assertThat(group.address()).isEqualTo(address);
    for (GroupMember server : group.servers()) {
      assertThat(server.execute("DBSIZE").number()).isZero();
      assertThat(server.execute("CONFIG", "GET", "maxmemory").elements().get(1).text())
          .isEqualTo("52428800");
    }
    assertThat(group.sentinels()).allMatch(GroupMember::isServing);
  }
}
