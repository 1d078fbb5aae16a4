package io.redoubt.dist.cli.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.client.Target;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Moves slots with their keys from one master to another, while clients keep working. */
final class SlotMove {
  private static final String NOT_A_MASTER = "ERR Please use SETSLOT only with masters.";

  /** The position of the database in a request of MIGRATE. */
  private static final int DATABASE = 4;

  private final ClusterModeContext talk;
  private final DiscoveredCluster topology;

  SlotMove(ClusterModeContext talk, DiscoveredCluster topology) {
    this.talk = talk;
    this.topology = topology;
  }

  /** Moves a slot and announces its new owner to all masters. */
  void move(int slot, Member source, Member target)
      throws IOException, ProtocolException, ClusterException {
    open(slot, source, target);
    keys(slot, source, target, talk.options().replaces);
    close(slot, source, target);
    source.slots().clear(slot);
    target.slots().set(slot);
  }

  private static void open(int slot, Member source, Member target)
      throws IOException, ProtocolException, ClusterException {
    Reply unused = target.ask("CLUSTER", "SETSLOT", slot + "", "IMPORTING", source.id());
    unused = source.ask("CLUSTER", "SETSLOT", slot + "", "MIGRATING", target.id());
  }

  /**
   * Makes a node the owner of a slot. The target learns of it before the source: in the other
   * order, a crash of the target would leave the slot without an owner.
   */
  void close(int slot, Member source, Member target)
      throws IOException, ProtocolException, ClusterException {
    Reply unused = target.ask("CLUSTER", "SETSLOT", slot + "", "NODE", target.id());
    announce(source, slot, target);
    for (Member each : topology.masters()) {
      if (each != source && each != target) {
        announce(each, slot, target);
      }
    }
  }

  /**
   * Announces a slot's owner to a node. A master that lost its last slot may have become a replica.
   */
  private static void announce(Member member, int slot, Member owner)
      throws IOException, ProtocolException, ClusterException {
    Reply reply = member.call("CLUSTER", "SETSLOT", slot + "", "NODE", owner.id());
    if (reply instanceof Reply.Error error && !error.message().equals(NOT_A_MASTER)) {
      throw member.refused(error);
    }
  }

  /**
   * Moves the keys of a slot, those of each database into the same one.
   *
   * @param replaces overwrites keys that the target has already
   */
  void keys(int slot, Member source, Member target, boolean replaces)
      throws IOException, ProtocolException, ClusterException {
    try {
      boolean others = true;
      while (others) { // again until there are none, since clients may still write to the slot
        others = keysOfAll(slot, source, target, replaces);
      }
    } finally {
      source.select(0);
    }
  }

  /** Moves the keys of all databases; returns true if there were any in another than the first. */
  private boolean keysOfAll(int slot, Member source, Member target, boolean replaces)
      throws IOException, ProtocolException, ClusterException {
    boolean others = false;
    for (int database : source.databases()) {
      source.select(database);
      List<byte[]> keys = source.keys(slot, talk.options().pipeline);
      while (!keys.isEmpty()) {
        others |= database > 0;
        migrate(source, target, database, keys, replaces);
        keys = source.keys(slot, talk.options().pipeline);
      }
    }
    return others;
  }

  private void migrate(
      Member source, Member target, int database, List<byte[]> keys, boolean replaces)
      throws IOException, ProtocolException, ClusterException {
    List<byte[]> words = request(target, new byte[0], talk.options(), false, replaces);
    words.set(DATABASE, Integer.toString(database).getBytes(UTF_8));
    words.add("KEYS".getBytes(UTF_8));
    words.addAll(keys);
    Reply unused = source.ask(words);
  }

  /**
   * Returns a request to move a key to a node. With an empty key, KEYS and the keys must follow.
   *
   * @param copies leaves the key at its source, too
   * @param replaces overwrites a key that the target has already
   */
  static List<byte[]> request(
      Member target, byte[] key, ClusterModeOptions options, boolean copies, boolean replaces) {
    List<byte[]> words = new ArrayList<>();
    for (String word : List.of("MIGRATE", target.host(), target.port() + "")) {
      words.add(word.getBytes(UTF_8));
    }
    words.add(key);
    words.add("0".getBytes(UTF_8));
    words.add(Integer.toString(options.timeoutMillis).getBytes(UTF_8));
    if (copies) {
      words.add("COPY".getBytes(UTF_8));
    }
    if (replaces) {
      words.add("REPLACE".getBytes(UTF_8));
    }
    words.addAll(login(target));
    return words;
  }

  /** Returns the arguments with which MIGRATE authenticates at a node. */
  private static List<byte[]> login(Member target) {
    Target login = target.session().target();
    if (login.password() == null) {
      return List.of();
    }
    byte[] password = login.password().getBytes(UTF_8);
    return login.user() == null
        ? List.of("AUTH".getBytes(UTF_8), password)
        : List.of("AUTH2".getBytes(UTF_8), login.user().getBytes(UTF_8), password);
  }
}
