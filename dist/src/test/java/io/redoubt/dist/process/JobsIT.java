package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * BullMQ's queues, built on some sixty Lua scripts, with jobs that fail at first, are delayed or
 * have a priority. {@code -Dredoubt.jobs=10000} runs more of them.
 */
final class JobsIT {
  private static final String VERSION = "6.7.0";
  private static final String IOREDIS_VERSION = "6.0.0";
  private static final int JOBS = Integer.getInteger("redoubt.jobs", 1_000);

  @RegisterExtension private final Nodes nodes = new Nodes();

  @Test
  void completesAllJobs() throws Exception {
    assumeTrue(isThere("node") && isThere("npm"), "node and npm are not installed");
    Path folder = bullmq();
    Node server = nodes.server(Kind.REDOUBT, "--maxmemory-policy", "noeviction");
    Distribution.Result result =
        Distribution.run(
            Map.of("NODE_PATH", folder.resolve("node_modules").toString()),
            "node",
            folder.resolve("jobs.js").toString(),
            server.port() + "",
            JOBS + "");
    assertThat(result.output().strip())
        .isEqualTo(
            """
            {"done":%d,"distinct":%d,"retries":%d,"early":0,"failed":0,"completed":%d}\
            """
                .formatted(JOBS, JOBS, JOBS / 10, JOBS));
    assertThat(result.status()).isZero();
  }

  private static boolean isThere(String program) throws InterruptedException {
    try {
      return Distribution.run(Map.of(), program, "--version").status() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns a folder with the script and the module, kept between builds. */
  private static Path bullmq() throws IOException, InterruptedException {
    Path folder = Files.createDirectories(Distribution.HOME.resolveSibling("bullmq-" + VERSION));
    if (!Files.exists(folder.resolve("node_modules/bullmq/package.json"))) {
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
              folder.toString(),
              "bullmq@" + VERSION,
              "ioredis@" + IOREDIS_VERSION);
      assertThat(npm.status()).as(npm.output()).isZero();
    }
    try (InputStream script = JobsIT.class.getResourceAsStream("jobs.js")) {
      Files.write(folder.resolve("jobs.js"), Objects.requireNonNull(script).readAllBytes());
    }
    return folder;
  }
}
