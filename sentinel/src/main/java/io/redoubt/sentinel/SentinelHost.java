package io.redoubt.sentinel;

import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.net.Sockets;
import io.redoubt.protocol.net.SystemSockets;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Threads;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.sentinel.runtime.StateFile;
import io.redoubt.sentinel.runtime.StateStore;
import io.redoubt.sentinel.settings.Timings;

/**
 * The environment of a sentinel, either its own process or one shared with other servers.
 *
 * @param environment time, log and randomness
 * @param lookup the resolver of host names, called on separate threads
 * @param sockets the sockets of its event loop
 * @param threads the threads that resolve names and save the state
 * @param heap the Java heap, which clients must not exhaust
 * @param stores opens the store of the state
 * @param timings the initial periods and limits, which SENTINEL DEBUG changes
 * @param crash ends the sentinel at once, for SENTINEL SIMULATE-FAILURE; called on the event loop
 */
public record SentinelHost(
    Environment environment,
    NameLookup lookup,
    Sockets sockets,
    Threads threads,
    HeapGate.Heap heap,
    StateStore.Opener stores,
    Timings timings,
    Runnable crash) {
  private static final int CRASH_STATUS = 99;

  /** Returns the environment of a process that runs only the sentinel. */
  public static SentinelHost ofProcess(Environment environment, NameLookup lookup) {
    return new SentinelHost(
        environment,
        lookup,
        SystemSockets.choose(),
        Threads.ofSystem(),
        HeapGate.OF_PROCESS,
        StateFile::open,
        Timings.DEFAULTS,
        () -> Runtime.getRuntime().halt(CRASH_STATUS));
  }
}
