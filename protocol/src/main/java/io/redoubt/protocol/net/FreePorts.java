package io.redoubt.protocol.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Finds free TCP ports of the loopback address, for tools and tests that must name a port before a
 * process listens on it. The ports are below the ephemeral range, so that outgoing connections do
 * not take them meanwhile.
 */
public final class FreePorts {
  private static final int FIRST = 10_240;
  private static final int END = 32_000;

  private FreePorts() {}

  /** Returns a free port. */
  public static int one() {
    return several(1).getFirst();
  }

  /** Returns several distinct free ports. */
  public static List<Integer> several(int count) {
    IntStream candidates = new Random().ints(FIRST, END);
    return candidates.distinct().filter(FreePorts::isFree).limit(count).boxed().toList();
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
