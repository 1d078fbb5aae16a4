package io.redoubt.server.cluster.bus;

import io.redoubt.protocol.net.Addresses;
import io.redoubt.protocol.net.Chunk;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.net.Listener;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.LimitedLog;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.MalformedMessage;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.message.MessageDecoder;
import io.redoubt.server.cluster.message.MessageStart;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The connections of the bus. Outgoing links have positive ids, inbound connections negative ones.
 * Confined to the event loop.
 */
final class BusConnections {
  private static final int CONNECT_TIMEOUT_MILLIS = 5000;
  private static final int FIRST_BUFFER = 4096;

  /** Limits the log: a stranger can send bad messages as fast as it can connect. */
  private static final int BAD_MESSAGES_PER_MINUTE = 10;

  /**
   * Detects a peer that vanished without closing; otherwise its inbound connection would seem alive
   * forever.
   */
  private static final int KEEP_ALIVE_SECONDS = 30;

  /**
   * The length in bytes above which a message is admitted by the heap gate first; no gossip is
   * longer.
   */
  private static final int LARGE_MESSAGE = 1 << 17;

  /**
   * The copies of a message that may exist at once: it is copied when its buffer grows, when it is
   * complete, and when it is decoded.
   */
  private static final long COPIES = 4;

  private final Transport transport;
  private final @Nullable InetAddress source;
  private final @Nullable Tls tls;
  private final LongSupplier sendLimitBytes;
  private final Cluster cluster;
  private final Consumer<Input> inputs;
  private final Log log;
  private final LimitedLog badMessages;
  private final Map<Integer, End> ends = new HashMap<>();
  private final List<Listener> listeners = new ArrayList<>();
  private final BusStats stats = new BusStats();
  private final LastEncoded encoded = new LastEncoded();
  private final Clock clock;
  private final HeapGate heap;
  private @Nullable Predicate<Body> dropped;
  private boolean accepting;
  private int lastInbound;

  /**
   * Creates the bus without connections.
   *
   * @param heap admits long messages
   * @param cluster the state machine, for reading
   * @param inputs receives inputs on the event loop, possibly during a call of this object
   */
  BusConnections(BusParts parts, HeapGate heap, Cluster cluster, Consumer<Input> inputs) {
    this.cluster = cluster;
    this.transport = parts.transport();
    this.source = parts.links().source();
    this.tls = parts.links().tls();
    this.sendLimitBytes = parts.links().sendLimitBytes();
    this.log = parts.log();
    this.clock = parts.clock();
    this.badMessages = new LimitedLog(log, clock, BAD_MESSAGES_PER_MINUTE);
    this.heap = heap;
    this.inputs = inputs;
  }

  void listen(InetSocketAddress address, int backlog, @Nullable Tls accepting) throws IOException {
    listeners.add(transport.listen(address, backlog, accepting, this::onAccepted));
  }

  /**
   * Starts to accept connections. Earlier ones are closed at once, because the state machine is not
   * running.
   */
  void accept() {
    accepting = true;
  }

  private void onAccepted(Connection connection) {
    if (!accepting) {
      connection.close();
      return;
    }
    End end = new End(--lastInbound);
    end.connection = connection;
    connection.setKeepAlive(KEEP_ALIVE_SECONDS);
    ends.put(end.id, end);
    connection.setHandler(end);
  }

  void connect(int link, Endpoint endpoint) {
    End end = new End(link);
    ends.put(link, end);
    InetSocketAddress remote = Addresses.of(endpoint.ip(), endpoint.busPort());
    transport.connect(remote, source, CONNECT_TIMEOUT_MILLIS, tls, end);
  }

  void disconnect(int id) {
    End end = ends.remove(id);
    if (end != null) {
      end.abandon();
    }
  }

  /** Sends a message; closes a connection whose peer does not read. */
  void send(int id, Message message) {
    send(id, message.body(), encoded.of(message));
  }

  /** Sends a light message; closes a connection whose peer does not read. */
  void sendLight(int id, Body.Publish body) {
    send(id, body, encoded.ofLight(body));
  }

  /** Ends a batch of sends: releases the cached encodings. */
  void endBatch() {
    encoded.forget();
  }

