package io.redoubt.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.replication.stream.Handshake;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A server with the real decisions of replication: stream, backlog and history, handshake, PSYNC,
 * framing of transfers, decoding of the master's stream. Its data set is a map of strings, and it
 * can crash and restart.
 */
final class SimulatedServer {
  private static final long BACKLOG_BYTES = 16 * 1024;
  private static final int RETRY = 100;

  /** The state that survives a crash. */
  private record Saved(Map<String, String> data, @Nullable ReplicationPoint point) {}

  private final ReplicationNetwork network;
  private final List<SimulatedServer> all;
  private final Map<String, Integer> truth;
  private final int index;
  private final BufferMemory buffers = BufferMemory.offHeap();

  private ReplicationStream stream;
  private Map<String, String> data = new TreeMap<>();
  private Saved saved = new Saved(Map.of(), null);
  private boolean up = true;
  private int life;

  /** The index of the server that this one follows, -1 for a master. */
  private int master = -1;

  private boolean canResume;
  private @Nullable SimulatedLink link;
  private final List<SimulatedFeed> feeds = new ArrayList<>();

  /** All incoming connections, including those that have not requested the stream. */
  private final List<SimulatedFeed> connections = new ArrayList<>();

  private long fullSyncs;

  /** The number of the latest write of each key that this server has ever applied. */
  private final Map<String, Long> latest = new HashMap<>();

  SimulatedServer(
      ReplicationNetwork network,
      List<SimulatedServer> all,
      Map<String, Integer> truth,
      int index) {
    this.network = network;
    this.all = all;
    this.truth = truth;
    this.index = index;
    stream = newStream();
  }

  private ReplicationStream newStream() {
    return new ReplicationStream(
        buffers,
        network.random(),
        () -> BACKLOG_BYTES,
        new Propagation(buffers),
        new Role(),
        this::streamGrew,
        () -> {});
  }

  boolean isUp() {
    return up;
  }

  boolean isMaster() {
    return up && master < 0;
  }

  int master() {
    return master;
  }

  String id() {
    return stream.history().id();
  }

  long offset() {
    return stream.offset();
  }

  Map<String, String> data() {
    return data;
  }

  long fullSyncs() {
    return fullSyncs;
  }

  boolean isLinkUp() {
    return link != null && link.isConnected();
  }

  @Override
  public String toString() {
    return "%d %s %s:%d of %d, %d keys"
        .formatted(index, up ? "up" : "down", id().substring(0, 6), offset(), master, data.size());
  }

  // Commands of clients.

  /** Writes a key, sometimes two in a transaction; returns the offset after it. */
  long write(String key, String value, boolean inTransaction) {
    if (inTransaction) {
      propagate("MULTI");
      propagate("SET", key + "!", value);
      data.put(key + "!", value);
    }
    data.put(key, value);
    propagate("SET", key, value);
    if (inTransaction) {
      propagate("EXEC");
    }
    note();
    return stream.offset();
  }

  private void propagate(String... words) {
    if (stream.backlog() != null) {
      byte[] bytes = RequestEncoder.encode(words);
      stream.propagate(0, MemorySegment.ofArray(bytes), 0, bytes.length);
    }
  }

  /** Sends PING or REPLCONF GETACK to replicas, or an acknowledgement to the master. */
  void cron() {
    if (isMaster() && stream.backlog() != null) {
      if (network.random().nextBoolean()) {
        stream.ping();
      } else {
        stream.askForAcks();
      }
      note();
    }
    if (up && link != null && link.isConnected()) {
      link.acknowledge();
    }
  }

  /** Returns the number of replicas that have acknowledged an offset. */
  int acknowledged(long offset) {
    int count = 0;
    for (SimulatedFeed feed : feeds) {
      if (feed.hasAcknowledged(offset)) {
        count++;
      }
    }
    return count;
  }

  /** Returns true if this server has ever applied a write of a key or a later one. */
  boolean hasApplied(String key, long number) {
    return latest.getOrDefault(key, -1L) >= number;
  }

  /** Applies a write of the master. */
  void put(String key, String value) {
    data.put(key, value);
    latest.merge(key, Long.parseLong(value.substring(0, value.indexOf(':'))), Math::max);
  }

  /** Compares the content with that of other servers at the same position of the history. */
  private void note() {
    if (stream.backlog() == null) {
      return; // the offset does not advance without replicas
    }
    Integer before = truth.putIfAbsent(id() + ":" + offset(), data.hashCode());
    assertThat(before == null ? data.hashCode() : before)
        .as("content of %s at %s:%d", this, id(), offset())
        .isEqualTo(data.hashCode());
  }

  // Roles.

  void follow(int newMaster) {
    if (!up || newMaster == index || newMaster == master) {
      return;
    }
    endLink();
    if (master < 0) {
      stream.takeBackPromotion();
      canResume = true;
      stream.openBacklog();
    }
    master = newMaster;
    connect();
  }

