package io.redoubt.server.simulation;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * From where a thread of the story asks servers what writes they have that were waited for. Nothing
 * disturbs its links.
 */
final class Desk {
  /** Where those writes are. */
  static final String DATABASE = "9";

  private static final int PATIENCE_MILLIS = 5_000;

  private final String host;
  private final Map<SimulatedNode, RespClient> connections = new IdentityHashMap<>();

  Desk(String host) {
    this.host = host;
  }

  /** The values of keys, as far as there are any; null when the server can't tell. */
  @Nullable List<Reply> values(SimulatedNode node, List<String> keys) {
    String[] words = new String[keys.size() + 1];
    words[0] = "MGET";
    for (int i = 0; i < keys.size(); i++) {
      words[i + 1] = keys.get(i);
    }
    Reply reply = null;
    if (node.isUp()) {
      reply = call(node, words);
      reply = reply == null ? call(node, words) : reply; // it was another server before
    }
    return reply instanceof Reply.Array values ? values.elements() : null;
  }

  private @Nullable Reply call(SimulatedNode node, String... words) {
    RespClient client = connections.get(node);
    try {
      if (client == null) {
        client = node.connect(host, PATIENCE_MILLIS);
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
