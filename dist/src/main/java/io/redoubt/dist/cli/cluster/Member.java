package io.redoubt.dist.cli.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.cli.session.Session;
import io.redoubt.dist.client.Target;
import io.redoubt.protocol.net.Addresses;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A node of a cluster: a connection to it, and its own view of the cluster from CLUSTER NODES. */
final class Member implements AutoCloseable {
  static final int SLOTS = 16_384;

  /** A node as another one lists it. */
  record Peer(String host, int port, String id, String flags) {
    boolean isReachable() {
      return !flags.contains("noaddr")
          && !flags.contains("handshake")
          && !List.of(flags.split(",", -1)).contains("fail");
    }
  }

  /** A line of INFO about a database. */
  private static final Pattern DATABASE = Pattern.compile("db(\\d{1,9}):");

  private final Session session;
  private final Target target;

  /** The selected database. */
  private int selected;

  private String id = "";
  private String epoch = "0";

  /** The port of the cluster bus that the node announces, empty if it announces none. */
  private String busPort = "";

  private @Nullable String masterId;
  private BitSet slots = new BitSet(SLOTS);
  private final Map<Integer, String> migrating = new TreeMap<>();
  private final Map<Integer, String> importing = new TreeMap<>();
  private final List<Peer> peers = new ArrayList<>();

  /** The slots by owner in this node's view, for comparison with other views. */
  private final Map<String, BitSet> owners = new TreeMap<>();

  Member(Session session) {
    this.session = session;
    this.target = session.target();
  }

  String host() {
    return target.host();
  }

  int port() {
    return target.port();
  }

  /** Returns the address as messages show it. */
  String address() {
    return host() + ":" + port();
  }

  String id() {
    return id;
  }

  /** Returns the epoch of the node's configuration. */
  String epoch() {
    return epoch;
  }

  boolean isReplica() {
    return masterId != null;
  }

  @Nullable String masterId() {
    return masterId;
  }

  BitSet slots() {
    return slots;
  }

  int slotCount() {
    return slots.cardinality();
  }

  /** Returns the migrating slots, each with the id of its target. */
  Map<Integer, String> migrating() {
    return migrating;
  }

  /** Returns the importing slots, each with the id of its source. */
  Map<Integer, String> importing() {
    return importing;
  }

  List<Peer> peers() {
    return peers;
  }

  Map<String, BitSet> owners() {
    return owners;
  }

  Session session() {
    return session;
  }

  /** Sets the role and slots planned for this node. */
  void plan(@Nullable String newMasterId, BitSet newSlots) {
    masterId = newMasterId;
    slots = newSlots;
  }

  /** Reads CLUSTER NODES. */
  void load() throws IOException, ProtocolException, ClusterException {
    masterId = null;
    slots = new BitSet(SLOTS);
    migrating.clear();
    importing.clear();
    peers.clear();
    owners.clear();
    for (String line : ask("CLUSTER", "NODES").text().split("\n", -1)) {
      String[] words = line.split(" ", -1);
      if (words.length >= 8) {
        node(words);
      }
    }
    if (id.isEmpty()) {
      throw new ClusterException("Error: " + address() + " does not know itself");
    }
  }

  private void node(String[] words) {
    BitSet owned = new BitSet(SLOTS);
    boolean myself = List.of(words[2].split(",", -1)).contains("myself");
    for (int i = 8; i < words.length; i++) {
      slots(words[i], owned, myself);
    }
    if (!owned.isEmpty()) {
      owners.put(words[0], owned);
    }
    if (myself) {
      id = words[0];
      epoch = words[6];
      String[] address = words[1].split("[@,]", -1);
      busPort = words[1].contains("@") ? address[1] : "";
      masterId = words[3].equals("-") ? null : words[3];
      slots = owned;
    } else {
      String address = words[1].split("[@,]", 2)[0];
      int colon = address.lastIndexOf(':');
      peers.add(
          new Peer(
              address.substring(0, colon),
              Integer.parseInt(address.substring(colon + 1)),
              words[0],
              words[2]));
    }
  }

