package io.redoubt.dist.quickstart;

import io.redoubt.dist.process.NodeProcess;
import io.redoubt.dist.process.Topology;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Shows the topology until the process ends. A terminal is repainted twice per second; other
 * outputs get the table whenever a role or a link has changed.
 */
final class LiveView {
  private static final int PERIOD_MILLIS = 500;

  /** Matches the id of a sentinel in an event, to shorten it to eight digits. */
  private static final Pattern ID = Pattern.compile("\\b([0-9a-f]{8})[0-9a-f]{32}\\b");

  private final Topology topology;
  private final PrintStream out;
  private final SentinelEvents events;

  LiveView(Topology topology, PrintStream out) {
    this.topology = topology;
    this.out = out;
    this.events = new SentinelEvents(topology.sentinels());
  }

  /** Shows the topology until the thread is interrupted. */
  void run() throws InterruptedException {
    Console console = System.console();
    events.start();
    if (console != null && console.isTerminal()) {
      repaint(new Screen(out));
    } else {
      printChanges();
    }
  }

  private void repaint(Screen screen) throws InterruptedException {
    while (true) {
      Screen.Size size = screen.size();
      screen.paint(picture(states(), events.all(), size.lines()), size);
      Thread.sleep(PERIOD_MILLIS);
    }
  }

  private void printChanges() throws InterruptedException {
    List<String> shownRoles = List.of();
    int shownEvents = 0;
    while (true) {
      List<ServerState> servers = states();
      List<String> roles = servers.stream().map(ServerState::summary).toList();
      if (!roles.equals(shownRoles)) {
        table(servers).forEach(out::println);
        if (shownRoles.isEmpty()) {
          connect(servers).forEach(out::println);
        }
        shownRoles = roles;
      }
      List<String> all = events.all();
      all.subList(shownEvents, all.size()).forEach(out::println);
      shownEvents = all.size();
      Thread.sleep(PERIOD_MILLIS);
    }
  }

  private List<ServerState> states() {
    return topology.servers().stream().map(LiveView::inspect).toList();
  }

  /** The state that a server reports; the role is "down" if it does not answer. */
  private record ServerState(
      int port, long pid, String role, String link, long offset, Map<String, String> info) {
    String summary() {
      return port + role + link;
    }
  }

  private static ServerState inspect(NodeProcess server) {
    try {
      Map<String, String> info = server.info("replication");
      boolean master = "master".equals(info.get("role"));
      return new ServerState(
          server.port(),
          server.pid(),
          master ? "master" : "replica",
          master ? "" : info.getOrDefault("master_link_status", ""),
          Long.parseLong(
              info.getOrDefault(master ? "master_repl_offset" : "slave_repl_offset", "0")),
          info);
    } catch (IOException e) {
      return new ServerState(server.port(), server.pid(), "down", "", 0, Map.of());
    }
  }

  /** Returns the lines of a screen; the latest events fill the remaining lines. */
  private List<String> picture(List<ServerState> servers, List<String> all, int most) {
    List<String> lines = new ArrayList<>(table(servers));
    lines.add("");
    List<String> connect = connect(servers);
    int room = Math.max(0, most - lines.size() - 2 - connect.size());
    if (room > 0) {
      lines.add("Events of the sentinels");
      all.subList(Math.max(0, all.size() - room), all.size())
          .forEach(event -> lines.add("  " + ID.matcher(event).replaceAll("$1")));
      lines.add("");
    }
    lines.addAll(connect);
    return lines;
  }

  private List<String> table(List<ServerState> servers) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%-18s %8s  %-8s %12s %8s %6s  %s",
            "server",
            "pid",
            "role",
            "offset",
            "behind",
            "lag",
            "link"));
    Optional<ServerState> master = master(servers);
    for (ServerState server : servers) {
      boolean replica = server.role().equals("replica");
      lines.add(
          String.format(
              Locale.ROOT,
              "127.0.0.1:%-8d %8d  %-8s %12d %8s %6s  %s",
              server.port(),
              server.pid(),
              server.role(),
              server.offset(),
              replica ? master.map(m -> behind(m, server)).orElse("") : "",
              replica ? master.map(m -> lag(m, server.port())).orElse("") : "",
              server.link()));
    }
    lines.add(
        topology.sentinels().stream()
            .map(sentinel -> sentinel.port() + (sentinel.isAlive() ? "" : " (down)"))
            .collect(Collectors.joining("  ", "sentinels          127.0.0.1:", "")));
    return lines;
  }

  private static Optional<ServerState> master(List<ServerState> servers) {
    return servers.stream().filter(server -> server.role().equals("master")).findFirst();
  }

  /** Returns the bytes of the replication stream that the replica has not applied yet. */
  private static String behind(ServerState master, ServerState replica) {
    return Long.toString(Math.max(0, master.offset() - replica.offset()));
  }

  /**
   * Returns the seconds since the replica's last acknowledgement, from the master's field {@code
   * slave0:ip=...,port=...,lag=1}.
   */
  private static String lag(ServerState master, int replicaPort) {
    for (Map.Entry<String, String> field : master.info().entrySet()) {
      if (field.getKey().startsWith("slave")
          && field.getValue().contains(",port=" + replicaPort + ",")) {
        return field.getValue().replaceFirst(".*,lag=", "") + " s";
      }
    }
    return "";
  }

  private List<String> connect(List<ServerState> servers) {
    int port = master(servers).orElse(servers.getFirst()).port();
    int sentinel = topology.sentinels().getFirst().port();
    List<String> lines = new ArrayList<>();
    lines.addAll(pages(topology.metricsPorts(), topology.metricsPorts().size() - 1));
    lines.addAll(hints(port, sentinel));
    return lines;
  }

  /**
   * Returns the addresses of pages and metrics.
   *
   * @param ports the ports of all processes, which may be none
   * @param watched the process whose page shows most
   */
  static List<String> pages(List<Integer> ports, int watched) {
    if (ports.isEmpty()) {
      return List.of();
    }
    return List.of(
        "Watch:       http://127.0.0.1:" + ports.get(watched) + "/",
        ports.stream()
            .map(String::valueOf)
            .collect(Collectors.joining(" ", "Metrics:     127.0.0.1, ports ", "")));
  }

  private static List<String> hints(int port, int sentinel) {
    return List.of(
        "Connect:     redis-cli -p " + port,
        "Ask for it:  redis-cli -p "
            + sentinel
            + " sentinel get-master-addr-by-name "
            + Topology.MASTER_NAME,
        "Try:         kill -9 the master's pid and watch. Ctrl-C stops all.");
  }
}
