package io.redoubt.dist.cli.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.cli.session.Session;
import io.redoubt.dist.client.Target;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Moves or copies the keys of a standalone server into a cluster. */
final class Import {
  private static final int KEYS_AT_ONCE = 1000;

  private final ClusterModeContext talk;
  private final DiscoveredCluster topology;
  private final Target login;
  private final PrintStream out;

  Import(ClusterModeContext talk, DiscoveredCluster topology, Target login) {
    this.talk = talk;
    this.topology = topology;
    this.login = login;
    this.out = talk.out();
  }

  boolean run() throws IOException, ProtocolException, ClusterException {
    ClusterModeOptions options = talk.options();
    if (options.from == null) {
      throw new ClusterException(
          "[ERR] Option '--cluster-from' is required for subcommand" + " 'import'.");
    }
    ArgumentAddress from = ArgumentAddress.read(options.from);
    if (options.fromAsksForPassword) {
      out.print("Please input password: ");
      options.fromPassword = talk.line();
    }
    talk.step(
        "Importing data from "
            + options.from
            + " to cluster "
            + topology.members().getFirst().address());
    if (!new ClusterCheck(talk, topology).run()) {
      return false;
    }
    talk.step("Connecting to the source Redis instance");
    Target source =
        new Target(
            from.host(),
            from.port(),
            null,
            options.fromUser,
            options.fromPassword,
            0,
            0,
            login.tls());
    try (Session session = new Session(source, out, talk.err())) {
      return session.connect() && move(new Member(session));
    }
  }

  private boolean move(Member source) throws IOException, ProtocolException, ClusterException {
    if (source.info("cluster", "cluster_enabled").equals("1")) {
      throw new ClusterException("[ERR] The source node should not be a cluster node.");
    }
    out.print("*** Importing " + source.ask("DBSIZE").number() + " keys from DB 0\n");
    List<byte[]> cursor = new ArrayList<>();
    cursor.add("0".getBytes(UTF_8));
    boolean good = true;
    do {
      Reply scanned =
          source.ask(
              List.of(
                  "SCAN".getBytes(UTF_8),
                  cursor.getFirst(),
                  "COUNT".getBytes(UTF_8),
                  Integer.toString(KEYS_AT_ONCE).getBytes(UTF_8)));
      for (Reply key : scanned.elements().get(1).elements()) {
        good &= key instanceof Reply.Bulk bulk && move(source, bulk.bytes());
      }
      cursor.set(0, scanned.elements().getFirst().text().getBytes(UTF_8));
    } while (!new String(cursor.getFirst(), UTF_8).equals("0"));
    return good;
  }

  private int slot(byte[] key) throws IOException, ProtocolException, ClusterException {
    Reply slot =
        topology
            .members()
            .getFirst()
            .ask(List.of("CLUSTER".getBytes(UTF_8), "KEYSLOT".getBytes(UTF_8), key));
    return (int) slot.number();
  }

  private boolean move(Member source, byte[] key)
      throws IOException, ProtocolException, ClusterException {
    int slot = slot(key);
    Member owner =
        topology.masters().stream().filter(each -> each.slots().get(slot)).findFirst().orElse(null);
    if (owner == null) {
      out.print("No node has the slot of " + new String(key, UTF_8) + "\n");
      return false;
    }
    ClusterModeOptions options = talk.options();
    List<byte[]> words = SlotMove.request(owner, key, options, options.copies, options.replaces);
    Reply reply = source.session().connection().call(words.toArray(byte[][]::new));
    String name = new String(key, UTF_8);
    if (reply.isError()) {
      out.print(
          "Migrating "
              + name
              + " to "
              + owner.address()
              + ": Source "
              + source.address()
              + " replied with error:\n"
              + reply.text()
              + "\n");
      return false;
    }
    out.print("Migrating " + name + " to " + owner.address() + ": OK\n");
    return true;
  }
}
