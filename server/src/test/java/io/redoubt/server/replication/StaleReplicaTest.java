package io.redoubt.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import org.junit.jupiter.api.Test;

/** A replica that must not serve stale data. */
final class StaleReplicaTest {
  @Test
  void refusesReadsFromTheMomentTheLinkIsDown() throws Exception {
    RedisServer master = TestServers.start();
    RedisServer replica =
        TestServers.start("replica-serve-stale-data no", "replicaof 127.0.0.1 " + master.port());
    try (RespClient client = RespClient.connect("127.0.0.1", replica.port())) {
      await().until(() -> client.call("INFO", "replication").text().contains("link_status:up"));
      assertThat(client.call("GET", "k")).isEqualTo(new Reply.Null());
      master.close();
      while (true) {
        client.sendRaw("INFO replication\r\nGET k\r\n");
        boolean down = client.receive().text().contains("link_status:down");
        Reply read = client.receive();
        if (down) {
          assertThat(read.text()).startsWith("MASTERDOWN");
          return;
        }
      }
    } finally {
      replica.close();
    }
  }
}
