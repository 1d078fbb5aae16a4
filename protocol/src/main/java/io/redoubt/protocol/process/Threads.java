package io.redoubt.protocol.process;

import java.io.IOException;
import java.util.Optional;

/** Where the threads of a process come from that work beside its loop. */
@FunctionalInterface
public interface Threads {
  /** A thread that does not keep the process from ending; it is not started yet. */
  Thread unstarted(String name, Runnable task);

  /** What the calling thread, one of these, has had of the processors; empty: nobody knows. */
  default Optional<ThreadTimes> ownTimes() {
    try {
      return Optional.of(ThreadTimes.own());
    } catch (IOException e) {
      return Optional.empty(); // the kernel does not tell
    }
  }

  /** Threads of the operating system. */
  static Threads ofSystem() {
    return (name, task) -> Thread.ofPlatform().name(name).daemon(true).unstarted(task);
  }
}
