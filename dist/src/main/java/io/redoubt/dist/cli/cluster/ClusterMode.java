package io.redoubt.dist.cli.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.cli.session.LineRunner;
import io.redoubt.dist.cli.session.Session;
import io.redoubt.dist.client.Target;
import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Objects;

/** Runs a subcommand of {@code --cluster}. Its output is that of Redis' client, without colors. */
public final class ClusterMode {
  private static final int MAX_PORT = 65_535;
  private static final String USAGE =
      "[ERR] Wrong number of arguments for specified --cluster sub command\n";

  private final ClusterOptions options;
  private final Target login;
  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;

  /**
   * Creates the mode.
   *
   * @param login the login and encryption for all nodes
   * @param in answers questions
   */
  public ClusterMode(
      ClusterOptions options, Target login, InputStream in, PrintStream out, PrintStream err) {
    this.options = options;
    this.login = login.withDatabase(0).withProtocol(0);
    this.in = in;
    this.out = out;
    this.err = err;
  }

  /** Returns the exit status. */
  public int run() {
    try (Topology topology = new Topology(login, out, err)) {
      return run(topology);
    } catch (ClusterException e) {
      String text = Objects.requireNonNullElse(e.getMessage(), "");
      out.print(text.isEmpty() ? "" : text + "\n");
    } catch (IOException | ProtocolException e) {
      out.flush();
      err.print("Error: " + Session.reason(e) + "\n");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 1;
  }

  private int run(Topology topology)
      throws IOException, ProtocolException, InterruptedException, ClusterException {
    List<String> arguments = options.arguments;
    String command = options.command == null ? "" : options.command;
    switch (command) {
      case "help" -> {
        out.print(ClusterHelp.TEXT);
        return 0;
      }
      case "create" -> {
        need(!arguments.isEmpty());
        return status(new Creation(this, topology).run());
      }
      case "add-node" -> {
        need(arguments.size() == 2);
        load(topology, arguments.get(1));
        return status(new Membership(this, topology).add(address(arguments.get(0))));
      }
      case "del-node" -> {
        need(arguments.size() == 2);
        load(topology, arguments.get(0));
        return status(new Membership(this, topology).remove(arguments.get(1)));
      }
      case "call" -> {
        need(arguments.size() >= 2);
        load(topology, arguments.get(0));
        return status(new Everywhere(this, topology).call(arguments.subList(1, arguments.size())));
      }
      case "set-timeout" -> {
        need(arguments.size() == 2);
        load(topology, arguments.get(0));
        return status(new Everywhere(this, topology).setTimeout(arguments.get(1)));
      }
      case "backup" -> {
        need(arguments.size() == 2);
        load(topology, arguments.get(0));
        return status(new Backup(topology, out, err).run(arguments.get(1)));
      }
      case "check", "info", "fix", "reshard", "rebalance", "import" -> {
        need(arguments.size() == 1 || arguments.size() == 2);
        load(topology, String.join(":", arguments));
        return status(examine(command, topology));
      }
      default -> {
        err.print("Unknown --cluster subcommand\n");
        return 1;
      }
    }
  }

  private boolean examine(String command, Topology topology)
      throws IOException, ProtocolException, InterruptedException, ClusterException {
    return switch (command) {
      case "info" -> new Everywhere(this, topology).info();
      case "check" -> {
        boolean unused = new Everywhere(this, topology).info();
        yield new Check(this, topology).run();
      }
      case "fix" -> new Repair(this, topology).run();
      case "reshard" -> new Resharding(this, topology).run();
      case "rebalance" -> new Rebalancing(this, topology).run();
      default -> new Import(this, topology, login).run();
    };
  }

  private static int status(boolean success) {
    return success ? 0 : 1;
  }

  private void need(boolean holds) throws ClusterException {
    if (!holds) {
      out.flush();
      err.print(USAGE);
      throw new ClusterException("");
    }
  }

  private static void load(Topology topology, String text)
      throws IOException, ProtocolException, ClusterException {
    Address address = address(text);
    topology.load(address.host(), address.port());
  }

  /** An address as it is written on a command line. */
  record Address(String host, int port) {}

  /** Reads {@code host:port}; a bus port after {@code @} is left out. */
  static Address address(String text) throws ClusterException {
    String plain = text.split("@", 2)[0];
    int colon = plain.lastIndexOf(':');
    try {
      int port = Integer.parseInt(plain.substring(colon + 1));
      if (colon > 0 && port > 0 && port <= MAX_PORT) {
        return new Address(plain.substring(0, colon), port);
      }
    } catch (NumberFormatException e) {
      // refused below
    }
    throw new ClusterException(
        "[ERR] Invalid arguments: you need to pass either a valid address"
            + " (ie. 120.0.0.1:7000) or space separated IP and port (ie. 120.0.0.1 7000)");
  }

  ClusterOptions options() {
    return options;
  }

  PrintStream out() {
    return out;
  }

  PrintStream err() {
    return err;
  }

  /** Prints a line about what is done next. */
  void step(String text) {
    out.print(">>> " + text + "\n");
    out.flush();
  }

  /** Asks a question that only {@code yes} accepts; {@code --cluster-yes} answers it. */
  boolean accepted(String question) throws IOException {
    out.print(question + " (type 'yes' to accept): ");
    if (options.agrees) {
      out.print("\n");
      return true;
    }
    return line().equals("yes");
  }

  /** Returns the answer to what was printed. */
  String line() throws IOException {
    out.flush();
    return new String(LineRunner.line(in), UTF_8).strip();
  }
}
