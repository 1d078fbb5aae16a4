package io.redoubt.server.assembly;

import io.redoubt.protocol.info.InfoLines;
import io.redoubt.protocol.info.Section;
import io.redoubt.protocol.net.IoThreadStats;
import io.redoubt.protocol.net.Transport;
import java.util.List;

/** The INFO fields of the threads of {@code io-threads}. */
final class IoThreadInfo {
  private static final long NANOS_PER_MICRO = 1000;

  private final Transport transport;

  IoThreadInfo(Transport transport) {
    this.transport = transport;
  }

  /** Returns true if threads serve connections now. */
  boolean areActive() {
    return transport.servingIoThreads() > 0;
  }

  /** Returns the number of reads by threads. */
  long reads() {
    return transport.ioThreadReads();
  }

  /** Returns the number of writes by threads. */
  long writes() {
    return transport.ioThreadWrites();
  }

  /** Declares the counters of moves and a line for each thread. */
  void declare(Section section) {
    section
        .number("io_threads_serving", transport::servingIoThreads)
        .counter("io_threads_joins", () -> transport.moveStats().joins())
        .counter("io_threads_leaves", () -> transport.moveStats().leaves())
        .counter("io_threads_moves", () -> transport.moveStats().connections())
        .lines(this::list);
  }

  private void list(InfoLines lines) {
    List<IoThreadStats> threads = transport.ioThreadStats();
    for (int i = 0; i < threads.size(); i++) {
      IoThreadStats thread = threads.get(i);
      lines.field(
          "io_thread_" + (i + 1),
          "clients="
              + thread.connections()
              + ",reads="
              + thread.reads()
              + ",writes="
              + thread.writes()
              + ",batches="
              + thread.batches()
              + ",wakeups="
              + thread.wakeUps()
              + ",busy_usec="
              + thread.busyNanos() / NANOS_PER_MICRO);
    }
  }
}
