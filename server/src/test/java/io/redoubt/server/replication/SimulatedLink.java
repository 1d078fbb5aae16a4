package io.redoubt.server.replication;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.server.replication.ReplicationNetwork.End;
import io.redoubt.server.replication.ReplicationNetwork.Wire;
import io.redoubt.server.replication.replica.MasterStream;
import io.redoubt.server.replication.stream.Handshake;
import io.redoubt.server.replication.stream.TransferFraming;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The replica's side of a simulated replication link: handshake, transfer of the data set, stream
 * of commands.
 */
final class SimulatedLink implements End, MasterStream.Target, TransferFraming.Sink {
  /** The bytes of the stream that a replica buffers during an interleaved full sync. */
  private static final long KEPT_BYTES = 2_000;

  private final SimulatedServer replica;
  private final Handshake handshake;
  private final StringBuilder line = new StringBuilder();
  private final ByteArrayOutputStream payload = new ByteArrayOutputStream();

  /** The part of the stream that arrived during the transfer. */
  private final ByteArrayOutputStream ahead = new ByteArrayOutputStream();

  private final Wire wire;
  private boolean connected;
  private boolean over;
  private @Nullable TransferFraming transfer;
  private @Nullable String transferId;
  private long transferOffset;
  private @Nullable MasterStream commands;
  private boolean inTransaction;
  private boolean ackWanted;
  private final List<String[]> queued = new ArrayList<>();

  /**
   * Opens a connection to a master.
   *
   * @param resumeFrom the position from which the replica can resume, null if it has none
   */
  SimulatedLink(
      SimulatedServer replica,
      SimulatedServer master,
      ReplicationNetwork network,
      Handshake.@Nullable ResumePoint resumeFrom) {
    this.replica = replica;
    handshake =
        new Handshake(
            new Handshake.Identity(
                List.of(),
                replica.port(),
                null,
                replica.interleaves() ? KEPT_BYTES : 0,
                true,
                1,
                null),
            resumeFrom,
            false);
    wire = network.connect(this);
    wire.setAccepted(new SimulatedFeed(master, network, wire));
    follow(handshake.connected());
  }

  boolean isConnected() {
    return connected;
  }

  @Override
  public void onBytes(byte[] bytes) {
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
          onLoaded();
          masterStream().receive(MemorySegment.ofArray(ahead.toByteArray()), 0, ahead.size());
          masterStream().receive(memory, rest, bytes.length);
        }
      } else {
        masterStream().receive(memory, at, bytes.length);
      }
      if (ackWanted && !over) {
        ackWanted = false;
        acknowledge();
      }
    } catch (ProtocolException e) {
      throw new AssertionError(e);
    }
  }

  private MasterStream masterStream() {
    if (commands == null) {
      commands = new MasterStream(replica.buffers(), new Limits(), this);
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
          transfer = new TransferFraming(replica.interleaves());
          transferId = full.id();
          transferOffset = full.offset();
        }
        case Handshake.Resume resume -> {
          replica.resumes(resume.newId());
          connected = true;
        }
        case Handshake.Abandon abandon -> fail();
        case Handshake.Say say -> {}
        case Handshake.SendLine sync -> throw new AssertionError("SYNC");
        case Handshake.FullResyncWithoutHistory none -> throw new AssertionError("SYNC");
        case Handshake.TakeoverRefused refused -> throw new AssertionError("refused");
      }
    }
  }

  private void onLoaded() {
    Map<String, String> data = new TreeMap<>();
    String text = payload.toString(ISO_8859_1);
    for (String entry : text.isEmpty() ? new String[0] : text.split("\n")) {
      int equals = entry.indexOf('=');
      data.put(entry.substring(0, equals), entry.substring(equals + 1));
    }
    replica.replaceData(data, String.valueOf(transferId), transferOffset);
    connected = true;
    acknowledge();
  }

  void acknowledge() {
    wire.send(0, RequestEncoder.encode("REPLCONF", "ACK", Long.toString(replica.offset())));
  }

  private void fail() {
    end();
    replica.retry();
  }

  @Override
  public void cut() {
    if (!over) {
      fail();
    }
  }

  void end() {
    over = true;
    replica.onLinkEnd(connected);
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
        queued.forEach(set -> replica.put(set[1], set[2]));
        queued.clear();
      }
      case "SET" -> {
        if (inTransaction) {
          queued.add(words);
        } else {
          replica.put(words[1], words[2]);
        }
      }
      case "REPLCONF" -> ackWanted = true;
      default -> assertThat(words[0]).isIn("PING", "SELECT");
    }
  }

  @Override
  public boolean takesFieldExpiry() {
    return true;
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
  public void onApplied(MemorySegment memory, long from, long to) {
    replica.onApplied(memory, from, to - from);
  }
}
