package io.redoubt.server.lifecycle;

import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.ThreadCpuTimes;
import io.redoubt.protocol.process.Threads;
import io.redoubt.protocol.process.os.CpuList;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.util.Optional;

/**
 * Creates threads that bind themselves to configured processors first: {@code bio_cpulist} for the
 * append-only file, {@code aof_rewrite_cpulist} for rewrites and {@code bgsave_cpulist} for
 * snapshots.
 */
public final class BoundThreads implements Threads {
  private final Threads threads;
  private final ServerDirectives settings;
  private final Log log;

  /** Creates a factory that delegates to another one. */
  public BoundThreads(Threads threads, ServerDirectives settings, Log log) {
    this.threads = threads;
    this.settings = settings;
    this.log = log;
  }

  @Override
  public Thread unstarted(String name, Runnable task) {
    String processors =
        switch (name) {
          case AppendOnlyFile.THREAD -> settings.bioCpulist.value();
          case SnapshotContext.REWRITE_THREAD -> settings.aofRewriteCpulist.value();
          default -> settings.bgsaveCpulist.value();
        };
    return processors.isEmpty()
        ? threads.unstarted(name, task)
        : threads.unstarted(
            name,
            () -> {
              bind(processors, log);
              task.run();
            });
  }

  @Override
  public Optional<ThreadCpuTimes> ownTimes() {
    return threads.ownTimes();
  }

  @Override
  public void parkNanos(long nanos) {
    threads.parkNanos(nanos);
  }

  /**
   * Binds the calling thread to processors. A failure is only logged, since the binding is an
   * optimization.
   */
  public static void bind(String processors, Log log) {
    try {
      CpuList.parse(processors).bindCallingThread();
    } catch (IllegalArgumentException e) {
      log.warning("Can't bind a thread to processors: %s", e.getMessage());
    } catch (IOException e) {
      log.warning("Can't bind a thread to the processors %s: %s", processors, SystemErrors.text(e));
    }
  }
}
