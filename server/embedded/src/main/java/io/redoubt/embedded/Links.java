package io.redoubt.embedded;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.net.Transport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The network between the members of a group, each known by its port. All methods may be called by
 * any thread except that of the network itself.
 */
final class Links implements AutoCloseable {
  /** A direction of dialing. */
  private record Way(int from, int to) {}

  private final Transport transport = Transport.open("redoubt-links", BufferMemory.offHeap());
  private final Set<Integer> members;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Way, Link> links = new HashMap<>(); // used with the lock

  /** Opens a network between the members with these ports. */
  Links(Set<Integer> members) {
    this.members = Set.copyOf(members);
  }

  /** Returns where a member finds an address: at a link if it belongs to another member. */
  InetSocketAddress route(int from, InetSocketAddress to) {
    return members.contains(to.getPort()) && to.getAddress().isLoopbackAddress()
        ? link(new Way(from, to.getPort()), to).address(to)
        : to;
  }

  private Link link(Way way, InetSocketAddress target) {
    lock.lock();
    try {
      Link link = links.get(way);
      if (link == null) {
        link = new Link(transport, target);
        links.put(way, link);
      }
      return link;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      lock.unlock();
    }
  }

  /** Changes the links between two members, whichever dials; returns once that is done. */
  void change(int one, int other, Consumer<Link> change) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Link there = link(new Way(one, other), target(other));
    Link back = link(new Way(other, one), target(one));
    transport
        .loop()
        .execute(() -> {
          change.accept(there);
          change.accept(back);
          done.complete(null);
        });
    done.join();
  }

  /** Completes when what the members have sent so far has been passed on. */
  CompletableFuture<Void> passed() {
    return Loops.passed(transport.loop());
  }

  private static InetSocketAddress target(int port) {
    return new InetSocketAddress("127.0.0.1", port);
  }

  @Override
  public void close() {
    transport.close();
  }
}
