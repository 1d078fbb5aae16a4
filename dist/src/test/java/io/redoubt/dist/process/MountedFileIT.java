package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A configuration file that is itself a mount, as in containers. It cannot be replaced by a rename,
 * so it is written in place.
 */
final class MountedFileIT {
  @RegisterExtension private final Nodes nodes = new Nodes();

  @Test
  void aSentinelKeepsItsStateInTheMountedFile() throws Exception {
    assumeTrue(
        Distribution.run(Map.of(), "unshare", "-m", "mount", "--bind", "/tmp", "/tmp").status()
            == 0,
        "not allowed to mount");
    int port = FreePorts.one();
    Path folder = nodes.folder("mounted");
    Path outside = folder.resolve("outside.conf");
    Path inside = Files.createFile(folder.resolve("sentinel.conf"));
    String text =
        """
        # Mounted by the container
        port %d
        bind 127.0.0.1
        sentinel monitor mymaster 127.0.0.1 1 2
        """
            .formatted(port);
    Files.writeString(outside, text);
    Object identity = Files.getAttribute(outside, "unix:ino");
    String script =
        "mount --bind %s %s && exec %s %s"
            .formatted(outside, inside, Kind.REDOUBT.sentinel(), inside);
    NodeProcess sentinel = nodes.launch(Path.of("unshare"), folder, port, "-m", "sh", "-c", script);
    sentinel.awaitPong(Distribution.LIMIT);

    assertThat(sentinel.ask("SENTINEL", "SET", "mymaster", "quorum", "3"))
        .isEqualTo(new Reply.Simple("OK"));

    assertThat(Files.readString(outside))
        .startsWith(text.replace(" 1 2\n", " 1 3\n"))
        .contains("sentinel myid ");
    assertThat(Files.getAttribute(outside, "unix:ino")).isEqualTo(identity);
    assertThat(inside).as("under the mount").isEmptyFile();
    try (var files = Files.list(folder)) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .doesNotHaveDuplicates()
          .noneMatch(name -> name.endsWith(".tmp"));
    }
  }
}
