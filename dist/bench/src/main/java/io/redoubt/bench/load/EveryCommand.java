package io.redoubt.bench.load;

import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Calls each command of a server once, so that the statistics have an entry for each. */
public final class EveryCommand {
  /** Commands that end, empty or change the measured server, or never reply. */
  private static final Set<String> SKIPPED =
      Set.of(
          "bgrewriteaof",
          "bgsave",
          "config|resetstat",
          "debug",
          "failover",
          "flushall",
          "flushdb",
          "monitor",
          "psync",
          "replicaof",
          "save",
          "shutdown",
          "slaveof",
          "sync");

  private static final int NAME = 0;
  private static final int ARITY = 1;
  private static final int SUBCOMMANDS = 9;

  private final MeasuredServer server;
  private final List<String[]> requests = new ArrayList<>();

  /**
   * Prepares to call each command with its least number of arguments; most commands refuse them.
   */
  public EveryCommand(MeasuredServer server) throws IOException {
    this.server = server;
    for (Reply command : server.ask("COMMAND").elements()) {
      List<Reply> subcommands = command.elements().get(SUBCOMMANDS).elements();
      for (Reply each : subcommands.isEmpty() ? List.of(command) : subcommands) {
        String name = each.elements().get(NAME).text().toLowerCase(Locale.ROOT);
        if (!SKIPPED.contains(name)) {
          requests.add(request(name, (int) Math.abs(each.elements().get(ARITY).number())));
        }
      }
    }
  }

  private static String[] request(String name, int arity) {
    String[] words = name.split("\\|", -1);
    String[] request = Arrays.copyOf(words, Math.max(words.length, arity));
    Arrays.fill(request, words.length, request.length, "x");
    return request;
  }

  /** Calls each command over a new connection, because some leave theirs in another mode. */
  public void call() throws IOException {
    for (String[] request : requests) {
      nanos(request);
    }
  }

  /** Calls the commands, and drops the ones that take longer than the given time. */
  public void dropSlow(long limitNanos) throws IOException {
    List<String[]> fast = new ArrayList<>();
    for (String[] request : requests) {
      if (nanos(request) <= limitNanos) {
        fast.add(request);
      }
    }
    requests.clear();
    requests.addAll(fast);
  }

  private long nanos(String... request) throws IOException {
    try (RespClient client = RespClient.connect(MeasuredServer.HOST, server.port())) {
      long startNanos = System.nanoTime();
      client.call(request);
      return System.nanoTime() - startNanos;
    }
  }
}
