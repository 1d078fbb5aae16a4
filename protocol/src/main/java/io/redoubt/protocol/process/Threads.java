package io.redoubt.protocol.process;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** Creates background threads, and parks threads that wait for them. */
@FunctionalInterface
public interface Threads {
  /** Returns an unstarted daemon thread. */
  Thread unstarted(String name, Runnable task);

  /**
   * Returns the times of the calling thread, which this factory created; empty if they are unknown.
   */
  default Optional<ThreadCpuTimes> ownTimes() {
    try {
      return Optional.of(ThreadCpuTimes.ofCallingThread());
    } catch (IOException e) {
      return Optional.empty(); // the kernel does not provide them
    }
  }

  /** Parks the calling thread until it is unparked, at most for a time; may return early. */
  default void parkNanos(long nanos) {
    LockSupport.parkNanos(this, nanos);
  }

  /** Returns a factory of platform threads. */
  static Threads ofSystem() {
    return (name, task) -> Thread.ofPlatform().name(name).daemon(true).unstarted(task);
  }
}
