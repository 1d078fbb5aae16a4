package io.redoubt.protocol.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * TCP ports of the loopback address that nobody listens on, for tools and tests that must name a
 * port before the one who is to listen starts. They lie below the ports that the system gives to
 * outgoing connections, so that none of those takes one meanwhile.
 */
public final class FreePorts {
  private static final int FIRST = 10_240;
  private static final int END = 32_000;

  private FreePorts() {}

  /** One free port. */
  public static int one() {
    return several(1).getFirst();
  }

  /** Several free ports, all different. */
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
