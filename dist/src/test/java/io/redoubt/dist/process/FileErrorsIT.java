package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Unreadable and unwritable files: replies and log give the reason in the system's words. */
final class FileErrorsIT {
  private static final String SERVER = Kind.REDOUBT.server().toString();
  private static final String READ_ONLY = "mount --bind $D $D && mount -o remount,ro,bind $D";
  private static final String TINY = "mount -t tmpfs -o size=512k tmpfs $D";

  @RegisterExtension private final Nodes nodes = new Nodes();

  private final int port = FreePorts.one();

  @Test
  void reportsAReadOnlyFileSystem() throws Exception {
    Path folder = nodes.folder("data");
    Path conf = folder.resolve("redis.conf");
    Files.writeString(conf, "aclfile users.acl\npidfile redis.pid\n");
    Files.writeString(folder.resolve("users.acl"), "user default on nopass ~* &* +@all\n");
    NodeProcess node = mounted(READ_ONLY, folder, conf.toString());

    node.ask("SET", "key", "value");
    assertThat(node.ask("SAVE").isError()).isTrue();
    node.ask("BGSAVE");
    assertThat(node.ask("ACL", "SAVE").isError()).isTrue();
    node.ask("CONFIG", "SET", "maxmemory-samples", "7");
    assertThat(node.ask("CONFIG", "REWRITE"))
        .isEqualTo(new Reply.Error("ERR Rewriting config file: Read-only file system"));
    node.ask("CONFIG", "SET", "appendonly", "yes");
    String failed =
        "Failed opening the temp RDB file temp-%d.rdb (in server root dir %s) for saving:"
                .formatted(node.pid(), folder)
            + " Read-only file system";
    awaitLog(node, failed);
    awaitLog(node, "Failed to write PID file: Read-only file system");
    awaitLog(node, "Writing ACL file for ACL SAVE: Read-only file system");
    awaitLog(node, "CONFIG REWRITE failed: Read-only file system");
    awaitLog(node, "Can't open or create append-only dir appendonlydir: Read-only file system");
    assertThat(Files.readString(node.log())).doesNotContain("java.").doesNotContain("Exception");
  }

  @Test
  void reportsAFullFileSystem() throws Exception {
    Path folder = nodes.folder("data");
    NodeProcess node = mounted(TINY, folder, "--appendfsync", "everysec");

    node.ask("SET", "key", "x".repeat(100), "EX", "1000");
    node.ask("DEBUG", "POPULATE", "20000", "key", "100");
    node.ask("CONFIG", "SET", "rdbcompression", "no");
    assertThat(node.ask("SAVE").isError()).isTrue();
    awaitLog(node, "Write error saving DB on disk: No space left on device");
    node.ask("FLUSHALL");
    assertThat(node.ask("SAVE")).isEqualTo(new Reply.Simple("OK"));
    node.ask("CONFIG", "SET", "appendonly", "yes");
    node.awaitInfo("aof_rewrite_in_progress", "0", Distribution.LIMIT);
    node.ask("SET", "large", "x".repeat(1_000_000));
    awaitLog(node, "Error writing to the AOF file: No space left on device");
  }

  @Test
  void keepsTheFilesThatAFullFileSystemHasNoRoomToReplace() throws Exception {
    Path source = nodes.folder("source");
    String conf = "aclfile users.acl\nmaxmemory-samples 6\n";
    String users = "user default on nopass ~* &* +@all\n";
    Files.writeString(source.resolve("redis.conf"), conf);
    Files.writeString(source.resolve("users.acl"), users);
    Path folder = nodes.folder("data");
    String full =
        "mount -t tmpfs -o size=64k tmpfs $D && cp %s/* $D && { cat /dev/zero >$D/fill; :; }"
            .formatted(source);
    NodeProcess node = mounted(full, folder, folder.resolve("redis.conf").toString());
    Path inside = Path.of("/proc/" + node.pid() + "/root" + folder);

    for (int i = 0; i < 300; i++) {
      node.ask("ACL", "SETUSER", "user" + i, "on", ">password");
    }
    assertThat(node.ask("ACL", "SAVE").isError()).isTrue();
    node.ask("CONFIG", "SET", "masterauth", "x".repeat(10_000));
    assertThat(node.ask("CONFIG", "REWRITE"))
        .isEqualTo(new Reply.Error("ERR Rewriting config file: No space left on device"));
    assertThat(inside.resolve("redis.conf")).hasContent(conf);
    assertThat(inside.resolve("users.acl")).hasContent(users);
    try (var files = Files.list(inside)) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .containsExactlyInAnyOrder("redis.conf", "users.acl", "fill");
    }

