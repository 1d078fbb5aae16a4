package io.redoubt.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.embedded.EmbeddedGroup;
import io.redoubt.embedded.GroupMember;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client of a group whose master is lost. */
@RedoubtServers(replicas = 2, sentinels = 3)
@Timeout(60)
final class RedoubtFailoverTest {
  private static final int TIMEOUT_MILLIS = 200;

  /** Prints the time without a master, from the kill to the first write by the same client. */
  @RepeatedTest(3)
  void aClientGoesOnAfterItsMasterWasKilled(EmbeddedGroup group) {
    GroupMember old = group.master();
    retryWrite(group, "a", "before");
    group.awaitInStep();
    long start = System.nanoTime();
    old.kill();
    retryWrite(group, "a", "after");
    System.out.printf("failover: %d ms%n", Duration.ofNanos(System.nanoTime() - start).toMillis());
    GroupMember next = group.awaitNewMaster(old);
    assertThat(next.execute("GET", "a").text()).isEqualTo("after");
  }

  @Test
  void aClientOfALostMajorityIsRefusedAfterThePartitionHealed(EmbeddedGroup group) {
    GroupMember old = group.master();
    group.isolate(old);
    GroupMember next = group.awaitNewMaster(old);
    old.execute("SET", "a", "lost");
    next.execute("SET", "a", "kept");
    group.heal(old);
    group.awaitMaster(next);
    group.awaitInStep();
    assertThat(old.execute("GET", "a").text()).isEqualTo("kept");
    assertThat(old.execute("SET", "a", "late").isError()).isTrue();
  }

  @Test
  void aMovedClockExpiresKeysOfAllMembers(EmbeddedGroup group) {
    group.master().execute("SET", "session", "1", "EX", "20");
    group.awaitInStep();
    group.advance(Duration.ofSeconds(20));
    for (GroupMember server : group.servers()) {
      assertThat(server.execute("EXISTS", "session").number()).isZero();
    }
  }

  private static void retryWrite(EmbeddedGroup group, String key, String value) {
    while (!write(group, key, value)) {
      Thread.onSpinWait();
    }
  }

  /** Writes like client libraries: asks a sentinel for the master; returns false on failure. */
  private static boolean write(EmbeddedGroup group, String key, String value) {
    Reply address =
        group.sentinels().getFirst().execute("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster");
    List<Reply> hostAndPort = address.elements();
    int port = Integer.parseInt(hostAndPort.get(1).text());
    try (RespClient client =
        RespClient.connect(hostAndPort.getFirst().text(), port, TIMEOUT_MILLIS)) {
      return client.call("SET", key, value).text().equals("OK");
    } catch (IOException unreachable) {
      return false;
    }
  }
}
