package io.redoubt.server.cluster.node;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.cluster.slot.SlotSet;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/** A client of a cluster that follows redirections and retries while nodes fail. */
final class ClusterClient implements AutoCloseable {
  private static final long RETRY_MILLIS = 50;

  private final List<Integer> ports;
  private final long patienceMillis;
  private final RandomGenerator random;
  private final Map<Integer, RespClient> connections = new HashMap<>();
  private final int[] owners = new int[SlotSet.SLOTS];
  private int asks;
  private int moves;

  /**
   * @param random chooses the node of the first attempt
   */
  ClusterClient(List<Integer> ports, long patienceMillis, RandomGenerator random) {
    this.ports = ports;
    this.patienceMillis = patienceMillis;
    this.random = random;
  }

  /** Returns the number of ASK redirections that were followed. */
  int asks() {
    return asks;
  }

  /** Returns the number of MOVED redirections that were followed. */
  int moves() {
    return moves;
  }

  /** Sends a command, whose first argument is its key, to the node that executes it. */
  Reply call(String... words) throws Exception {
    int slot = KeySlot.of(words[1].getBytes(ISO_8859_1));
    long end = System.currentTimeMillis() + patienceMillis;
    String last = "no attempt";
    while (System.currentTimeMillis() < end) {
      if (owners[slot] == 0) {
        owners[slot] = ports.get(random.nextInt(ports.size()));
      }
      int port = owners[slot];
      try {
        Reply reply = send(port, words);
        if (!(reply instanceof Reply.Error error)) {
          return reply;
        }
        last = error.message();
        String[] parts = last.split(" ", -1);
        switch (parts[0]) {
          case "MOVED" -> {
            moves++;
            owners[slot] = port(parts[2]);
            continue;
          }
          case "ASK" -> {
            asks++;
            send(port(parts[2]), "ASKING");
            Reply asked = send(port(parts[2]), words);
            if (!(asked instanceof Reply.Error)) {
              return asked;
            }
          }
          case "TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "READONLY" -> {}
          default -> {
            return reply;
          }
        }
      } catch (IOException e) {
        last = e.toString();
        RespClient broken = connections.remove(port);
        if (broken != null) {
          broken.close();
        }
      }
      owners[slot] = 0;
      Thread.sleep(RETRY_MILLIS); // as a client does before it retries
    }
    throw new IOException(String.join(" ", words) + ": " + last);
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  private Reply send(int port, String... words) throws IOException {
    RespClient client = connections.get(port);
    if (client == null) {
      client = RespClient.connect("127.0.0.1", port);
      connections.put(port, client);
    }
    byte[][] bytes = Stream.of(words).map(w -> w.getBytes(ISO_8859_1)).toArray(byte[][]::new);
    return client.call(bytes);
  }

  @Override
  public void close() throws IOException {
    for (RespClient each : connections.values()) {
      each.close();
    }
  }
}
