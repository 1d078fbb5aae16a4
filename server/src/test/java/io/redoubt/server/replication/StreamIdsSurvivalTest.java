package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that the idempotent ids of streams, and released entries, survive restarts, full and
 * partial syncs and promotions, and that a real Redis reads the same files and streams.
 */
final class StreamIdsSurvivalTest {
  @TempDir private Path directory;

  private final List<String> ids = new ArrayList<>();

  private static String add(ReplicationNode node, String line) throws IOException {
    Reply reply = node.call(line);
    assertThat(reply).as(line).isInstanceOf(Reply.Bulk.class);
    return reply.text();
  }

  private void fill(ReplicationNode node) throws IOException {
    for (int i = ids.size(); i < 30; i++) {
      ids.add(add(node, "XADD s IDMP p" + i % 3 + " i" + i + " * f v"));
    }
    node.ask("XCFGSET s IDMP-DURATION 5000 IDMP-MAXSIZE 50"); // forgets them
    ids.clear();
    more(node, 90);
    assertThat(add(node, "XADD s IDMP p2 i89 * f v")).isEqualTo(ids.get(89));
    node.ask("XTRIM s MAXLEN 60");
    node.ask("XGROUP CREATE s g 0");
    node.call("XREADGROUP GROUP g c COUNT 9 STREAMS s >");
    node.ask("XNACK s g FAIL IDS 2 " + ids.get(35) + " " + ids.get(34) + " FORCE");
    node.ask("SELECT 3");
    node.ask("XADD auto IDMPAUTO p * f v");
    node.ask("SELECT 0");
  }

  /** Adds messages up to a number of them. */
  private void more(ReplicationNode node, int count) throws IOException {
    for (int i = ids.size(); i < count; i++) {
      ids.add(add(node, "XADD s IDMP p" + i % 3 + " i" + i + " * f v"));
    }
  }

  private static List<String> state(ReplicationNode node) throws IOException {
    List<String> state = new ArrayList<>();
    List<Reply> fields = node.call("XINFO STREAM s").elements();
    for (int i = 0; i < fields.size(); i += 2) {
      if (fields.get(i).text().matches("idmp-.*|[ip]ids-.*")) {
        state.add(fields.get(i).text() + " " + fields.get(i + 1).number());
      }
    }
    for (Reply pending : node.call("XPENDING s g - + 100").elements()) {
      List<Reply> parts = pending.elements();
      state.add(parts.get(0).text() + " " + parts.get(1).text() + " " + parts.get(3).number());
    }
    state.add("consumers " + node.call("XINFO CONSUMERS s g").elements().size());
    return state;
  }

  /** Asserts that a server knows the latest messages of each producer. */
  private void knowsTheIds(ReplicationNode node) throws IOException {
    long length = node.call("XLEN s").number();
    for (int i = ids.size() - 90; i < ids.size(); i++) {
      assertThat(add(node, "XADD s IDMP p" + i % 3 + " i" + i + " * f v")).isEqualTo(ids.get(i));
    }
    assertThat(node.call("XLEN s").number()).isEqualTo(length);
    node.ask("SELECT 3");
    add(node, "XADD auto IDMPAUTO p * f v");
    assertThat(node.call("XLEN auto").number()).isEqualTo(1);
    node.ask("SELECT 0");
    Reply claimed = node.call("XREADGROUP GROUP g d COUNT 2 CLAIM 100000000 STREAMS s >");
    List<Reply> entries = claimed.elements().getFirst().elements().get(1).elements();
    assertThat(entries.get(0).elements().getFirst().text()).isEqualTo(ids.get(35));
    assertThat(entries.get(1).elements().getFirst().text()).isEqualTo(ids.get(34));
  }

  @ParameterizedTest
  @CsvSource({"no,yes", "yes,yes", "yes,no"})
  void surviveARestart(String appendonly, String preamble) throws Exception {
    RealRedis.assumeInstalled();
    String[] lines = {
      "appendonly " + appendonly, "aof-use-rdb-preamble " + preamble, "save 3600 1"
    };
    List<String> before;
    String digest;
    try (ReplicationNode node = ReplicationNode.ours(directory, lines)) {
      fill(node);
      if (appendonly.equals("yes")) {
        node.ask("BGREWRITEAOF");
        until("the rewrite", () -> node.info("persistence", "aof_rewrite_in_progress").equals("0"));
      }
      more(node, 100);
      before = state(node);
      digest = node.ask("DEBUG DIGEST");
      node.shutDown("SHUTDOWN");
    }
    try (ReplicationNode real =
        ReplicationNode.real(
            copy("real"), "--appendonly", appendonly, "--aof-use-rdb-preamble", preamble)) {
      until("the load", () -> real.info("persistence", "loading").equals("0"));
      assertThat(real.ask("DEBUG DIGEST")).isEqualTo(digest);
      assertThat(real.call("XPENDING s g - + 100").elements()).hasSize(9);
    }
    try (ReplicationNode node = ReplicationNode.ours(directory, lines)) {
      until("the load", () -> node.info("persistence", "loading").equals("0"));
      assertThat(state(node)).isEqualTo(before);
      assertThat(node.ask("DEBUG DIGEST")).isEqualTo(digest);
      knowsTheIds(node);
    }
  }

