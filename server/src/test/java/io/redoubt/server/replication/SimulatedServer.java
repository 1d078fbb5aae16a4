package io.redoubt.server.replication;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.replication.SimulatedNetwork.End;
import io.redoubt.server.replication.SimulatedNetwork.Wire;
import io.redoubt.server.replication.stream.Backlog;
import io.redoubt.server.replication.stream.Handshake;
import io.redoubt.server.replication.stream.Interleaving;
import io.redoubt.server.replication.stream.PsyncDecision;
import io.redoubt.server.replication.stream.ReplicationHistory;
import io.redoubt.server.replication.stream.TransferFrames;
import io.redoubt.server.replication.stream.TransferFraming;
import io.redoubt.server.snapshot.ReplicationPoint;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A server of which the replication is real as far as it decides: stream, backlog and history,
 * handshake, PSYNC, framing of transfers, cutting of the master's stream into commands. Its data
 * set is a map of texts, and it crashes and restarts.
 */
final class SimulatedServer {
  private static final long BACKLOG_BYTES = 16 * 1024;
  private static final int RETRY = 100;

  /** How much of the stream a server keeps, if any, that comes along with a snapshot. */
  private static final long KEPT_BYTES = 2_000;

  /** What outlives a crash. */
  private record Saved(Map<String, String> data, @Nullable ReplicationPoint point) {}

  private final SimulatedNetwork network;
  private final List<SimulatedServer> all;
  private final Map<String, Integer> truth;
  private final int index;
  private final BufferMemory buffers = BufferMemory.offHeap();

  private ReplicationStream stream;
  private Map<String, String> data = new TreeMap<>();
  private Saved saved = new Saved(Map.of(), null);
  private boolean up = true;
  private int life;

  /** The server that this one follows, -1 when it is a master. */
  private int master = -1;

  private boolean canResume;
  private @Nullable Link link;
  private final List<Feed> feeds = new ArrayList<>();

  /** All that others have opened, also those that have not asked for the stream. */
  private final List<Feed> connections = new ArrayList<>();

  private long fullSyncs;

  /** The number of the latest write of each key that it has ever had. */
  private final Map<String, Long> latest = new HashMap<>();

  SimulatedServer(
      SimulatedNetwork network, List<SimulatedServer> all, Map<String, Integer> truth, int index) {
    this.network = network;
    this.all = all;
    this.truth = truth;
    this.index = index;
    stream = newStream();
  }

  /** Every other one has the stream come along with a snapshot. */
  private static boolean keepsStream(int index) {
    return index % 2 == 1;
  }

