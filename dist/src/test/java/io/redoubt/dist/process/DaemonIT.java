package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Servers and sentinels started with {@code daemonize yes}. */
final class DaemonIT {
  @RegisterExtension private final Nodes nodes = new Nodes();

  private final int port = FreePorts.one();

  @Test
  void theServerAnswersWhenItsParentReturns() throws Exception {
    servesAndEnds(Kind.REDOUBT.server(), "redis-server", "", "save \"\"\n");
  }

  @Test
  void theSentinelAnswersWhenItsParentReturns() throws Exception {
    servesAndEnds(Kind.REDOUBT.sentinel(), "redis-sentinel", " [sentinel]", "");
  }

  @Test
  void reportsAFailureOfTheChild() throws Exception {
    Path missing = nodes.folder("daemon").resolve("missing");
    Path conf = conf("bind 127.0.0.1\ndir " + missing + "\n");
    Result result = Distribution.run(Map.of(), Kind.REDOUBT.server().toString(), conf.toString());
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.output()).contains(missing.toString());
    assertThat(nodes.folder("daemon").resolve("pid")).doesNotExist();
  }

  @Test
  void failsIfThePortIsInUse() throws Exception {
    NodeProcess first = nodes.server(Kind.REDOUBT);
    Path conf = conf("bind 127.0.0.1\n");
    Result result =
        Distribution.run(
            Map.of(),
            Kind.REDOUBT.server().toString(),
            conf.toString(),
            "--port",
            first.port() + "");
    assertThat(result.status()).isEqualTo(1);
    assertThat(Files.readString(nodes.folder("daemon").resolve("log")))
        .contains("Failed listening on port " + first.port());
    assertThat(nodes.folder("daemon").resolve("pid")).doesNotExist();
  }

  private void servesAndEnds(Path launcher, String name, String mode, String directives)
      throws Exception {
    Path folder = nodes.folder("daemon");
    Path conf = conf("bind 127.0.0.1\ndir " + folder + "\n" + directives);
    Result result = Distribution.run(Map.of(), launcher.toString(), conf.toString());
    ProcessHandle child =
        ProcessHandle.of(Long.parseLong(Files.readString(folder.resolve("pid")).trim()))
            .orElseThrow();
    try {
      assertThat(result).isEqualTo(new Result(0, ""));
      try (RespClient client = RespClient.connect("127.0.0.1", port)) {
        assertThat(client.call("PING")).isEqualTo(new Reply.Simple("PONG"));
        assertThat(client.call("INFO", "server").text())
            .contains("process_id:" + child.pid() + "\r\n");
      }
      Path proc = Path.of("/proc/" + child.pid());
      assertThat(Files.readString(proc.resolve("comm"))).startsWith(name.substring(0, 12));
      assertThat(Files.readString(proc.resolve("cmdline")))
          .isEqualTo(launcher + " 127.0.0.1:" + port + mode + "\0");
      for (int fd = 0; fd < 3; fd++) {
        assertThat(proc.resolve("fd/" + fd).toRealPath()).isEqualTo(Path.of("/dev/null"));
      }
      assertThat(sessionOf(child)).isEqualTo(child.pid());
      child.destroy();
      child.onExit().get(Distribution.LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertThat(folder.resolve("pid")).doesNotExist();
      assertThat(Files.readString(folder.resolve("log")))
          .contains("Removing the pid file.")
          .contains("is now ready to exit, bye bye...");
    } finally {
      child.destroyForcibly();
    }
  }

  /** Returns the session id: the fourth field after the command in /proc/PID/stat. */
  private static long sessionOf(ProcessHandle process) throws Exception {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(fields[3]);
  }

  private Path conf(String directives) throws Exception {
    Path folder = nodes.folder("daemon");
    Path conf = folder.resolve("conf");
    Files.writeString(
        conf,
        """
        port %d
        daemonize yes
        pidfile %s
        logfile %s
        """
                .formatted(port, folder.resolve("pid"), folder.resolve("log"))
            + directives);
    return conf;
  }
}
