package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Requests with an argument that is larger than the Java heap of the process that receives it. */
final class HugeRequests {
  /** The line of a start script that gives a process a heap smaller than {@link #HUGE_BYTES}. */
  static final String HEAP = Nodes.addOptions("-Xmx24m");

  static final int HUGE_BYTES = 27 << 20;

  /** Commands that end the server or its role, or never reply. */
  static final Set<String> LEFT_OUT =
      Set.of("shutdown", "debug", "sync", "psync", "replicaof", "slaveof", "failover", "monitor");

  private static final int REPLY_BYTES = 64;
  private static final int TIMEOUT_MILLIS = 30_000;
  private static final byte[] HUGE = new byte[HUGE_BYTES];

  static {
    Arrays.fill(HUGE, (byte) '1');
  }

  private HugeRequests() {}

  /**
   * Sends a request in which an empty word represents the huge argument, and waits for a reply or
   * the end of the connection.
   *
   * @return true if a reply came; the caller checks that the process is still running
   */
  static boolean send(NodeProcess node, List<String> words) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      var out = socket.getOutputStream();
      try {
        out.write(("*" + words.size() + "\r\n").getBytes(US_ASCII));
        for (String word : words) {
          byte[] bytes = word.isEmpty() ? HUGE : word.getBytes(US_ASCII);
          out.write(("$" + bytes.length + "\r\n").getBytes(US_ASCII));
          out.write(bytes);
          out.write(new byte[] {'\r', '\n'});
        }
      } catch (IOException closed) {
        return false;
      }
      return socket.getInputStream().read(new byte[REPLY_BYTES]) > 0;
    }
  }
}
