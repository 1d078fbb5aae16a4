package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * BullMQ's queues, which use some sixty Lua scripts, with delayed, prioritized and initially
 * failing jobs. {@code -Dredoubt.jobs=10000} runs more jobs.
 */
final class JobsIT {
  private static final int JOBS = Integer.getInteger("redoubt.jobs", 1_000);

  @RegisterExtension private final Nodes nodes = new Nodes();

  @Test
  void completesAllJobs() throws Exception {
    NodeProcess server = nodes.server(Kind.REDOUBT, "--maxmemory-policy", "noeviction");
    Distribution.Result result =
        ClientPrograms.run(
            ClientPrograms.Library.NODE,
            nodes.folder("scripts"),
            "jobs",
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
}
