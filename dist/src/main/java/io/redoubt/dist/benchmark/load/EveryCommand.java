package io.redoubt.dist.benchmark.load;

import io.redoubt.dist.benchmark.measure.MeasuredServer;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Calls each command of a server once, so that it counts under its name in the statistics. */
public final class EveryCommand {
  /** Commands that end or change what is measured, or never reply. */
  private static final Set<String> SKIPPED =
      Set.of(
          "bgrewriteaof",
          "bgsave",
          "config|resetstat",
          "debug",
          "failover",
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

  private EveryCommand() {}

  /**
   * Calls the commands with as many arguments as they need at least, most of which they refuse.
   * Each is called over a connection of its own, which some leave in another mode.
   */
  public static void call(MeasuredServer server) throws IOException {
    for (Reply command : server.ask("COMMAND").elements()) {
      List<Reply> subcommands = command.elements().get(SUBCOMMANDS).elements();
      for (Reply each : subcommands.isEmpty() ? List.of(command) : subcommands) {
        call(server, each);
      }
    }
  }

  private static void call(MeasuredServer server, Reply command) throws IOException {
    String name = command.elements().get(NAME).text().toLowerCase(Locale.ROOT);
    if (SKIPPED.contains(name)) {
      return;
    }
    String[] words = name.split("\\|", -1);
    int count = (int) Math.abs(command.elements().get(ARITY).number());
    String[] request = Arrays.copyOf(words, Math.max(words.length, count));
    Arrays.fill(request, words.length, request.length, "x");
    try (RespClient client = RespClient.connect(MeasuredServer.HOST, server.port())) {
      client.call(request);
    }
  }
}