  private ReplicationStream newStream() {
    return new ReplicationStream(
        buffers, network.random(), () -> BACKLOG_BYTES, new Propagation(buffers), this::streamGrew);
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
    return link != null && link.connected;
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

  /** PING, and a question for acknowledgements, as the cron and WAIT have them. */
  void cron() {
    if (isMaster() && stream.backlog() != null) {
      if (network.random().nextBoolean()) {
        stream.ping();
      } else {
        stream.askForAcks();
      }
      note();
    }
    if (up && link != null && link.connected) {
      link.acknowledge();
    }
  }

  /** How many replicas have acknowledged an offset. */
  int acknowledged(long offset) {
    int count = 0;
    for (Feed feed : feeds) {
      if (feed.online && feed.acknowledged >= offset) {
        count++;
      }
    }
    return count;
  }

  /** Whether it has ever had that write of a key, or a later one. */
  boolean hasApplied(String key, long number) {
    return latest.getOrDefault(key, -1L) >= number;
  }

  private void put(String key, String value) {
    data.put(key, value);
    latest.merge(key, Long.parseLong(value.substring(0, value.indexOf(':'))), Math::max);
  }

  /** What is true of a place in a history is so on every server that comes there. */
  private void note() {
    if (stream.backlog() == null) {
      return; // nobody follows, so nothing is counted
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
      stream.history().takeBackPromotion();
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
    stream.history().promote(network.random());
    stream.forgetSelectedDatabase();
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
      List.copyOf(connections).forEach(Feed::drop);
      connections.clear();
      stream.freeBacklog();
    }
  }

  /** Starts from what was saved. */
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
        stream.history().promote(network.random());
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
            Link next = new Link();
            link = next;
            next.wire = network.connect(next);
            Feed feed = target.new Feed(next.wire);
            next.wire.accepted(feed);
            next.follow(next.handshake.connected());
          }
        });
  }

  private void retry() {
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
    Link current = link;
    if (current != null) {
      current.end();
    }
  }

  /** A replica's side of a connection to its master. */
  private final class Link implements End, MasterStream.Target, TransferFraming.Sink {
    private final Handshake handshake =
        new Handshake(
            new Handshake.Identity(
                null, null, 1 + index, null, keepsStream(index) ? KEPT_BYTES : 0),
            canResume ? new Handshake.ResumePoint(id(), offset() + 1) : null,
            false);
    private final StringBuilder line = new StringBuilder();
    private final ByteArrayOutputStream payload = new ByteArrayOutputStream();

    /** The stream that came along with the payload. */
    private final ByteArrayOutputStream ahead = new ByteArrayOutputStream();

    private Wire wire;
    private boolean connected;
    private boolean over;
    private @Nullable TransferFraming transfer;
    private @Nullable String transferId;
    private long transferOffset;
    private @Nullable MasterStream commands;
    private boolean inTransaction;
    private boolean ackWanted;
    private final List<String[]> queued = new ArrayList<>();

    @Override
    public void received(byte[] bytes) {
      if (over) {
        return;
      }
      MemorySegment memory = MemorySegment.ofArray(bytes);
      int at = 0;
      while (at < bytes.length && !handshake.isOver() && !over) {
        char next = (char) (bytes[at++] & 0xff);
        if (next == '\n') {
          String text = line.toString().replace("\r", "");
          line.setLength(0);
          follow(handshake.reply(text));
        } else {
          line.append(next);
        }
      }
      if (over || at == bytes.length) {
        return;
      }
      try {
        TransferFraming framing = transfer;
        if (framing != null) {
          long rest = framing.feed(memory, at, bytes.length, this);
          if (framing.state() == TransferFraming.State.COMPLETE) {
            transfer = null;
            loaded();
            stream().receive(MemorySegment.ofArray(ahead.toByteArray()), 0, ahead.size());
            stream().receive(memory, rest, bytes.length);
          }
        } else {
          stream().receive(memory, at, bytes.length);
        }
        if (ackWanted && !over) {
          ackWanted = false;
          acknowledge();
        }
      } catch (ProtocolException e) {
        throw new AssertionError(e);
      }
    }

    private MasterStream stream() {
      if (commands == null) {
        commands = new MasterStream(buffers, new Limits(), this);
      }
      return commands;
    }

    @Override
    public void payload(MemorySegment memory, long from, long length) {
      payload.writeBytes(memory.asSlice(from, length).toArray(ValueLayout.JAVA_BYTE));
    }

    @Override
    public void commands(MemorySegment memory, long from, long length) {
      ahead.writeBytes(memory.asSlice(from, length).toArray(ValueLayout.JAVA_BYTE));
      assertThat(ahead.size()).isLessThanOrEqualTo((int) KEPT_BYTES);
    }

    private void follow(List<Handshake.Output> outputs) {
      for (Handshake.Output output : outputs) {
        switch (output) {
          case Handshake.Send send ->
              wire.send(0, RequestEncoder.encode(send.words().toArray(String[]::new)));
          case Handshake.FullResync full -> {
            transfer = new TransferFraming(keepsStream(index));
            transferId = full.id();
            transferOffset = full.offset();
          }
          case Handshake.Resume resume -> {
            if (resume.newId() != null) {
              stream.history().branch(resume.newId());
              dropFeeds();
            }
            stream.openBacklog();
            note();
            connected();
          }
          case Handshake.Abandon abandon -> fail();
          case Handshake.Say say -> {}
          case Handshake.SendLine sync -> throw new AssertionError("SYNC");
          case Handshake.FullResyncWithoutHistory none -> throw new AssertionError("SYNC");
          case Handshake.TakeoverRefused refused -> throw new AssertionError("refused");
        }
      }
    }

    /** The whole data set has come: it takes the place of the old one. */
    private void loaded() {
      canResume = false;
      dropFeeds();
      stream.freeBacklog();
      data = new TreeMap<>();
      String text = payload.toString(ISO_8859_1);
      for (String entry : text.isEmpty() ? new String[0] : text.split("\n")) {
        int equals = entry.indexOf('=');
        put(entry.substring(0, equals), entry.substring(equals + 1));
      }
      stream.history().adopt(String.valueOf(transferId), transferOffset);
      stream.openBacklog();
      note();
      connected();
      acknowledge();
    }

    private void connected() {
      connected = true;
      canResume = false;
    }

    void acknowledge() {
      wire.send(0, RequestEncoder.encode("REPLCONF", "ACK", Long.toString(offset())));
    }

    private void fail() {
      end();
      retry();
    }

    @Override
    public void cut() {
      if (!over) {
        fail();
      }
    }

    void end() {
      over = true;
      link = null;
      if (connected) {
        canResume = true;
      }
      connected = false;
      if (commands != null) {
        commands.close();
      }
      wire.cut();
    }

    @Override
    public void lookAhead(Request[] batch, int count) {}

    @Override
    public void execute(Request request) {
      String[] words = new String[request.count()];
      for (int i = 0; i < words.length; i++) {
        words[i] = request.text(i);
      }
      switch (words[0]) {
        case "MULTI" -> inTransaction = true;
        case "EXEC" -> {
          inTransaction = false;
          queued.forEach(set -> put(set[1], set[2]));
          queued.clear();
        }
        case "SET" -> {
          if (inTransaction) {
            queued.add(words);
          } else {
            put(words[1], words[2]);
          }
        }
        case "REPLCONF" -> ackWanted = true;
        default -> assertThat(words[0]).isIn("PING", "SELECT");
      }
    }

    @Override
    public boolean goesOn() {
      return !over;
    }

    @Override
    public boolean inTransaction() {
      return inTransaction;
    }

    @Override
    public void applied(MemorySegment memory, long from, long to) {
      stream.append(memory, from, to - from);
      if (truth.containsKey(id() + ":" + offset())) {
        note();
      }
    }
  }

  // The replicas.

  private void streamGrew() {
    for (Feed feed : List.copyOf(feeds)) {
      feed.pump();
    }
    stream.retainFrom(
        feeds.stream()
            .mapToLong(feed -> feed.cursor)
            .filter(cursor -> cursor > 0)
            .min()
            .orElse(Long.MAX_VALUE));
  }

  private void dropFeeds() {
    List<Feed> gone = List.copyOf(feeds);
    feeds.clear();
    gone.forEach(Feed::drop);
  }

  /** A master's side of a connection to a replica. */
  private final class Feed implements End {
    private final Wire wire;
    private final int since = life;
    private final ByteArrayOutputStream input = new ByteArrayOutputStream();
    private boolean online;
    private boolean waitsForAck;
    private long keptBytes;

    /** How the stream goes along with a snapshot that is being sent. */
    private @Nullable Interleaving interleaving;

    private long cursor;
    private long acknowledged = -1;
    private boolean over;

    Feed(Wire wire) {
      this.wire = wire;
      connections.add(this);
    }

    @Override
    public void received(byte[] bytes) {
      if (over || since != life || !up) {
        return;
      }
      input.writeBytes(bytes);
      String text = input.toString(ISO_8859_1);
      int at = 0;
      while (!over) {
        int end = request(text, at);
        if (end < 0) {
          break;
        }
        List<String> words = new ArrayList<>();
        String[] lines = text.substring(at, end).split("\r\n", -1);
        for (int i = 2; i < lines.length; i += 2) {
          words.add(lines[i]);
        }
        at = end;
        run(words);
      }
      input.reset();
      input.writeBytes(text.substring(at).getBytes(ISO_8859_1));
    }

    /** The end of the request at some place, -1 when it is not whole. */
    private static int request(String text, int from) {
      int at = text.indexOf("\r\n", from);
      if (at < 0) {
        return -1;
      }
      int count = Integer.parseInt(text.substring(from + 1, at));
      for (int i = 0; i < 2 * count; i++) {
        at = text.indexOf("\r\n", at + 2);
        if (at < 0) {
          return -1;
        }
      }
      return at + 2;
    }

    private void run(List<String> words) {
      switch (words.getFirst()) {
        case "PING" -> send("+PONG\r\n");
        case "REPLCONF" -> {
          if (words.get(1).equals("ACK")) {
            acknowledged = Math.max(acknowledged, Long.parseLong(words.get(2)));
            if (waitsForAck) {
              waitsForAck = false;
              pump();
            }
          } else {
            keptBytes = Math.max(keptBytes, Interleaving.offeredBytes(words.getLast()));
            send("+OK\r\n");
          }
        }
        case "PSYNC" -> psync(words.get(1), Long.parseLong(words.get(2)));
        default -> throw new AssertionError(words);
      }
    }

    private void psync(String askedId, long askedOffset) {
      if (master >= 0 && !isLinkUp()) {
        send("-NOMASTERLINK\r\n");
        return;
      }
      stream.reachBackTo(askedOffset);
      PsyncDecision decision =
          PsyncDecision.of(askedId, askedOffset, stream.history(), stream.backlog(), "replica");
      if (decision instanceof PsyncDecision.Resume resume) {
        stream.history().shown();
        send("+CONTINUE " + id() + "\r\n");
        cursor = resume.offset();
        online = true;
        feeds.add(this);
        pump();
        return;
      }
      if (stream.backlog() == null) {
        stream.history().restart(network.random());
        stream.openBacklog();
        note();
      }
      feeds.add(this);
      network.later(
          network.random().nextInt(30),
          () -> {
            if (!over && up && since == life) {
              snapshot();
            }
          });
    }

    private void snapshot() {
      if (master >= 0 && !isLinkUp() && !canResume) {
        wire.cut(); // the data set is being replaced
        return;
      }
      fullSyncs++;
      stream.history().shown();
      stream.forgetSelectedDatabase();
      String mark = ReplicationHistory.randomId(network.random());
      cursor = offset() + 1;
      send("+FULLRESYNC " + id() + " " + offset() + "\r\n");
      StringBuilder text = new StringBuilder();
      data.forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
      if (keptBytes > 0) {
        interleaving = new Interleaving(keptBytes);
        wire.send(1, TransferFraming.interleavedHeader());
        snapshotPiece(text.toString(), interleaving);
        return;
      }
      wire.send(1, TransferFraming.markedHeader(mark));
      send(text.toString());
      send(mark);
      online = true;
      waitsForAck = true;
    }

    /** Sends a snapshot piece by piece, with time for the stream in between. */
    private void snapshotPiece(String left, Interleaving turns) {
      if (over || since != life) {
        return;
      }
      if (left.isEmpty()) {
        interleaving = null;
        frame(TransferFrames.Kind.END, new byte[0]);
        online = true;
        pump();
        return;
      }
      byte[] piece =
          left.substring(0, 1 + network.random().nextInt(left.length())).getBytes(ISO_8859_1);
      frame(TransferFrames.Kind.SNAPSHOT, piece);
      turns.snapshotSent(piece.length);
      network.later(
          network.random().nextInt(40), () -> snapshotPiece(left.substring(piece.length), turns));
    }

    private void frame(TransferFrames.Kind kind, byte[] content) {
      byte[] bytes = new byte[TransferFrames.PREFIX_BYTES + content.length];
      TransferFrames.putPrefix(MemorySegment.ofArray(bytes), 0, kind, content.length);
      System.arraycopy(content, 0, bytes, TransferFrames.PREFIX_BYTES, content.length);
      wire.send(1, bytes);
    }

    private void interleave(Interleaving turns, Backlog backlog) {
      long most = turns.allowance(network.random().nextBoolean());
      byte[] bytes = new byte[(int) Math.min(most, backlog.nextOffset() - cursor)];
      if (bytes.length > 0) {
        backlog.read(cursor, MemorySegment.ofArray(bytes), 0, bytes.length);
        cursor += bytes.length;
        turns.streamSent(bytes.length);
        frame(TransferFrames.Kind.COMMANDS, bytes);
      }
    }

    void pump() {
      var backlog = stream.backlog();
      Interleaving turns = interleaving;
      if (turns != null && backlog != null && !over) {
        interleave(turns, backlog);
      }
      if (!online || waitsForAck || over || backlog == null) {
        return;
      }
      if (cursor < backlog.nextOffset()) {
        byte[] bytes = new byte[(int) (backlog.nextOffset() - cursor)];
        backlog.read(cursor, MemorySegment.ofArray(bytes), 0, bytes.length);
        cursor += bytes.length;
        wire.send(1, bytes);
      }
    }

    private void send(String text) {
      wire.send(1, text.getBytes(ISO_8859_1));
    }

    void drop() {
      over = true;
      wire.cut();
    }

    @Override
    public void cut() {
      over = true;
      feeds.remove(this);
      connections.remove(this);
    }
  }
}
