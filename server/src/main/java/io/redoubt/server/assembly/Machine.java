package io.redoubt.server.assembly;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.net.Sockets;
import io.redoubt.protocol.net.SystemSockets;
import io.redoubt.protocol.process.Threads;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.server.memory.Shortage;
import io.redoubt.server.memory.Slabs;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The machine that a server runs on, real or simulated: sockets, name resolver, threads, disk,
 * memory and Java heap. Time and randomness come from the {@link
 * io.redoubt.protocol.process.Environment}.
 *
 * @param sockets creates the sockets; called when the first one is needed, because netty's classes
 *     take a third of the startup time of a cold process, which other threads use meanwhile
 * @param names the resolver of host names, called on separate threads
 * @param memory creates the server's allocator, which reports shortages
 * @param heap the Java heap, which clients must not exhaust
 */
public record Machine(
    Supplier<Sockets> sockets,
    NameLookup names,
    Threads threads,
    Disk disk,
    Function<Consumer<Shortage>, Slabs> memory,
    HeapGate.Heap heap) {
  public static Machine real() {
    return real(SystemSockets::choose);
  }

  /** Returns the machine that this process runs on, with the given sockets. */
  public static Machine real(Supplier<Sockets> sockets) {
    return new Machine(
        sockets,
        NameLookup.ofSystem(),
        Threads.ofSystem(),
        new OsDisk(),
        Slabs::create,
        HeapGate.OF_PROCESS);
  }
}