  private void send(int id, Body body, byte[] bytes) {
    End end = ends.get(id);
    Connection open = end == null ? null : end.connection;
    if (open == null || !open.isOpen()) {
      return;
    }
    long limit = sendLimitBytes.getAsLong();
    if (limit > 0 && open.queuedBytes() + bytes.length > limit) {
      log.warning(
          "Freeing cluster link to %s, exceeding output buffer limit", open.remoteAddress());
      stats.countLimitExceeded();
      open.close();
      return;
    }
    Chunk chunk = open.newChunk(bytes.length);
    MemorySegment.copy(
        bytes, 0, chunk.memory(), ValueLayout.JAVA_BYTE, chunk.start(), bytes.length);
    open.send(chunk, chunk.start() + bytes.length);
    open.flush();
    stats.countSent(body);
  }

  /** Closes the outgoing or the inbound connections of a node. */
  void kill(Node node, boolean outgoing) {
    for (End end : List.copyOf(ends.values())) {
      Node peer = end.id > 0 ? cluster.ofLink(end.id) : cluster.node(end.peer);
      if (end.id > 0 == outgoing && peer == node && end.connection != null) {
        end.connection.close();
      }
    }
  }

  /** Ignores matching messages on receipt, for tests; null for none. */
  void drop(@Nullable Predicate<Body> messages) {
    dropped = messages;
  }

  BusStats stats() {
    return stats;
  }

  long queuedBytes() {
    long bytes = 0;
    for (End end : ends.values()) {
      bytes += end.queuedBytes();
    }
    return bytes;
  }

  /** Returns the bytes of partial messages, which are on the Java heap. */
  long bufferedBytes() {
    long bytes = 0;
    for (End end : ends.values()) {
      bytes += end.buffer.length;
    }
    return bytes;
  }

  /** Returns the open connections to and from known nodes. */
  List<BusLink> links() {
    List<BusLink> links = new ArrayList<>();
    for (End end : ends.values()) {
      Node peer = end.id > 0 ? cluster.ofLink(end.id) : cluster.node(end.peer);
      if (peer != null && end.connection != null) {
        links.add(new BusLink(end.id > 0, peer.id(), end.createdMillis, end.queuedBytes()));
      }
    }
    return links;
  }

  /** Returns the number of connections, outgoing and inbound. */
  int count() {
    return ends.size();
  }

  void close() {
    listeners.forEach(Listener::close);
    listeners.clear();
    ends.values().forEach(End::abandon);
    ends.clear();
  }

  private static String ip(@Nullable InetSocketAddress address) {
    return address == null ? "" : Addresses.ip(address);
  }

  /** A connection and the partial message that has arrived on it. */
  private final class End implements Connection.Handler {
    private final int id;
    private final long createdMillis = clock.wallMillis();

    /** The id of the node at the other end, empty before its first message. */
    private String peer = "";

    private @Nullable Connection connection;
    private byte[] buffer = new byte[FIRST_BUFFER];
    private int filled;

    /** The remaining bytes of the current message to skip. */
    private int ignored;

    private boolean abandoned;

    End(int id) {
      this.id = id;
    }

    @Override
    public void onOpen(Connection opened) {
      if (abandoned) {
        opened.close();
        return;
      }
      connection = opened;
      if (id > 0) {
        inputs.accept(new Input.Connected(id));
      }
    }

    @Override
    public void onBytes(Connection from, MemorySegment memory, long start, long finish) {
      try {
        long at = start;
        while (at < finish && !abandoned) {
          if (ignored > 0) {
            int passed = (int) Math.min(ignored, finish - at);
            ignored -= passed;
            at += passed;
            continue;
          }
          at += take(memory, at, finish);
          if (filled == MessageStart.LIGHT_BYTES || filled == MessageStart.BYTES) {
            restrict();
          }
          if (filled >= MessageDecoder.PREFIX && filled == length()) {
            byte[] bytes = Arrays.copyOf(buffer, filled);
            filled = 0;
            onMessage(from, bytes);
          }
        }
      } catch (MalformedMessage e) {
        badMessages.warning(
            "Bad message on the cluster bus from %s: %s", from.remoteAddress(), e.getMessage());
        from.close();
      }
    }