  /** Copies the files of the stopped server. */
  private Path copy(String name) throws IOException {
    Path target = Files.createDirectory(directory.resolve(name));
    try (var files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copied = target.resolve(directory.relativize(file));
        Files.createDirectories(copied.getParent());
        Files.copy(file, copied);
      }
    }
    return target;
  }

  @ParameterizedTest
  @ValueSource(strings = {"swapdb", "disabled"})
  void surviveSyncsAndPromotion(String disklessLoad) throws Exception {
    RealRedis.assumeInstalled();
    Path files = Files.createDirectory(directory.resolve("master"));
    Path first = Files.createDirectory(directory.resolve("first"));
    try (ReplicationNode master = ReplicationNode.ours(files, "hash-field-expiry no");
        ReplicationNode real =
            ReplicationNode.real(Files.createDirectory(directory.resolve("real")));
        ReplicationNode chained =
            ReplicationNode.ours(Files.createDirectory(directory.resolve("chained")));
        ReplicationNode replica =
            ReplicationNode.ours(first, "repl-diskless-load " + disklessLoad, "appendonly yes")) {
      fill(master);
      replica.ask("XADD s IDMP old old * f v"); // replaced by the full sync
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      real.ask("REPLICAOF 127.0.0.1 " + master.port());
      chained.ask("REPLICAOF 127.0.0.1 " + replica.port());
      replica.untilInSyncWith(master);
      real.untilInSyncWith(master);
      assertThat(state(replica)).isEqualTo(state(master));
      more(master, 120);
      for (ReplicationNode node : List.of(replica, real, chained)) {
        node.untilInSyncWith(master);
        assertThat(node.ask("DEBUG DIGEST")).isEqualTo(master.ask("DEBUG DIGEST"));
      }
      List<String> before = state(master);
      assertThat(state(replica)).isEqualTo(before);
      assertThat(state(chained)).isEqualTo(before);
      replica.ask("REPLICAOF NO ONE");
      knowsTheIds(replica);
      chained.untilInSyncWith(replica);
      assertThat(state(chained)).isEqualTo(state(replica));
      assertThat(replica.info("stats", "sync_full")).isEqualTo("1");
    }
    try (ReplicationNode again = ReplicationNode.ours(first, "appendonly yes")) {
      until("the load", () -> again.info("persistence", "loading").equals("0"));
      assertThat(add(again, "XADD s IDMP p0 i117 * f v")).isEqualTo(ids.get(117));
    }
  }

  /** A large stream is saved part by part while it changes. */
  @Test
  void surviveAFullSyncOfALargeStreamUnderLoad() throws Exception {
    Path files = Files.createDirectory(directory.resolve("master"));
    try (ReplicationNode master =
            ReplicationNode.ours(files, "stream-node-max-entries 1", "snapshot-loop-percent 1");
        ReplicationNode replica =
            ReplicationNode.ours(Files.createDirectory(directory.resolve("replica")))) {
      master.ask(
          "EVAL "
              + "for\ti=1,20000\tdo\tredis.call('XADD','s','IDMP','p'..i%50,i,'*','f',i)\tend 0");
      master.ask("XGROUP CREATE s g 0");
      more(master, 100);
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      int count = 100;
      while (!replica.info("replication", "master_link_status").equals("up")) {
        count += 10;
        more(master, count);
        add(master, "XADD s IDMP p0 i" + (count - 3) / 3 * 3 + " * f v");
      }
      replica.untilInSyncWith(master);
      assertThat(state(replica)).isEqualTo(state(master));
      assertThat(replica.ask("DEBUG DIGEST")).isEqualTo(master.ask("DEBUG DIGEST"));
      replica.ask("REPLICAOF NO ONE");
      assertThat(add(replica, "XADD s IDMP p1 i1 * f v")).isNotEmpty();
      replica.ask("FLUSHALL ASYNC");
      replica.ask("DEBUG RELOAD");
    }
  }
}
