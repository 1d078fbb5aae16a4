package io.redoubt.sentinel.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.NodeInfo;
import org.junit.jupiter.api.Test;

class NodeInfoTest {
  @Test
  void readsAMaster() {
    NodeInfo info =
        NodeInfo.parse(
            """
            # Server\r
            run_id:abc\r
            # Replication\r
            role:master\r
            connected_slaves:2\r
            slave0:ip=10.0.0.2,port=6379,state=online,offset=15,lag=0\r
            slave1:ip=fe80::1,port=6380,state=wait_bgsave,offset=0,lag=0\r
            slave2:ip=,port=6380\r
            slave3:ip=10.0.0.3,port=70000\r
            slave_priority:1\r
            """,
            NodeInfo.Role.MASTER);
    assertThat(info.runId()).isEqualTo("abc");
    assertThat(info.role()).isEqualTo(NodeInfo.Role.MASTER);
    assertThat(info.replicas())
        .containsExactly(new Address("10.0.0.2", 6379), new Address("fe80::1", 6380));
  }

  @Test
  void readsAReplica() {
    NodeInfo info =
        NodeInfo.parse(
            """
            # Replication
            role:slave
            master_host:10.0.0.1
            master_port:6379
            master_link_status:down
            master_link_down_since_seconds:7
            slave_repl_offset:1234
            slave_priority:0
            replica_announced:0
            slave0:ip=10.0.0.9,port=6379,state=online
            """,
            NodeInfo.Role.MASTER);
    assertThat(info.role()).isEqualTo(NodeInfo.Role.REPLICA);
    assertThat(new Names(() -> false).follows(info, new Address("10.0.0.1", 6379))).isTrue();
    assertThat(info.masterLink().isUp()).isFalse();
    assertThat(info.masterLink().downMillis()).isEqualTo(7000);
    assertThat(info.offset()).isEqualTo(1234);
    assertThat(info.priority()).isZero();
    assertThat(info.announced()).isFalse();
    assertThat(info.replicas()).as("replicas of a replica are not the master's").isEmpty();
  }

  /** The text comes from a server whose errors and master's name clients have chosen. */
  @Test
  void believesEachFieldInItsSectionTheFirstTime() {
    NodeInfo info =
        NodeInfo.parse(
            """
            slave7:ip=10.0.0.7,port=6379\r
            # Server\r
            run_id:abc\r
            role:slave\r
            slave7:ip=10.0.0.7,port=6379\r
            run_id:forged\r
            # Clients\r
            run_id:forged\r
            # Replication\r
            role:master\r
            role:slave\r
            slave0:ip=10.0.0.2,port=6379,state=online,offset=15,lag=0\r
            slave0:ip=10.0.0.7,port=6379,state=online,offset=15,lag=0\r
            master_repl_offset:15\r
            run_id:forged\r
            # Errorstats\r
            errorstat_
            slave9:ip=10.0.0.9,port=6379
            role:slave
            # Replication
            role:slave
            slave8:ip=10.0.0.8,port=6379
            master_repl_offset:99
            # Server
            run_id:forged
            Y:count=1\r
            """,
            NodeInfo.Role.REPLICA);
    assertThat(info.runId()).isEqualTo("abc");
    assertThat(info.role()).isEqualTo(NodeInfo.Role.MASTER);
    assertThat(info.replicas()).containsExactly(new Address("10.0.0.2", 6379));
    assertThat(info.offset()).isEqualTo(15);
  }

  @Test
  void keepsTheRoleWithoutOneInTheText() {
    assertThat(NodeInfo.parse("garbage\nmaster_port:x\n", NodeInfo.Role.REPLICA).role())
        .isEqualTo(NodeInfo.Role.REPLICA);
    assertThat(
            NodeInfo.parse(
                "# Replication\nmaster_link_down_since_seconds:-1", NodeInfo.Role.REPLICA))
        .extracting(info -> info.masterLink().downMillis())
        .isEqualTo(0L);
  }
}
