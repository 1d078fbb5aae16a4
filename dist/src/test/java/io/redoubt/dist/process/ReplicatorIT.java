package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.moilioncircle.redis.replicator.RedisReplicator;
import com.moilioncircle.redis.replicator.Replicator;
import com.moilioncircle.redis.replicator.cmd.Command;
import com.moilioncircle.redis.replicator.cmd.CommandName;
import com.moilioncircle.redis.replicator.cmd.impl.DefaultCommand;
import com.moilioncircle.redis.replicator.cmd.impl.PingCommand;
import com.moilioncircle.redis.replicator.cmd.impl.SelectCommand;
import com.moilioncircle.redis.replicator.cmd.parser.DefaultCommandParser;
import com.moilioncircle.redis.replicator.event.Event;
import com.moilioncircle.redis.replicator.rdb.datatype.KeyValuePair;
import com.moilioncircle.redis.replicator.rdb.dump.DumpRdbVisitor;
import com.moilioncircle.redis.replicator.rdb.dump.datatype.DumpKeyValuePair;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * redis-replicator, a third-party replica implementation, follows Redoubt. Its parsed snapshot is
 * restored into a real Redis, and the commands of the stream are run there; both must agree key by
 * key, even after a disconnect.
 */
final class ReplicatorIT {
  private static final int CHANGES = 1_500;

  /** The commands that may occur in the stream. */
  private static final String COMMANDS =
      """
      SELECT MULTI EXEC SET APPEND SETRANGE INCR INCRBY DEL UNLINK PEXPIREAT PERSIST
      HSET HMSET HDEL LPUSH RPUSH RPOP LPOP SADD SREM ZADD ZREM
      XADD XTRIM XGROUP XCLAIM XACK XDEL XSETID
      """;

  @RegisterExtension private final Nodes nodes = new Nodes();

  private final Random random = Seed.random("ReplicatorIT");
  private final Writes writes = new Writes(random);
  private final List<Throwable> failures = new ArrayList<>();

  @Test
  void anotherImplementationFollows() throws Exception {
    NodeProcess source = nodes.server(Kind.REDOUBT, "--repl-backlog-size", "64mb");
    NodeProcess target = nodes.server(Kind.REAL);
    writes.write(source, CHANGES);
    try (RespClient client = target.connect();
        Replicator replicator = new RedisReplicator("redis://127.0.0.1:" + source.port())) {
      replicator.setRdbVisitor(new DumpRdbVisitor(replicator));
      for (String command : COMMANDS.strip().split("\\s+")) {
        replicator.addCommandParser(CommandName.name(command), new DefaultCommandParser());
      }
      replicator.addEventListener((from, event) -> apply(client, event));
      Thread.ofPlatform().daemon().start(() -> follow(replicator));
      await()
          .atMost(Distribution.LIMIT)
          .until(() -> source.info("replication").getOrDefault("slave0", "").contains("online"));
      writes.write(source, CHANGES);
      agree(source, target);
      source.ask("CLIENT", "KILL", "TYPE", "replica");
      writes.write(source, CHANGES);
      agree(source, target);
      assertThat(source.info("stats"))
          .containsEntry("sync_full", "1")
          .containsEntry("sync_partial_ok", "1");
    }
    assertThat(failures).isEmpty();
  }

  private void follow(Replicator replicator) {
    try {
      replicator.open();
    } catch (IOException | RuntimeException e) {
      failures.add(e);
    }
  }

  private void apply(RespClient client, Event event) {
    try {
      if (event instanceof DumpKeyValuePair pair) {
        client.call("SELECT", Long.toString(pair.getDb().getDbNumber()));
        Long expiry = pair.getExpiredMs();
        String time = expiry == null ? "0" : expiry.toString();
        check(
            client.call(
                ascii("RESTORE"), pair.getKey(), ascii(time), pair.getValue(), ascii("ABSTTL")));
      } else if (event instanceof DefaultCommand command) {
        byte[][] request = new byte[command.getArgs().length + 1][];
        request[0] = command.getCommand();
        System.arraycopy(command.getArgs(), 0, request, 1, command.getArgs().length);
        check(client.call(request));
      } else if (event instanceof SelectCommand resumed) { // a partial sync resumes here
        check(client.call("SELECT", Integer.toString(resumed.getIndex())));
      } else if (!(event instanceof PingCommand)) {
        assertThat(event).isNotInstanceOf(Command.class).isNotInstanceOf(KeyValuePair.class);
      }
    } catch (IOException | AssertionError e) {
      failures.add(e);
    }
  }

  private static void check(Reply reply) {
    if (reply.isError()) {
      throw new AssertionError(reply.text());
    }
  }

  private void agree(NodeProcess source, NodeProcess target) {
    await()
        .atMost(Distribution.LIMIT)
        .untilAsserted(() -> {
          assertThat(failures).isEmpty();
          Map<String, String> expected = ServerContent.of(source);
          assertThat(expected).hasSizeGreaterThan(500);
          assertThat(ServerContent.differences(ServerContent.of(target), expected)).isEmpty();
          assertThat(
                  ServerContent.differences(
                      ServerContent.groups(target), ServerContent.groups(source)))
              .isEmpty();
        });
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}
