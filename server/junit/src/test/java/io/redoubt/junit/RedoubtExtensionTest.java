package io.redoubt.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.redoubt.embedded.EmbeddedGroup;
import io.redoubt.embedded.EmbeddedServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs test classes, some of which fail. */
final class RedoubtExtensionTest {
  private static final Set<Integer> PORTS = ConcurrentHashMap.newKeySet();
  private static final CyclicBarrier BOTH = new CyclicBarrier(2);

  @Test
  void printsLogAndSlowCommandsOfAFailedTest() {
    PrintStream before = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
    TestExecutionSummary summary;
    try {
      summary = run(Failing.class);
    } finally {
      System.setErr(before);
    }
    assertThat(summary.getTestsFailedCount()).isEqualTo(1);
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .contains("breaks", "Server initialized", "SET slow 1");
  }

  @Test
  void givesConcurrentTestsTheirOwnServers() {
    PORTS.clear();
    TestExecutionSummary summary = run(Concurrent.class);
    assertThat(summary.getTestsSucceededCount()).isEqualTo(3);
    assertThat(PORTS).hasSize(3);
  }

  @Test
  void closesWhatItStarted() {
    run(Concurrent.class);
    long threads =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().equals("redis-server"))
            .count();
    run(Concurrent.class);
    assertThat(
            Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("redis-server"))
                .count())
        .isEqualTo(threads);
  }

  @Test
  void saysWhichParameterCannotBeHad() {
    TestExecutionSummary summary = run(Mistaken.class);
    assertThat(summary.getFailures()).hasSize(1);
    assertThat(summary.getFailures().getFirst().getException())
        .hasMessageContaining("EmbeddedServer is started here, not a EmbeddedGroup");
  }

  @Test
  void saysThatAClusterHasNoSentinels() {
    TestExecutionSummary summary = run(Contradictory.class);
    assertThat(summary.getFailures()).hasSize(1);
    assertThat(summary.getFailures().getFirst().getException())
        .hasMessageContaining("a cluster has no sentinels");
  }

  /** Each of the two waits for the other one. */
  @Test
  void givesClassesThatRunInParallelTheirOwnServers() {
    PORTS.clear();
    TestExecutionSummary summary = run(Left.class, Right.class);
    assertThat(summary.getTestsSucceededCount()).isEqualTo(2);
    assertThat(PORTS).hasSize(2);
  }

  private static TestExecutionSummary run(Class<?>... tests) {
    LauncherDiscoveryRequestBuilder builder = LauncherDiscoveryRequestBuilder.request();
    for (Class<?> each : tests) {
      builder.selectors(selectClass(each));
    }
    LauncherDiscoveryRequest request =
        builder
            .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
            .configurationParameter(
                "junit.jupiter.execution.parallel.mode.classes.default", "concurrent")
            .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
            .configurationParameter(
                "junit.jupiter.execution.parallel.config.fixed.parallelism", "3")
            .build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    return listener.getSummary();
  }

  /** Fails. */
  @RedoubtServers(config = "slowlog-log-slower-than 0")
  static final class Failing {
    @Test
    void breaks(EmbeddedServer server) {
      server.execute("SET", "slow", "1");
      throw new AssertionError("as intended");
    }
  }

  /** Three tests that run concurrently. */
  @RedoubtTest
  @Execution(ExecutionMode.CONCURRENT)
  static final class Concurrent {
    @Test
    void one(EmbeddedServer server) {
      count(server);
    }

    @Test
    void two(EmbeddedServer server) {
      count(server);
    }

    @Test
    void three(EmbeddedServer server) {
      count(server);
    }

    private static void count(EmbeddedServer server) {
      assertThat(server.execute("INCR", "n").number()).isEqualTo(1);
      PORTS.add(server.port());
    }
  }

  /** One of two classes that run in parallel. */
  @RedoubtTest
  static final class Left {
    @Test
    void countsAlone(EmbeddedServer server) throws Exception {
      countAlone(server);
    }
  }

  /** The other class. */
  @RedoubtTest
  static final class Right {
    @Test
    void countsAlone(EmbeddedServer server) throws Exception {
      countAlone(server);
    }
  }

  private static void countAlone(EmbeddedServer server) throws Exception {
    BOTH.await(30, TimeUnit.SECONDS);
    assertThat(server.execute("INCR", "n").number()).isEqualTo(1);
    PORTS.add(server.port());
    BOTH.await(30, TimeUnit.SECONDS);
  }

  /** Asks for a group where there is none. */
  @RedoubtTest
  static final class Mistaken {
    @Test
    void asks(EmbeddedGroup group) {
      group.close();
    }
  }

  /** Asks for a combination that is not allowed. */
  @RedoubtServers(masters = 3, sentinels = 1)
  static final class Contradictory {
    @Test
    void asks(URI uri) {
      throw new AssertionError(uri);
    }
  }
}