    /** Copies bytes of one message; returns their number. */
    private int take(MemorySegment memory, long at, long finish) throws MalformedMessage {
      int wanted = wanted();
      int taken = (int) Math.min(wanted - filled, finish - at);
      // The buffer grows with the bytes that arrive, not with the announced length.
      if (filled + taken > buffer.length) {
        requireRoom(filled + taken);
        buffer = Arrays.copyOf(buffer, Math.max(filled + taken, Math.min(2 * filled, wanted)));
      }
      MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at, buffer, filled, taken);
      filled += taken;
      return taken;
    }

    /** Returns the length at which the next check is due, or that of the whole message. */
    private int wanted() throws MalformedMessage {
      if (filled < MessageDecoder.PREFIX) {
        return MessageDecoder.PREFIX;
      }
      int length = length();
      if (filled < MessageStart.LIGHT_BYTES) {
        return MessageStart.LIGHT_BYTES;
      }
      return filled < MessageStart.BYTES ? Math.min(length, MessageStart.BYTES) : length;
    }

    /**
     * Limits unknown senders to the headers of PING, PONG and MEET and skips everything else. Only
     * a short answer to a handshake on an outgoing link is read as a whole.
     */
    private void restrict() throws MalformedMessage {
      int length = length();
      if (filled == MessageStart.LIGHT_BYTES) {
        if (!MessageDecoder.isLight(buffer)) {
          return;
        }
        if (peer.isEmpty()) {
          throw new MalformedMessage("light message of an unknown sender");
        }
        if (!cluster.knows(peer)) {
          ignoreFrom(length);
        }
        return;
      }
      if (MessageDecoder.isLight(buffer) || cluster.knows(MessageStart.sender(buffer))) {
        return;
      }
      if (!MessageStart.isGossip(buffer)) {
        ignoreFrom(length);
        return;
      }
      MessageStart.requireGossipLength(buffer, length);
      Node linked = id > 0 ? cluster.ofLink(id) : null;
      if (linked == null || !linked.isInHandshake() || !MessageStart.isShort(buffer)) {
        ignored = length - filled;
        MessageStart.cut(buffer);
      }
    }

    private void ignoreFrom(int length) {
      ignored = length - filled;
      filled = 0;
    }

    /** Refuses a long message if the heap, all connections considered, has no room for it. */
    private void requireRoom(long bytes) throws MalformedMessage {
      if (bytes > LARGE_MESSAGE && !heap.admits(COPIES * bytes)) {
        throw new MalformedMessage("no room on the Java heap for its " + length() + " bytes");
      }
    }

    private int length() throws MalformedMessage {
      return MessageDecoder.length(ByteBuffer.wrap(buffer, 0, MessageDecoder.PREFIX));
    }

    long queuedBytes() {
      return connection == null || !connection.isOpen() ? 0 : connection.queuedBytes();
    }

    private void onMessage(Connection from, byte[] bytes) throws MalformedMessage {
      if (MessageDecoder.isLight(bytes)) {
        Body.Publish body = MessageDecoder.decodeLight(bytes);
        if (isTaken(body)) {
          inputs.accept(new Input.ReceivedLight(peer, body));
        }
        return;
      }
      Message message = MessageDecoder.decode(bytes);
      if (isTaken(message.body())) {
        peer = message.header().sender();
        inputs.accept(
            new Input.Received(
                id, ip(from.localInetAddress()), ip(from.remoteInetAddress()), message));
      }
    }

    private boolean isTaken(Body body) {
      stats.countReceived(body);
      return dropped == null || !dropped.test(body);
    }

    @Override
    public void onReadDone(Connection from) {
      if (filled == 0 && buffer.length > FIRST_BUFFER) {
        buffer = new byte[FIRST_BUFFER];
      }
    }

    @Override
    public void onWritable(Connection to) {
      // Nothing to do: each message is flushed at once, and send limits the pending output.
    }

    @Override
    public void onClose(Connection closed, @Nullable Throwable cause) {
      if (!abandoned) {
        abandoned = true;
        ends.remove(id, this);
        if (id > 0 || !peer.isEmpty()) {
          inputs.accept(new Input.Disconnected(id));
        }
      }
    }

    void abandon() {
      abandoned = true;
      if (connection != null) {
        connection.close();
      }
    }
  }
}
