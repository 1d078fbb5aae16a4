package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.awaitServing;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a single node replies like a node of Redis. */
class ClusterRepliesTest {
  /**
   * Waits until the node serves: a new Redoubt node does at once, a Redis node after two seconds.
   */
  private static final String SERVES = "#serves";

  /** Requests in one connection, in this order; {@code ID} is the node's id. */
  private static final List<String> REQUESTS =
      List.of(
          "cluster addslots 0 1 1",
          "cluster addslots 0 99999",
          "cluster addslots abc",
          "cluster addslotsrange 5 3",
          "cluster addslotsrange 1",
          "cluster addslotsrange 1 2 3",
          "cluster addslotsrange 3 4 4 5",
          "cluster addslots 0 1 2",
          "cluster addslots 2",
          "cluster delslots 9",
          "cluster delslotsrange 1 2",
          "cluster info",
          "cluster nodes",
          "cluster slots",
          "cluster shards",
          "cluster links",
          "cluster myid",
          "cluster foo",
          "cluster keyslot",
          "cluster keyslot foo{hash_tag}",
          "cluster countkeysinslot 0",
          "cluster countkeysinslot 99999",
          "cluster countkeysinslot x",
          "cluster getkeysinslot 0 -1",
          "cluster getkeysinslot 0 x",
          "cluster getkeysinslot 99999 1",
          "cluster meet localhost 1",
          "cluster meet 127.0.0.1 70000",
          "cluster meet 127.0.0.1 60000",
          "cluster meet 127.0.0.1 x",
          "cluster meet 127.0.0.1 7000 x",
          "cluster setslot 0 stable",
          "cluster setslot 0 foo",
          "cluster setslot 0 node",
          "cluster setslot 0 node abc",
          "cluster setslot 0 migrating abc",
          "cluster setslot 1 importing abc",
          "cluster setslot 99999 stable",
          "cluster setslot 5 migrating abc",
          "cluster setslot 0 importing abc",
          "cluster replicas abc",
          "cluster replicas ID",
          "cluster replicate abc",
          "cluster replicate ID",
          "cluster count-failure-reports abc",
          "cluster count-failure-reports ID",
          "cluster failover",
          "cluster failover x",
          "cluster forget abc",
          "cluster forget ID",
          "cluster reset x",
          "cluster set-config-epoch x",
          "cluster set-config-epoch -1",
          "cluster set-config-epoch 5",
          "cluster set-config-epoch 6",
          "cluster bumpepoch",
          "cluster saveconfig",
          "cluster flushslots",
          "select 0",
          "select 1",
          "select x",
          "select 99",
          "replicaof localhost 1",
          "replicaof no one",
          "failover",
          "move a 1",
          "swapdb 0 1",
          "copy a b db 1",
          "readonly",
          "readwrite",
          "asking",
          "info cluster",
          "set a 1",
          "mset a 1 b 2",
          "ssubscribe a b",
          "ssubscribe a",
          "migrate 127.0.0.1 1 a 0 1",
          "eval return(redis.call('set','x',1)) 0",
          "eval return(redis.call('set','x',1)) 1 a",
          "cluster addslotsrange 0 16383",
          "mset a 1 b 2",
          SERVES,
          "set a 1",
          "get a",
          "mset a 1 b 2",
          "mset {a}1 1 {a}2 2",
          "cluster countkeysinslot 15495",
          "cluster flushslots",
          "cluster reset",
          "sort a by x",
          "lpush l 1",
          "sort l by x",
          "move a 1",
          "copy a b db 1",
          "copy a b db 0",
          "copy a {a}b db 0",
          "migrate 127.0.0.1 1 nothing 0 1",
          "eval return(redis.call('set','x',1)) 0",
          "eval return(redis.call('set','x',1)) 1 a",
          "eval redis.call('set','x',1)return(redis.call('set','y',1)) 0",
          "eval return(redis.call('mset','x',1,'y',1)) 0",
          "eval #!lua\nreturn(redis.call('set','x',1)) 1 a",
          "eval #!lua\nredis.call('set','x',1)return(redis.call('set','y',1)) 0",
          "eval #!lua\nreturn(redis.call('mset','x',1,'y',1)) 0",
          "eval #!lua flags=allow-cross-slot-keys\nreturn(redis.call('set','y',1)) 1 a",
          "eval #!lua flags=no-cluster\nreturn(1) 0",
          "multi",
          "set a 2",
          "set b 2",
          "exec",
          "multi",
          "set a 2",
          "mset a 1 b 1",
          "exec",
          "multi",
          "cluster addslots 5",
          "select 1",
          "cluster saveconfig",
          "exec",
          "cluster delslots 15495",
          "set a 3",
          "multi",
          "set a 2",
          "exec",
          "spublish a b",
          "publish a b",
          "set x 1",
          "config set cluster-require-full-coverage no",
          "set a 3",
          SERVES,
          "set x 1",
          "spublish x b",
          "ssubscribe x {x}y",
          "spublish x b");

  @TempDir private Path directory;

  @Test
  void areThoseOfRedis() throws Exception {
    RealRedis.assumeInstalled();
    List<Integer> ports = FreePorts.several(3);
    try (RealRedis real =
            RealRedis.start(
                directory, "--cluster-enabled", "yes", "--cluster-port", "" + ports.get(0));
        RedisServer server = TestNodes.start(ports.get(1), ports.get(2));
        RespClient theirs = RespClient.connect("127.0.0.1", real.port());
        RespClient ours = RespClient.connect("127.0.0.1", ports.get(1))) {
      assertThat(server.port()).isEqualTo(ports.get(1));
      List<String> expected = replies(theirs, real.port(), ports.get(0));
      List<String> actual = replies(ours, ports.get(1), ports.get(2));
      assertThat(actual).containsExactlyElementsOf(expected);
    }
  }

  private static List<String> replies(RespClient client, int port, int busPort) throws Exception {
    String id = client.call("CLUSTER", "MYID").text();
    List<String> replies = new ArrayList<>();
    for (String request : REQUESTS) {
      if (request.equals(SERVES)) {
        awaitServing(client);
        continue;
      }
      int script = request.startsWith("eval ") ? request.lastIndexOf(')') + 1 : 0;
      List<String> words = new ArrayList<>();
      if (script > 0) {
        words.add("eval");
        words.add(request.substring(5, script));
        words.addAll(List.of(request.substring(script + 1).split(" ", -1)));
      } else {
        words.addAll(List.of(request.split(" ", -1)));
      }
      words.replaceAll(word -> word.equals("ID") ? id : word);
      String reply = shown(client.call(words.toArray(String[]::new)));
      replies.add(
          request
              + " -> "
              + reply.replace(id, "ID").replace("" + port, "PORT").replace("" + busPort, "BUS"));
    }
    return replies;
  }

  private static String shown(Reply reply) {
    return switch (reply) {
      case Reply.Array array ->
          array.elements().stream().map(ClusterRepliesTest::shown).toList() + "";
      default -> reply.toString();
    };
  }
}
