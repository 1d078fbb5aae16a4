package io.redoubt.protocol.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Finds free TCP ports of the loopback address, for tools and tests that must name a port before a
 * process listens on it. The ports, and those of a cluster bus 10 000 above them, are below the
 * ephemeral range, so that outgoing connections do not take them meanwhile. No port is another
 * one's bus port. A process returns a port again only after it has returned all others, so a port
 * may be bound some time later.
 *
 * <p>Processes that run in parallel, such as the forks of a build, each set {@code -Dredoubt.fork}
 * to their number, from 1. Processes with different numbers (modulo 8) never find the same port.
 */
public final class FreePorts {
  private static final int FIRST = 10_240;
  private static final int END = 20_240;
  private static final int FORKS = 8;
  private static final Integer FORK = Integer.getInteger("redoubt.fork");

  /** Counts the candidates from a random one on, so that processes without a number differ. */
  private static final AtomicInteger NEXT =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(END - FIRST));

  private FreePorts() {}

  public static int one() {
    return several(1).getFirst();
  }

  public static List<Integer> several(int count) {
    return IntStream.generate(FreePorts::next)
        .filter(FreePorts::isOurs)
        .filter(FreePorts::isFree)
        .limit(count)
        .boxed()
        .toList();
  }

  private static int next() {
    return FIRST + Math.floorMod(NEXT.getAndIncrement(), END - FIRST);
  }

  private static boolean isOurs(int port) {
    return FORK == null || port % FORKS == FORK % FORKS;
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
