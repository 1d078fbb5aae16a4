package io.redoubt.server.replication;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.server.replication.ReplicationNetwork.End;
import io.redoubt.server.replication.ReplicationNetwork.Wire;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.stream.Backlog;
import io.redoubt.server.replication.stream.Interleaving;
import io.redoubt.server.replication.stream.PsyncDecision;
import io.redoubt.server.replication.stream.ReplicationHistory;
import io.redoubt.server.replication.stream.TransferFrames;
import io.redoubt.server.replication.stream.TransferFraming;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The master's side of a simulated replication link: answers the handshake, sends a snapshot if
 * needed, then the stream.
 */
final class SimulatedFeed implements End {
  private final SimulatedServer master;
  private final ReplicationNetwork network;
  private final Wire wire;

  /** The master's number of crashes when it accepted the connection. */
  private final int life;

  private final ByteArrayOutputStream input = new ByteArrayOutputStream();
  private boolean online;
  private boolean waitsForAck;
  private long keptBytes;

  /** The alternation of snapshot and stream during an interleaved full sync. */
  private @Nullable Interleaving interleaving;

  private long cursor;
  private long acknowledged = -1;
  private boolean over;

  SimulatedFeed(SimulatedServer master, ReplicationNetwork network, Wire wire) {
    this.master = master;
    this.network = network;
    this.wire = wire;
    life = master.life();
    master.onAccepted(this);
  }

  /** Returns the offset of the next byte of the stream to send, 0 before there is one. */
  long cursor() {
    return cursor;
  }

  /** Returns true if the replica gets the stream and has acknowledged an offset. */
  boolean hasAcknowledged(long offset) {
    return online && acknowledged >= offset;
  }

  private boolean isOver() {
    return over || life != master.life();
  }

  @Override
  public void onBytes(byte[] bytes) {
    if (isOver()) {
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

  /** Returns the end of the request at an index, -1 if it is incomplete. */
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
    if (!master.isMaster() && !master.isLinkUp()) {
      send("-NOMASTERLINK\r\n");
      return;
    }
    ReplicationStream stream = master.stream();
    PsyncDecision decision = stream.decide(askedId, askedOffset, "replica");
    if (decision instanceof PsyncDecision.Resume resume) {
      stream.markShown();
      send("+CONTINUE " + master.id() + "\r\n");
      cursor = resume.offset();
      online = true;
      master.addFeed(this);
      pump();
      return;
    }
    if (stream.backlog() == null) {
      master.startHistory();
    }
    master.addFeed(this);
    network.later(
        network.random().nextInt(30),
        () -> {
          if (!isOver()) {
            snapshot();
          }
        });
  }

  private void snapshot() {
    if (!master.hasData()) {
      wire.cut();
      return;
    }
    master.countFullSync();
    master.stream().markShown();
    master.stream().encoder().restart();
    String mark = ReplicationHistory.randomId(network.random());
    cursor = master.offset() + 1;
    send("+FULLRESYNC " + master.id() + " " + master.offset() + "\r\n");
    StringBuilder text = new StringBuilder();
    master.data().forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
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

  /** Sends a snapshot in pieces, with delays in which the stream can be sent. */
  private void snapshotPiece(String left, Interleaving turns) {
    if (isOver()) {
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
    turns.onSnapshotSent(piece.length);
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
      turns.onStreamSent(bytes.length);
      frame(TransferFrames.Kind.COMMANDS, bytes);
    }
  }

  void pump() {
    Backlog backlog = master.stream().backlog();
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
    master.onClosed(this);
  }
}
