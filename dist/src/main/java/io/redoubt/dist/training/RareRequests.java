package io.redoubt.dist.training;

import io.redoubt.dist.process.NodeProcess;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Sends the requests that are rare, so that the JVM knows their classes when a client uses them
 * first: each command, messages, waiting, and keys that move. A few rounds suffice to load and link
 * the classes. TLS is left out: its classes would add 2 MB to the memory of each server.
 */
final class RareRequests {
  private static final String FILE = "requests.txt";
  private static final int ROUNDS = 3;
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final String HOST = "127.0.0.1";

  private final NodeProcess server;
  private final List<String> requests;

  RareRequests(NodeProcess server) throws IOException {
    this.server = server;
    try (InputStream lines = RareRequests.class.getResourceAsStream(FILE)) {
      String text =
          new String(Objects.requireNonNull(lines).readAllBytes(), StandardCharsets.UTF_8);
      requests = text.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).toList();
    }
  }

  /**
   * Runs everything a few times.
   *
   * @param peer a replica of the server, which receives keys that move and returns them
   */
  void run(NodeProcess peer) throws IOException {
    peer.ask("REPLICAOF", "NO", "ONE");
    for (int round = 1; round <= ROUNDS; round++) {
      try (RespClient client = server.connect()) {
        client.call("HELLO", round % 2 == 0 ? "3" : "2");
        for (String request : requests) {
          client.call(words(request, round));
        }
      }
      listen(round);
      server.ask("SET", "moving", "value");
      move(server, peer);
      move(peer, server);
    }
    peer.ask("REPLICAOF", HOST, server.port() + "");
  }

  private static void move(NodeProcess from, NodeProcess to) throws IOException {
    Reply moved = from.ask("MIGRATE", HOST, to.port() + "", "moving", "0", "1000", "REPLACE");
    if (moved instanceof Reply.Error error) { // as while the target is a replica
      throw new IOException("MIGRATE in the training: " + error.text());
    }
  }

  private static String[] words(String request, int round) {
    return Arrays.stream(request.split(" "))
        .map(word -> word.replace("{n}", round + "").replace('^', ' ').replace("\\n", "\n"))
        .toArray(String[]::new);
  }

  /** Waits for a message and for elements that another client sends. */
  private void listen(int round) throws IOException {
    try (RespClient waiting = server.connect()) {
      waiting.setTimeout(TIMEOUT_MILLIS);
      waiting.call("SUBSCRIBE", "channel");
      waiting.call("PSUBSCRIBE", "chan*");
      server.ask("PUBLISH", "channel", "message:" + round);
      waiting.receive();
    }
    try (RespClient waiting = server.connect()) {
      waiting.setTimeout(TIMEOUT_MILLIS);
      waiting.send("BLPOP", "awaited", "1");
      server.ask("RPUSH", "awaited", round + "");
      waiting.receive();
      waiting.send("XREAD", "BLOCK", "1000", "STREAMS", "awaited:stream", "$");
      server.ask("XADD", "awaited:stream", "*", "field", round + "");
      waiting.receive();
    }
  }
}