    Files.delete(inside.resolve("fill"));
    assertThat(node.ask("ACL", "SAVE")).isEqualTo(new Reply.Simple("OK"));
    assertThat(node.ask("CONFIG", "REWRITE")).isEqualTo(new Reply.Simple("OK"));
    assertThat(Files.readAllLines(inside.resolve("users.acl"))).hasSize(301);
  }

  @Test
  void reportsAFolderOfAnotherUser() throws Exception {
    Path folder = nodes.folder("data");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(folder.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
    Path hidden = Files.createDirectory(folder.resolve("hidden"));
    Files.setPosixFilePermissions(hidden, PosixFilePermissions.fromString("rwx------"));
    List<String> asNobody =
        List.of("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups");
    assumeTrue(
        works(asNobody, SERVER, "--version"), "not root, or others may not read the distribution");
    NodeProcess node =
        begin(
            asNobody,
            folder,
            SERVER,
            "--dir",
            folder.toString(),
            "--enable-protected-configs",
            "yes");

    assertThat(node.ask("SAVE").isError()).isTrue();
    awaitLog(
        node,
        "Failed opening the temp RDB file temp-%d.rdb (in server root dir %s) for saving:"
                .formatted(node.pid(), folder)
            + " Permission denied");
    assertThat(node.ask("CONFIG", "SET", "dir", hidden.toString()))
        .isEqualTo(
            new Reply.Error(
                "ERR CONFIG SET failed (possibly related to argument 'dir') - Permission denied"));
  }

  @Test
  void reportsAnInvalidUnixSocket() throws Exception {
    Path folder = nodes.folder("data");
    Path missing = folder.resolve("missing/redis.sock");
    assertThat(refusedStart("--unixsocket", missing.toString()))
        .contains("Failed opening Unix socket: bind: No such file or directory (" + missing + ")")
        .doesNotContain("(TCP)");
    Path taken = Files.createDirectory(folder.resolve("folder"));
    assertThat(refusedStart("--unixsocket", taken.toString()))
        .contains("Failed opening Unix socket: bind: Is a directory (" + taken + ")");
    assertThat(taken).isDirectory();
  }

  @Test
  void reportsAFolderInPlaceOfAFile() throws Exception {
    Path folder = nodes.folder("data");
    Files.createDirectory(folder.resolve("dump.rdb"));
    assertThat(refusedStart("--dir", folder.toString()))
        .contains("Fatal error loading the DB: Is a directory. Exiting.");
    assertThat(refusedStart("--logfile", folder.toString()))
        .contains("Can't open the log file: Is a directory");
    assertThat(refusedStart("--aclfile", folder.resolve("none").toString()))
        .contains("No such file or directory");
  }

  @Test
  void logsAMistakeInTheAclFile() throws Exception {
    Path folder = nodes.folder("data");
    Path users = Files.writeString(folder.resolve("users"), "user default on\nuser x on bogus\n");
    Path logfile = folder.resolve("log");
    String mistake = users + ":2: ";
    assertThat(refusedStart("--aclfile", users.toString(), "--logfile", logfile.toString()))
        .contains(mistake);
    assertThat(logfile).content().containsOnlyOnce("Can't start: ").contains(mistake);
    assertThat(refusedStart("--aclfile", users.toString())).doesNotContain("Can't start: ");
  }

  @Test
  void namesAFolderInPlaceOfTheSavedSentinels() throws Exception {
    Path folder = nodes.folder("data");
    Path taken = Files.createDirectory(folder.resolve("sentinels-" + port + ".state"));
    assertThat(refusedStart("--dir", folder.toString()))
        .contains("Can't start: " + taken + ": Is a directory");
  }

  @Test
  void refusesARewriteWithoutAFile() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT);
    try (RespClient client = node.connect()) {
      assertThat(client.call("DEBUG", "CONFIG-REWRITE-FORCE-ALL"))
          .isEqualTo(new Reply.Error("ERR The server is running without a config file"));
      assertThat(client.call("PING")).isEqualTo(new Reply.Simple("PONG"));
    }
  }

  /** Starts a server in a mount namespace, after a mount on its folder. */
  private NodeProcess mounted(String mount, Path folder, String... arguments) throws Exception {
    String prepared = "D=" + folder + " && " + mount;
    List<String> apart = List.of("unshare", "-m", "sh", "-c");
    assumeTrue(works(apart, prepared), "not allowed to mount");
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--dir", folder.toString(), "--enable-debug-command", "yes"));
    List<String> words = new ArrayList<>(List.of(prepared + " && exec \"$0\" \"$@\"", SERVER));
    words.addAll(all);
    return begin(apart, folder, words.toArray(String[]::new));
  }

  private NodeProcess begin(List<String> prefix, Path folder, String... words) throws Exception {
    List<String> all = new ArrayList<>(prefix.subList(1, prefix.size()));
    all.addAll(List.of(words));
    all.addAll(List.of("--port", port + "", "--bind", "127.0.0.1", "--save", ""));
    Path log = nodes.folder("log-" + folder.getFileName());
    NodeProcess node =
        nodes.launch(Path.of(prefix.getFirst()), log, port, all.toArray(String[]::new));
    node.awaitPong(Distribution.LIMIT);
    return node;
  }

  private static boolean works(List<String> prefix, String... words) throws Exception {
    List<String> all = new ArrayList<>(prefix);
    all.addAll(List.of(words));
    try {
      return Distribution.run(Map.of(), all.toArray(String[]::new)).status() == 0;
    } catch (IOException e) {
      return false; // the tool does not exist
    }
  }

  private String refusedStart(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of(SERVER, "--port", port + "", "--bind", "127.0.0.1"));
    all.addAll(List.of(arguments));
    Result result = Distribution.run(Map.of(), all.toArray(String[]::new));
    assertThat(result.status()).isEqualTo(1);
    return result.output();
  }

  private static void awaitLog(NodeProcess node, String line) {
    await()
        .atMost(Distribution.LIMIT)
        .untilAsserted(() -> assertThat(Files.readString(node.log())).contains(line));
  }
}
