package io.redoubt.dist.process;

import static io.redoubt.dist.process.Distribution.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.FreePorts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --check-config} finds the causes of failed starts, and neither prints secrets. */
final class CheckConfigIT {
  private static final String SERVER = Kind.REDOUBT.server().toString();
  private static final String SENTINEL = Kind.REDOUBT.sentinel().toString();

  @TempDir private Path folder;

  private Path file(String... lines) throws Exception {
    return Files.write(folder.resolve("test.conf"), List.of(lines));
  }

  private static String[] lines(String mistake, String... others) {
    String[] lines = new String[others.length + 1];
    System.arraycopy(others, 0, lines, 0, others.length);
    lines[others.length] = mistake;
    return lines;
  }

  private void refuses(String program, String mistake, String... others) throws Exception {
    Path file = file(lines(mistake, others));
    Distribution.Result checked = run(Map.of(), program, "--check-config", file.toString());
    assertThat(checked.status()).isEqualTo(1);
    assertThat(checked.output()).startsWith(file + ":" + (others.length + 1) + ":1: ");
    assertThat(checked.output().lines().filter(line -> line.startsWith("/"))).hasSize(1);
    Distribution.Result started = run(Map.of(), program, file.toString());
    assertThat(started.status()).isEqualTo(1);
    assertThat(checked.output() + started.output()).doesNotContain("s3cret");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rename-command NOSUCH \"\"",
        "user worker on >s3cret +@lists",
        "user worker on #s3cret",
        "user \"worker\" on \">s3cret s3cret\" +@lists",
        "requirepass s3cret s3cret",
        "requirepas s3cret",
        "masterauth \"s3cret",
        "requirepass-file /dev/null", // empty, as where a secret was not mounted
        "masterauth-file /dev/null",
        "aclfile /nonexistent/users.acl",
        "logfile /nonexistent/redis.log",
        "unixsocket /nonexistent/redis.sock",
        "replicaof 127.0.0.1 1",
        "bind 999.1.1.1",
        "include /nonexistent/more.conf",
        "maxmemory junk",
        "metrics-otlp-url http://worker:s3cret@localhost/",
        "metrics-otlp-headers-file /nonexistent/headers",
      })
  void findsWhatAServerRefuses(String mistake) throws Exception {
    refuses(
        SERVER,
        mistake,
        "port " + FreePorts.one(),
        "dir " + folder,
        mistake.startsWith("replicaof")
            ? "cluster-enabled yes"
            : mistake.startsWith("metrics-otlp-headers")
                ? "metrics-otlp-url http://localhost/"
                : "save \"\"");
  }

  @Test
  void findsPortsWithoutCertificateAndPortsThatAreTaken() throws Exception {
    int port = FreePorts.one();
    String[] others = {"bind 127.0.0.1", "port " + port, "dir " + folder};
    refuses(SERVER, "tls-port " + FreePorts.one(), others);
    refuses(SERVER, "metrics-port " + port, others);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sentinel down-after-millisecond mymaster 5",
        "sentinel auth-pas mymaster s3cret",
        "sentinel auth-pass other s3cret",
        "sentinel notification-script mymaster /nonexistent",
        "user worker on >s3cret +@lists",
        "requirepass-file /dev/null",
        "rename-command NOSUCH \"\"",
        "aclfile /nonexistent/users.acl",
        "logfile /nonexistent/redis.log",
        "bind 999.1.1.1",
      })
  void findsWhatASentinelRefuses(String mistake) throws Exception {
    refuses(
        SENTINEL,
        mistake,
        "port " + FreePorts.one(),
        "dir " + folder,
        "sentinel monitor mymaster 127.0.0.1 1 1");
  }

  /** A container without a network has no hardware address, and netty would warn of it. */
  @Test
  void saysNothingOfAMissingHardwareAddress() throws Exception {
    Distribution.assumeNamespaces();
    String inside = "ip link set lo up && exec \"$0\" --check-config \"$1\"";
    String file = file("dir " + folder).toString();
    assertThat(run(Map.of(), "unshare", "-n", "sh", "-c", inside, SERVER, file).output())
        .isEqualTo("The configuration is valid.\n");
  }

  @Test
  void listsAllMistakesAndStartsNothing() throws Exception {
    Path log = folder.resolve("redis.log");
    Path socket = folder.resolve("redis.sock");
    String[] valid = {
      "port " + FreePorts.one(),
      "dir " + folder,
      "logfile " + log,
      "unixsocket " + socket,
      "user worker on +@list"
    };
    assertThat(run(Map.of(), SERVER, "--check-config", file(valid).toString()).output())
        .isEqualTo("The configuration is valid.\n");
    Path file = file(lines("rename-command NOSUCH x", lines("maxmemory x", lines("hz x", valid))));
    Distribution.Result all = run(Map.of(), SERVER, "--check-config", file.toString());
    assertThat(all.output()).contains(":6:1: ", ":7:1: ", ":8:1: ");
    assertThat(log).doesNotExist();
    assertThat(socket).doesNotExist();
    assertThat(folder.toFile().list()).containsExactly("test.conf");
  }
}