  /** Parses a slot, a range of slots, or an open slot such as {@code [5->-ID]}. */
  private void slots(String word, BitSet owned, boolean myself) {
    if (word.startsWith("[")) {
      if (!myself) {
        return;
      }
      int arrow = Math.max(word.indexOf("->-"), word.indexOf("-<-"));
      if (arrow > 0) {
        int slot = Integer.parseInt(word.substring(1, arrow));
        String other = word.substring(arrow + 3, word.length() - 1);
        (word.charAt(arrow + 1) == '>' ? migrating : importing).put(slot, other);
      }
      return;
    }
    int dash = word.indexOf('-');
    int first = Integer.parseInt(dash < 0 ? word : word.substring(0, dash));
    int last = dash < 0 ? first : Integer.parseInt(word.substring(dash + 1));
    owned.set(first, last + 1);
  }

  /** Sends a command and returns its reply, which may be an error. */
  Reply call(String... words) throws IOException, ProtocolException {
    return session.connection().call(words);
  }

  /** Sends a command and returns its reply, which must not be an error. */
  Reply ask(String... words) throws IOException, ProtocolException, ClusterException {
    Reply reply = call(words);
    if (reply instanceof Reply.Error error) {
      throw refused(error);
    }
    return reply;
  }

  /** Sends a command and returns its reply, which must not be an error. */
  Reply ask(List<byte[]> arguments) throws IOException, ProtocolException, ClusterException {
    Reply reply = session.connection().call(arguments.toArray(byte[][]::new));
    if (reply instanceof Reply.Error error) {
      throw refused(error);
    }
    return reply;
  }

  ClusterException refused(Reply.Error error) {
    return new ClusterException(
        "[ERR] Node " + address() + " replied with error:\n" + error.message());
  }

  /** Makes this node meet another one, by IP address: CLUSTER MEET takes no host names. */
  void meet(Member other) throws IOException, ProtocolException, ClusterException {
    String address = Addresses.ip(InetAddress.getByName(other.host()));
    List<String> words = new ArrayList<>(List.of("CLUSTER", "MEET", address, other.port() + ""));
    if (!other.busPort.isEmpty()) {
      words.add(other.busPort);
    }
    Reply unused = ask(words.toArray(String[]::new));
  }

  /** Refuses a node that belongs to a cluster or has keys. */
  void requireEmpty() throws IOException, ProtocolException, ClusterException {
    if (!peers.isEmpty() || ask("DBSIZE").number() > 0) {
      throw new ClusterException(
          "[ERR] Node "
              + address()
              + " is not empty. Either the node already knows other nodes (check with CLUSTER"
              + " NODES) or contains some key in database 0.");
    }
  }

  /** Returns a field of INFO, empty if there is none. */
  String info(String section, String field)
      throws IOException, ProtocolException, ClusterException {
    for (String line : ask("INFO", section).text().split("\r?\n", -1)) {
      if (line.startsWith(field + ":")) {
        return line.substring(field.length() + 1);
      }
    }
    return "";
  }

  /** Returns the databases with keys, in ascending order; always with the first one. */
  List<Integer> databases() throws IOException, ProtocolException, ClusterException {
    SortedSet<Integer> used = new TreeSet<>(Set.of(0));
    for (String line : ask("INFO", "keyspace").text().split("\r?\n", -1)) {
      Matcher matcher = DATABASE.matcher(line);
      if (matcher.lookingAt()) {
        used.add(Integer.valueOf(matcher.group(1)));
      }
    }
    return List.copyOf(used);
  }

  /** Selects a database for the following commands. */
  void select(int database) throws IOException, ProtocolException, ClusterException {
    if (database != selected) {
      Reply unused = ask("SELECT", database + "");
      selected = database;
    }
  }

  /** Returns at most {@code most} keys of a slot of the selected database. */
  List<byte[]> keys(int slot, int most) throws IOException, ProtocolException, ClusterException {
    List<byte[]> keys = new ArrayList<>();
    for (Reply key : ask("CLUSTER", "GETKEYSINSLOT", slot + "", most + "").elements()) {
      keys.add(key instanceof Reply.Bulk bulk ? bulk.bytes() : key.text().getBytes(UTF_8));
    }
    return keys;
  }

  /** Returns the number of keys of a slot in all databases. */
  long countKeys(int slot) throws IOException, ProtocolException, ClusterException {
    long count = 0;
    for (int database : databases()) {
      select(database);
      count += ask("CLUSTER", "COUNTKEYSINSLOT", slot + "").number();
    }
    select(0);
    return count;
  }

  @Override
  public void close() {
    session.close();
  }
}
