package io.redoubt.embedded;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.net.Transport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The network between the members of a group, identified by their first ports. All methods may be
 * called by any thread except that of the network itself.
 */
final class MemberLinks implements AutoCloseable {
  /** A dialing direction: from a member to a port of another one. */
  private record Way(int from, int to) {}

  private final Transport transport = Transport.open("redoubt-links", BufferMemory.offHeap());
  private final Map<Integer, List<Integer>> members = new HashMap<>(); // by each port of the member
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Way, MemberLink> links = new HashMap<>(); // guarded by the lock

  /** Opens a network between members with the given ports. */
  MemberLinks(List<List<Integer>> ports) {
    for (List<Integer> member : ports) {
      member.forEach(port -> members.put(port, List.copyOf(member)));
    }
  }

  /**
   * Returns the address that a member dials to reach an address: a link if another member owns it.
   */
  InetSocketAddress route(int from, InetSocketAddress to) {
    return members.containsKey(to.getPort()) && to.getAddress().isLoopbackAddress()
        ? link(new Way(from, to.getPort()), to).address(to)
        : to;
  }

  private MemberLink link(Way way, InetSocketAddress target) {
    lock.lock();
    try {
      MemberLink link = links.get(way);
      if (link == null) {
        link = new MemberLink(transport, target);
        links.put(way, link);
      }
      return link;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Changes the links between two members in both dialing directions; returns when that is done.
   */
  void change(int one, int other, Consumer<MemberLink> change) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    List<MemberLink> there = links(one, other);
    List<MemberLink> back = links(other, one);
    transport
        .loop()
        .execute(() -> {
          there.forEach(change);
          back.forEach(change);
          done.complete(null);
        });
    done.join();
  }

  private List<MemberLink> links(int from, int to) {
    return Objects.requireNonNull(members.get(to)).stream()
        .map(port -> link(new Way(from, port), new InetSocketAddress("127.0.0.1", port)))
        .toList();
  }

  /** Completes when everything that the members have sent so far has been forwarded. */
  CompletableFuture<Void> passed() {
    return Loops.passed(transport.loop());
  }

  @Override
  public void close() {
    transport.close();
  }
}
