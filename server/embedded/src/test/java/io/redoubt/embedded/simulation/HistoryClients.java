package io.redoubt.embedded.simulation;

import io.redoubt.embedded.simulation.History.Event;
import io.redoubt.embedded.simulation.History.Kind;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.simulation.Simulation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Clients that write and read. They find the master through sentinels or try any server, and keep a
 * server as long as it answers.
 */
final class HistoryClients {
  static final String SET = "set";
  static final String LIST = "list";
  static final String COUNTER = "counter";
  static final String STREAM = "stream";

  private static final int CLIENTS = 4;
  private static final int REGISTERS = 3;
  private static final int TIMEOUT_MILLIS = 2_000;
  private static final int LONGEST_PAUSE_MILLIS = 120;
  private static final int REST_MILLIS = 100;

  /** Errors that prove that a command was not executed. */
  private static final List<String> REFUSALS =
      List.of("READONLY", "NOREPLICAS", "LOADING", "MASTERDOWN", "MISCONF", "NOAUTH");

  private final SimulatedGroup group;
  private final Simulation simulation;
  private final Random random;
  private final History history;
  private final Map<String, IdempotentProducer> producers = new TreeMap<>();
  private boolean early;
  private boolean stopping;
  private int running;
  private long values;

  HistoryClients(SimulatedGroup group, History history) {
    this.group = group;
    this.simulation = group.simulation();
    this.random = simulation.random();
    this.history = history;
  }

  /** Makes masters reply to these clients before replicas have acknowledged the write. */
  void replyEarly() {
    early = true;
  }

  /** Makes these clients add entries with idempotent ids to a stream, and do nothing else. */
  void appendIdempotently() {
    for (String host : hosts()) {
      boolean digested = producers.size() % 2 == 1;
      producers.put(host, new IdempotentProducer(host, digested, history));
    }
  }

  /** Returns the hosts of the clients. */
  static List<String> hosts() {
    List<String> hosts = new ArrayList<>();
    for (int i = 1; i <= CLIENTS; i++) {
      hosts.add("10.0.9." + i);
    }
    return hosts;
  }

  void start() {
    for (String host : hosts()) {
      running++;
      simulation.start("client " + host, () -> run(host));
    }
  }

  /** Stops the clients and waits for their end. */
  void stop() {
    stopping = true;
    while (running > 0) {
      simulation.sleep(REST_MILLIS);
    }
  }

  private void run(String host) {
    try {
      while (!stopping) {
        GroupServer server = find(host);
        if (server != null && server.isUp()) {
          serve(host, server);
        }
        simulation.sleep(1 + random.nextInt(REST_MILLIS));
      }
    } catch (Throwable t) {
      simulation.fail(t);
    }
    running--;
  }

  private @Nullable GroupServer find(String host) {
    List<GroupServer> servers = group.servers();
    if (random.nextInt(4) == 0) {
      return servers.get(random.nextInt(servers.size()));
    }
    String master = group.masterBySentinel(group.anySentinel(), host);
    return servers.stream().filter(each -> each.host().equals(master)).findFirst().orElse(null);
  }

  private void serve(String host, GroupServer server) {
    try (RespClient client = server.node().connect(host, TIMEOUT_MILLIS)) {
      if (early) {
        client.call("CLIENT", "WRITE-ACKS", "0");
      }
      while (!stopping && act(host, client, server)) {
        simulation.sleep(random.nextInt(LONGEST_PAUSE_MILLIS));
      }
    } catch (IOException e) {
      simulation.note(host + " to " + server + ": " + e.getMessage());
    }
  }

  private String newValue() {
    return "v" + ++values;
  }

  /** Executes one command; returns false if the client must look for another server. */
  private boolean act(String host, RespClient client, GroupServer server) throws IOException {
    IdempotentProducer producer = producers.get(host);
    if (producer != null) {
      String entry = producer.next(random);
      return call(client, server, Kind.APPEND, STREAM, entry, producer.command(STREAM, entry));
    }
    String value = newValue();
    String register = "register" + random.nextInt(REGISTERS);
    return switch (random.nextInt(10)) {
      case 0, 1 -> call(client, server, Kind.ADD, SET, value, "SADD", SET, value);
      case 2 -> call(client, server, Kind.PUSH, LIST, value, "RPUSH", LIST, value);
      case 3 -> call(client, server, Kind.INCREMENT, COUNTER, "", "INCR", COUNTER);
      case 4, 5 -> call(client, server, Kind.WRITE, register, value, "SET", register, value);
      case 6 -> call(client, server, Kind.SWAP, register, value, "SET", register, value, "GET");
      case 7, 8 -> call(client, server, Kind.READ, register, "", "GET", register);
      default -> {
        String earlier = "v" + (1 + random.nextLong(values));
        yield call(client, server, Kind.LOOK, SET, earlier, "SISMEMBER", SET, earlier);
      }
    };
  }

  private boolean call(
      RespClient client,
      GroupServer server,
      Kind kind,
      String key,
      String argument,
      String... words)
      throws IOException {
    if (!kind.writes() && !server.isMaster()) {
      return random.nextInt(4) > 0; // replicas promise nothing to readers
    }
    Event event = history.invoke(kind, server.host(), key, argument);
    try {
      Reply reply = client.call(words);
      if (!(reply instanceof Reply.Error error)) {
        if (kind.writes() || server.isMaster()) {
          history.onDone(event, reply instanceof Reply.Null ? null : reply.text());
        }
        return true;
      }
      if (REFUSALS.contains(error.code())) {
        history.onRefused(event);
        return random.nextInt(4) == 0;
      }
      if (!error.code().equals("UNACKED")) {
        throw new IllegalStateException(event + ": " + error.message());
      }
      return random.nextInt(3) > 0;
    } finally {
      simulation.note(event.toString());
    }
  }
}
