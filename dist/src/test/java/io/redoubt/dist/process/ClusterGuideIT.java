package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.dist.process.Distribution.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page on clusters, followed by its own command lines. */
@Timeout(600)
final class ClusterGuideIT {
  private static final Path GUIDE = Path.of("../doc/cluster.md");
  private static final Pattern COMMANDS =
      Pattern.compile("(?ms)(^<!--[^\n]*-->\n)?^```sh\n(.*?)^```$");

  @TempDir private Path folder;

  /**
   * Needs root: in namespaces of their own, the ports of the guide are free and nothing is left.
   */
  @Test
  void theCommandsWorkInTheirOrder() throws Exception {
    Distribution.assumeNamespaces();
    StringBuilder script =
        new StringBuilder(
            "set -eux\nmount -t proc proc /proc\nip link set lo up\ncd \"$1\"\nPATH=$2:$PATH\n");
    Matcher blocks = COMMANDS.matcher(Files.readString(GUIDE));
    int count = 0;
    while (blocks.find()) {
      if (blocks.group(1) == null) { // a comment says that it can't run here
        script.append(blocks.group(2));
        count++;
      }
    }
    assertThat(count).isGreaterThan(8);
    script.append("redis-cli --cluster check 127.0.0.1:7001\n");
    Path file = Files.writeString(folder.resolve("commands"), script);
    Result result =
        Distribution.run(
            Map.of(),
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--net",
            "timeout",
            "540",
            "sh",
            file.toString(),
            folder.toString(),
            Distribution.HOME.resolve("bin").toAbsolutePath().toString());
    assertThat(result.status()).as(result.output()).isZero();
    assertThat(result.output().lines())
        .noneMatch(line -> line.matches("(ERR|CLUSTERDOWN|MOVED|CROSSSLOT|TRYAGAIN) .*"));
    assertThat(result.output().lines().filter(line -> line.equals("Ann"))).hasSize(2);
    assertThat(result.output()).contains("[OK] All 16384 slots covered.");
  }
}
