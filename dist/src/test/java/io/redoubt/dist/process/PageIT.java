package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.FreePorts;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The pages of a sentinel and of a server in a browser, while the master is killed and returns: the
 * script {@code watch-page.js} reports the content of the browser. Screenshots are left in {@code
 * target/page}.
 */
@Timeout(600)
final class PageIT {
  private static final int DOWN_AFTER_MILLIS = 1_000;

  @TempDir private Path folder;

  @Test
  void showsAFailoverLive() throws Exception {
    Browser.assumeInstalled();
    try (Topology topology = Topologies.create(folder, DOWN_AFTER_MILLIS)) {
      topology.serveMetrics(FreePorts.several(Topology.NODES));
      topology.start();
      String sentinels =
          IntStream.range(Topology.SERVERS, Topology.NODES)
              .mapToObj(sentinel -> page(topology, sentinel))
              .collect(Collectors.joining(","));
      String master = Integer.toString(topology.servers().getFirst().port());
      try (Browser browser =
          new Browser(
              "watch-page.js", List.of(sentinels, page(topology, 0), page(topology, 1), master))) {
        browser.awaitSeen("SHOWN");
        topology.servers().getFirst().kill();
        browser.next();
        browser.awaitSeen("SWITCHED");
        topology.restart(0);
        browser.next();
        browser.awaitDone();
      }
    }
    assertThat(Browser.PICTURES.resolve("sentinel-phone-dark.png")).isNotEmptyFile();
    assertThat(Browser.PICTURES.resolve("server-wide-light.png")).isNotEmptyFile();
  }

  private static String page(Topology topology, int process) {
    return "http://127.0.0.1:" + topology.metricsPorts().get(process) + "/";
  }
}
