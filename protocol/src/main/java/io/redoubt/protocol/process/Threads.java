package io.redoubt.protocol.process;

/** Where the threads of a process come from that work beside its loop. */
@FunctionalInterface
public interface Threads {
  /** A thread that does not keep the process from ending; it is not started yet. */
  Thread unstarted(String name, Runnable task);

  /** Threads of the operating system. */
  static Threads ofSystem() {
    return (name, task) -> Thread.ofPlatform().name(name).daemon(true).unstarted(task);
  }
}
