package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.net.FreePorts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page of a sentinel and of a server in a browser, while the master is killed and returns: the
 * script {@code watch-page.js} tells what the browser shows. Screenshots are left in {@code
 * target/page}.
 */
@Timeout(600)
final class PageIT {
  private static final String PUPPETEER = "puppeteer-core@24.43.1";
  private static final String AXE = "axe-core@4.14.1";
  private static final int DOWN_AFTER_MILLIS = 1_000;
  private static final Path BROWSER = Path.of("/usr/bin/chromium");

  @TempDir private Path folder;

  @Test
  void showsAFailoverLive() throws Exception {
    RealRedis.assumeInstalled(Files.exists(BROWSER), "chromium");
    Path script = script();
    Path pictures = Files.createDirectories(Distribution.HOME.resolveSibling("page"));
    try (Topology topology =
        new Topology(
            folder,
            Kind.REDOUBT.server(),
            Kind.REDOUBT.sentinel(),
            FreePorts.several(Topology.NODES),
            DOWN_AFTER_MILLIS)) {
      topology.serveMetrics(FreePorts.several(Topology.NODES));
      topology.start();
      int master = topology.servers().getFirst().port();
      Process browser =
          new ProcessBuilder(
                  "node",
                  script.toString(),
                  IntStream.range(Topology.SERVERS, Topology.NODES)
                      .mapToObj(sentinel -> page(topology, sentinel))
                      .collect(Collectors.joining(",")),
                  page(topology, 1),
                  pictures.toString(),
                  BROWSER.toString(),
                  Integer.toString(master))
              .redirectErrorStream(true)
              .start();
      try {
        watch(browser, topology);
      } finally {
        browser.descendants().forEach(ProcessHandle::destroyForcibly);
        browser.destroyForcibly();
      }
    }
    assertThat(pictures.resolve("sentinel-phone-dark.png")).isNotEmptyFile();
    assertThat(pictures.resolve("server-wide-light.png")).isNotEmptyFile();
  }

  private static String page(Topology topology, int process) {
    return "http://127.0.0.1:" + topology.metricsPorts().get(process) + "/";
  }

  private static void watch(Process browser, Topology topology) throws Exception {
    var out =
        new BufferedReader(new InputStreamReader(browser.getInputStream(), StandardCharsets.UTF_8));
    OutputStream in = browser.getOutputStream();
    await(out, "SHOWN");
    topology.servers().getFirst().kill();
    next(in);
    await(out, "SWITCHED");
    topology.restart(0);
    next(in);
    await(out, "DONE");
    assertThat(browser.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(browser.exitValue()).isZero();
  }

  private static void next(OutputStream in) throws IOException {
    in.write('\n');
    in.flush();
  }

  private static void await(BufferedReader out, String wanted) throws IOException {
    StringBuilder seen = new StringBuilder();
    String line = out.readLine();
    while (line != null && !line.equals(wanted)) {
      seen.append(line).append('\n');
      line = out.readLine();
    }
    assertThat(line).as(seen.toString()).isEqualTo(wanted);
  }

  /** Returns the script, beside its modules, which are kept between builds. */
  private static Path script() throws IOException, InterruptedException {
    Path modules = Files.createDirectories(Distribution.HOME.resolveSibling("page-modules"));
    if (!Files.exists(modules.resolve("node_modules/puppeteer-core/package.json"))) {
      List<String> packages = List.of(PUPPETEER, AXE);
      Distribution.Result npm =
          Distribution.run(
              Map.of(),
              "npm",
              "install",
              "--silent",
              "--ignore-scripts",
              "--no-audit",
              "--no-fund",
              "--prefix",
              modules.toString(),
              packages.get(0),
              packages.get(1));
      assertThat(npm.status()).as(npm.output()).isZero();
    }
    Path script = modules.resolve("watch-page.js");
    try (InputStream in = PageIT.class.getResourceAsStream("watch-page.js")) {
      Files.write(script, Objects.requireNonNull(in).readAllBytes());
    }
    return script;
  }
}
