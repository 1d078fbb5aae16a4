package io.redoubt.dist.cli.cluster;

import io.redoubt.dist.cli.session.Session;
import io.redoubt.dist.client.Target;
import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Objects;

/**
 * Runs a subcommand of {@code --cluster}. The output equals that of Redis' client, without colors.
 */
public final class ClusterMode {
  private static final String USAGE =
      "[ERR] Wrong number of arguments for specified --cluster sub command\n";

  private final ClusterModeContext talk;
  private final Target login;

  /**
   * Creates the mode.
   *
   * @param login the login and encryption for all nodes
   * @param in answers questions
   */
  public ClusterMode(
      ClusterModeOptions options, Target login, InputStream in, PrintStream out, PrintStream err) {
    talk = new ClusterModeContext(options, in, out, err);
    this.login = login.withDatabase(0).withProtocol(0);
  }

  public int run() {
    try (DiscoveredCluster topology = new DiscoveredCluster(login, talk.out(), talk.err())) {
      return run(topology);
    } catch (ClusterException e) {
      String text = Objects.requireNonNullElse(e.getMessage(), "");
      talk.out().print(text.isEmpty() ? "" : text + "\n");
    } catch (IOException | ProtocolException e) {
      talk.out().flush();
      talk.err().print("Error: " + Session.reason(e) + "\n");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 1;
  }

  private int run(DiscoveredCluster topology)
      throws IOException, ProtocolException, InterruptedException, ClusterException {
    List<String> arguments = talk.options().arguments;
    String command = talk.options().command == null ? "" : talk.options().command;
    switch (command) {
      case "help" -> {
        talk.out().print(ClusterHelp.TEXT);
        return 0;
      }
      case "create" -> {
        need(!arguments.isEmpty());
        return status(new Creation(talk, topology).run());
      }
      case "add-node" -> {
        need(arguments.size() == 2);
        load(topology, arguments.get(1));
        return status(
            new MembershipChange(talk, topology).add(ArgumentAddress.read(arguments.get(0))));
      }
      case "del-node" -> {
        need(arguments.size() == 2);
        load(topology, arguments.get(0));
        return status(new MembershipChange(talk, topology).remove(arguments.get(1)));
      }
      case "call" -> {
        need(arguments.size() >= 2);
        load(topology, arguments.get(0));
        return status(new Everywhere(talk, topology).call(arguments.subList(1, arguments.size())));
      }
      case "set-timeout" -> {
        need(arguments.size() == 2);
        load(topology, arguments.get(0));
        return status(new Everywhere(talk, topology).setTimeout(arguments.get(1)));
      }
      case "backup" -> {
        need(arguments.size() == 2);
        load(topology, arguments.get(0));
        return status(new Backup(topology, talk.out(), talk.err()).run(arguments.get(1)));
      }
      case "check", "info", "fix", "reshard", "rebalance", "import" -> {
        need(arguments.size() == 1 || arguments.size() == 2);
        load(topology, String.join(":", arguments));
        return status(examine(command, topology));
      }
      default -> {
        talk.err().print("Unknown --cluster subcommand\n");
        return 1;
      }
    }
  }

  private boolean examine(String command, DiscoveredCluster topology)
      throws IOException, ProtocolException, InterruptedException, ClusterException {
    return switch (command) {
      case "info" -> new Everywhere(talk, topology).info();
      case "check" -> {
        boolean unused = new Everywhere(talk, topology).info();
        yield new ClusterCheck(talk, topology).run();
      }
      case "fix" -> new Repair(talk, topology).run();
      case "reshard" -> new Resharding(talk, topology).run();
      case "rebalance" -> new Rebalancing(talk, topology).run();
      default -> new Import(talk, topology, login).run();
    };
  }

  private static int status(boolean success) {
    return success ? 0 : 1;
  }

  private void need(boolean holds) throws ClusterException {
    if (!holds) {
      talk.out().flush();
      talk.err().print(USAGE);
      throw new ClusterException("");
    }
  }

  private static void load(DiscoveredCluster topology, String text)
      throws IOException, ProtocolException, ClusterException {
    ArgumentAddress address = ArgumentAddress.read(text);
    topology.load(address.host(), address.port());
  }
}
