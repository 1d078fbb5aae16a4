package io.redoubt.dist.quickstart;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client of a cluster that follows redirections and remembers the node of each key. For use by
 * one thread at a time; other threads may read the counts of redirections.
 */
final class SlotClient implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 2_000;
  private static final int MAX_REDIRECTIONS = 16;

  private final List<Integer> ports;
  private final Map<Integer, RespClient> connections = new HashMap<>();
  private final Map<String, Integer> owners = new HashMap<>();
  private volatile long moves;
  private volatile long asks;
  private volatile String problem = "no reply yet";

  SlotClient(List<Integer> ports) {
    this.ports = List.copyOf(ports);
  }

  long moves() {
    return moves;
  }

  long asks() {
    return asks;
  }

  /** Returns the last reason why a key could not be reached. */
  String problem() {
    return problem;
  }

  /**
   * Sends requests for a key to its node. Follows a redirection by the first reply; returns null if
   * the connection breaks or nodes redirect in a circle.
   */
  @Nullable List<Reply> call(String key, String[]... requests) {
    boolean asking = false;
    int port = owners.getOrDefault(key, ports.getFirst());
    for (int tries = 0; tries < MAX_REDIRECTIONS; tries++) {
      try {
        RespClient client = connection(port);
        if (asking) {
          client.call("ASKING");
        }
        List<Reply> replies = client.pipeline(List.of(requests));
        Reply first = replies.getFirst();
        if (!first.isError()) {
          return replies;
        }
        problem = "127.0.0.1:" + port + " answers " + first.text();
        String[] words = first.text().split(" ", 3);
        asking = words[0].equals("ASK");
        if (!asking && !words[0].equals("MOVED")) {
          return replies;
        }
        port = Integer.parseInt(words[2].substring(words[2].lastIndexOf(':') + 1));
        count(asking);
        if (!asking) {
          owners.put(key, port);
        }
      } catch (IOException e) {
        problem = "127.0.0.1:" + port + ": " + e.getMessage();
        disconnect(port);
        owners.put(key, ports.get((ports.indexOf(port) + 1) % ports.size()));
        return null;
      }
    }
    return null;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // There is one writer.
  private void count(boolean asking) {
    if (asking) {
      asks++;
    } else {
      moves++;
    }
  }

  private RespClient connection(int port) throws IOException {
    RespClient client = connections.get(port);
    if (client == null) {
      client = RespClient.connect("127.0.0.1", port, TIMEOUT_MILLIS);
      connections.put(port, client);
    }
    return client;
  }

  private void disconnect(int port) {
    RespClient broken = connections.remove(port);
    if (broken != null) {
      try {
        broken.close();
      } catch (IOException e) {
        // The connection was broken before.
      }
    }
  }

  @Override
  public void close() {
    List.copyOf(connections.keySet()).forEach(this::disconnect);
  }
}
