package io.redoubt.sentinel;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports to listen on, below those that the system gives to outgoing connections. */
final class FreePort {
  private static final int FIRST = 12_000;
  private static final int END = 32_000;

  private FreePort() {}

  /** A port that is free on the loopback interface. */
  static int take() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"))) {
        return socket.getLocalPort();
      } catch (IOException taken) {
        // The next one, then.
        continue;
      }
    }
  }
}
