package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A server at the end of its memory: the region, the address space or the memory of its control
 * group. Writes are refused with an error that names the limit; everything else continues.
 */
final class MemoryEndIT {
  private static final int VALUE_BYTES = 200_000;
  private static final int MOST_VALUES = 20_000;
  private static final int MOST_LOG_BYTES = 64 << 10;

  @RegisterExtension private final Nodes nodes = new Nodes();

  private @Nullable Path group;

  /** A control group can be removed only when it has no process left. */
  @AfterEach
  void removeGroup() throws Exception {
    nodes.killAll();
    Path made = group;
    if (made != null) {
      await().until(() -> remove(made)); // once the kernel has removed the killed process from it
    }
  }

  private static boolean remove(Path group) {
    try {
      Files.deleteIfExists(group);
      return true;
    } catch (IOException busy) {
      return false;
    }
  }

  @Test
  void survivesAFullRegion() throws Exception {
    survives(
        start(Nodes.addOptions("-Dio.redoubt.region.bytes=" + (256L << 20))),
        "the address space for");
  }

  @Test
  void survivesAFullAddressSpace() throws Exception {
    survives(start("ulimit -v 3500000"), "the address space for");
  }

  @Test
  void survivesAFullControlGroup() throws Exception {
    Path limited = newGroup(384L << 20);
    survives(
        start("echo $$ > " + limited.resolve("cgroup.procs")),
        "the memory limit of the server's control group is reached");
  }

  /**
   * Creates a control group with a memory limit, of version 1 or 2; skips the test where that is
   * impossible.
   */
  private Path newGroup(long limitBytes) throws Exception {
    Path root = Path.of("/sys/fs/cgroup");
    boolean isFirstVersion = Files.isDirectory(root.resolve("memory"));
    Path made =
        root.resolve(isFirstVersion ? "memory" : "")
            .resolve("redoubt-test-" + ProcessHandle.current().pid());
    String limit = isFirstVersion ? "memory.limit_in_bytes" : "memory.max";
    try {
      Files.createDirectory(made);
    } catch (IOException e) {
      abort("this user may not make a control group: " + e);
    }
    group = made;
    try {
      Files.writeString(made.resolve(limit), Long.toString(limitBytes));
    } catch (IOException e) {
      abort("no memory limit can be set for a control group: " + e);
    }
    assumeTrue(
        Files.isWritable(made.resolve("cgroup.procs")), "processes may not join the control group");
    return made;
  }

  private NodeProcess start(String prepared) throws Exception {
    return nodes.serverAfter(prepared, "--save", "3600 1");
  }

  private static void survives(NodeProcess node, String exhausted) throws Exception {
    try (RespClient client = node.connect()) {
      assertThat(fill(client)).startsWith("OOM command not allowed: " + exhausted);
      serves(client);
      try (RespClient other = node.connect()) {
        serves(other);
      }
      client.call("BGSAVE"); // may fail, as in Redis when fork fails
      serves(client);
      node.awaitInfo("rdb_bgsave_in_progress", "0", Distribution.LIMIT);
      assertThat(client.call("DEL", "key:0")).isEqualTo(new Reply.Integer(1));
      assertThat(client.call("UNLINK", "key:1")).isEqualTo(new Reply.Integer(1));
      assertThat(client.call("FLUSHALL")).isEqualTo(new Reply.Simple("OK"));
      assertThat(client.call("CONFIG", "SET", "save", "")).isEqualTo(new Reply.Simple("OK"));
      assertThat(client.call("SET", "key", "value")).isEqualTo(new Reply.Simple("OK"));
    }
    assertThat(node.isAlive()).isTrue();
    assertThat(Files.size(node.log())).isLessThan(MOST_LOG_BYTES);
    assertThat(Files.readString(node.log())).doesNotContain("\tat ");
  }

  /** Writes until writes are refused; returns the error. */
  private static String fill(RespClient client) throws IOException {
    byte[] set = "SET".getBytes(UTF_8);
    byte[] value = "v".repeat(VALUE_BYTES).getBytes(UTF_8);
    for (int i = 0; i < MOST_VALUES; i++) {
      Reply reply = client.call(set, ("key:" + i).getBytes(UTF_8), value);
      if (reply.isError()) {
        return reply.text();
      }
    }
    throw new AssertionError("never full");
  }

  private static void serves(RespClient client) throws IOException {
    assertThat(client.call("PING")).isEqualTo(new Reply.Simple("PONG"));
    assertThat(client.call("GET", "key:2").text()).hasSize(VALUE_BYTES);
    assertThat(client.call("CONFIG", "GET", "maxmemory").isError()).isFalse();
    assertThat(client.call("INFO").text()).contains("used_memory:");
    assertThat(client.call("CLIENT", "LIST").text()).contains("cmd=client|list");
  }
}