  void becomeMaster() {
    if (!up || master < 0) {
      return;
    }
    endLink();
    master = -1;
    canResume = false;
    stream.promote(0);
    dropFeeds();
    note();
  }

  void save() {
    if (up && (master < 0 ? stream.backlog() != null : canResume || isLinkUp())) {
      saved =
          new Saved(new TreeMap<>(data), new ReplicationPoint(0, id(), offset(), stream.tail()));
    } else if (up) {
      saved = new Saved(new TreeMap<>(data), null);
    }
  }

  void crash() {
    if (up) {
      up = false;
      life++;
      endLink();
      dropFeeds();
      List.copyOf(connections).forEach(SimulatedFeed::drop);
      connections.clear();
      stream.freeBacklog();
    }
  }

  /** Restarts the server with the saved state. */
  void restart() {
    if (up) {
      return;
    }
    up = true;
    stream = newStream();
    data = new TreeMap<>(saved.data);
    canResume = false;
    ReplicationPoint point = saved.point;
    if (point != null) {
      stream.restore(point);
      if (master < 0) {
        stream.promote(0);
      } else {
        canResume = true;
      }
    }
    note();
    if (master >= 0) {
      connect();
    }
  }

  void close() {
    crash();
  }

  // The link to the master.

  private void connect() {
    SimulatedServer target = all.get(master);
    int mine = life;
    network.later(
        1 + network.random().nextInt(20),
        () -> {
          if (up && life == mine && master == target.index && link == null) {
            if (!target.up) {
              retry();
              return;
            }
            Handshake.ResumePoint from =
                canResume ? new Handshake.ResumePoint(id(), offset() + 1) : null;
            link = new SimulatedLink(this, target, network, from);
          }
        });
  }

  /** Connects to the master after a delay, unless it follows another one by then. */
  void retry() {
    int mine = life;
    int wanted = master;
    network.later(
        RETRY,
        () -> {
          if (up && life == mine && master == wanted && master >= 0 && link == null) {
            connect();
          }
        });
  }

  private void endLink() {
    SimulatedLink current = link;
    if (current != null) {
      current.end();
    }
  }

  /** Returns true if this server accepts an interleaved full sync; every second one does. */
  boolean interleaves() {
    return index % 2 == 1;
  }

  /** Returns the port that it announces. */
  int port() {
    return 1 + index;
  }

  BufferMemory buffers() {
    return buffers;
  }

  /**
   * Starts a partial sync.
   *
   * @param newId the id of the history from here on, null if it is unchanged
   */
  void resumes(@Nullable String newId) {
    if (newId != null) {
      stream.branch(newId);
      dropFeeds();
    }
    stream.openBacklog();
    note();
    canResume = false;
  }

  /** Replaces the data set with the master's as of a position of its history. */
  void replaceData(Map<String, String> newData, String id, long offset) {
    dropFeeds();
    stream.freeBacklog();
    data = new TreeMap<>();
    newData.forEach(this::put);
    stream.adopt(id, offset);
    stream.openBacklog();
    note();
    canResume = false;
  }

  /** Appends executed bytes of the master's stream to its own backlog. */
  void onApplied(MemorySegment memory, long from, long length) {
    stream.append(memory, from, length);
    if (truth.containsKey(id() + ":" + offset())) {
      note();
    }
  }

  /** Records the end of the connection to the master. */
  void onLinkEnd(boolean wasConnected) {
    link = null;
    canResume |= wasConnected;
  }

  // The replicas.

  ReplicationStream stream() {
    return stream;
  }

  /** Returns the number of crashes. */
  int life() {
    return life;
  }

  /** Returns true if its data set is complete, as it is except during a full sync. */
  boolean hasData() {
    return master < 0 || isLinkUp() || canResume;
  }

  /** Starts a history and the backlog, for the first replica. */
  void startHistory() {
    stream.startNewHistory();
    stream.openBacklog();
    note();
  }

  void countFullSync() {
    fullSyncs++;
  }

  /** Adds an incoming connection. */
  void onAccepted(SimulatedFeed connection) {
    connections.add(connection);
  }

  /** Adds a connected replica, which gets the stream from now on. */
  void addFeed(SimulatedFeed replica) {
    feeds.add(replica);
  }

  void onClosed(SimulatedFeed connection) {
    feeds.remove(connection);
    connections.remove(connection);
  }

  private void streamGrew() {
    for (SimulatedFeed feed : List.copyOf(feeds)) {
      feed.pump();
    }
    stream.retainFrom(
        feeds.stream()
            .mapToLong(SimulatedFeed::cursor)
            .filter(cursor -> cursor > 0)
            .min()
            .orElse(Long.MAX_VALUE));
  }

  private void dropFeeds() {
    List<SimulatedFeed> gone = List.copyOf(feeds);
    feeds.clear();
    gone.forEach(SimulatedFeed::drop);
  }
}
