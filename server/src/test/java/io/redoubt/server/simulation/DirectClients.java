package io.redoubt.server.simulation;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a thread of the simulation that asks servers for writes counted by WAIT. No
 * fault affects the links of their host.
 */
final class DirectClients {
  /** The database of those writes. */
  static final String DATABASE = "9";

  private static final int TIMEOUT_MILLIS = 5_000;

  private final String host;
  private final Map<SimulatedNode, RespClient> connections = new IdentityHashMap<>();

  DirectClients(String host) {
    this.host = host;
  }

  /**
   * Returns the values of keys, null replies for those that don't exist; null without an answer.
   */
  @Nullable List<Reply> values(SimulatedNode node, List<String> keys) {
    String[] words = new String[keys.size() + 1];
    words[0] = "MGET";
    for (int i = 0; i < keys.size(); i++) {
      words[i + 1] = keys.get(i);
    }
    Reply reply = null;
    if (node.isUp()) {
      reply = call(node, words);
      reply =
          reply == null
              ? call(node, words)
              : reply; // the connection was to the server before a restart
    }
    return reply instanceof Reply.Array values ? values.elements() : null;
  }

  private @Nullable Reply call(SimulatedNode node, String... words) {
    RespClient client = connections.get(node);
    try {
      if (client == null) {
        client = node.connect(host, TIMEOUT_MILLIS);
        connections.put(node, client);
        client.call("SELECT", DATABASE);
      }
      return client.call(words);
    } catch (IOException e) {
      connections.remove(node);
      return null;
    }
  }
}
