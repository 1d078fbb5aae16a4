package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.net.Addresses;
import io.redoubt.protocol.net.Chunk;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.ReplyDecoder;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.sentinel.core.Link;
import io.redoubt.sentinel.core.NodeRequest;
import io.redoubt.sentinel.core.SentinelInput;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The connections to nodes and other sentinels. Confined to the event loop. */
final class NodeConnections {
  /** Long enough for the retransmission of a lost SYN, shorter than any reasonable down-after. */
  private static final int CONNECT_TIMEOUT_MILLIS = 3000;

  /**
   * The time without an answer after which another attempt starts while the earlier one continues.
   * The kernel would repeat a lost SYN only after 1 and 3 s: too late for a master that returns
   * from a partition and must be informed at once that it is deposed.
   */
  private static final int NEXT_ATTEMPT_MILLIS = 200;

  /** As above for TLS connections, where a stopped process still accepts TCP. */
  private static final int NEXT_TLS_ATTEMPT_MILLIS = 1000;

  /**
   * The time without acknowledgement of sent bytes after which the network counts as partitioned.
   */
  private static final int UNACKNOWLEDGED_MILLIS = 1500;

  /** The limit of a reply: any client that may publish at a node can send hellos of any length. */
  private static final long MAX_REPLY_BYTES = 1 << 20;

  private record End(int link, Link.Kind kind) {}

  private final Transport transport;
  private final @Nullable InetAddress source;
  private final @Nullable Tls tls;
  private final Consumer<SentinelInput> inputs;
  private final Map<End, NodeConnection> connections = new HashMap<>();

  private final HostNames names;

  /**
   * Creates the object without connections.
   *
   * @param inputs receives inputs on the event loop, possibly during a call of this object
   */
  NodeConnections(NodeDialer dialer, Consumer<SentinelInput> inputs) {
    this.transport = dialer.transport();
    this.source = dialer.source();
    this.tls = dialer.tls();
    this.inputs = inputs;
    this.names =
        new HostNames(
            transport.loop(),
            dialer.threads(),
            dialer.lookup(),
            (name, address) ->
                inputs.accept(new SentinelInput.Resolved(name, Addresses.ip(address))));
  }

  void connect(int link, Link.Kind kind, Address address) {
    NodeConnection connection = new NodeConnection(new End(link, kind));
    connections.put(connection.end, connection);
    try {
      open(connection, InetAddress.ofLiteral(address.host()), address.port());
    } catch (IllegalArgumentException e) {
      names.find(
          address.host(),
          found -> {
            if (found == null) {
              connection.fail("Can't resolve " + address.host());
            } else {
              open(connection, found, address.port());
            }
          });
    }
  }

  private void open(NodeConnection connection, InetAddress host, int port) {
    attempt(connection, new InetSocketAddress(host, port), CONNECT_TIMEOUT_MILLIS);
  }

  /** Attempts to connect until one attempt succeeds, one fails, or the time is up. */
  private void attempt(NodeConnection connection, InetSocketAddress remote, int remainingMillis) {
    if (connection.isDecided()) {
      return;
    }
    transport.connect(remote, source, remainingMillis, tls, new Attempt(connection));
    int next = tls == null ? NEXT_ATTEMPT_MILLIS : NEXT_TLS_ATTEMPT_MILLIS;
    if (remainingMillis > next) {
      transport.loop().schedule(() -> attempt(connection, remote, remainingMillis - next), next);
    }
  }

  /** Detaches a connection and returns the action that closes it. */
  Runnable disconnecting(int link, Link.Kind kind) {
    NodeConnection connection = connections.remove(new End(link, kind));
    if (connection == null) {
      return () -> {};
    }
    connection.abandoned = true;
    return connection::abandon;
  }

  /** Returns the action that sends a request if the current connection still exists. */
  Runnable sending(int link, Link.Kind kind, NodeRequest request) {
    NodeConnection connection = connections.get(new End(link, kind));
    return connection == null ? () -> {} : () -> connection.send(request);
  }

  void close() {
    connections.values().forEach(NodeConnection::abandon);
    connections.clear();
  }

  /** One of several concurrent attempts to connect to a node; the first to succeed is used. */
  private static final class Attempt implements Connection.Handler {
    private final NodeConnection target;

    Attempt(NodeConnection target) {
      this.target = target;
    }

    @Override
    public void onOpen(Connection opened) {
      if (target.isDecided()) {
        opened.close();
        return;
      }
      opened.setHandler(target);
      target.onOpen(opened);
    }

    @Override
    public void onBytes(Connection from, MemorySegment memory, long start, long finish) {
      // An unused connection was closed in onOpen.
    }

    @Override
    public void onReadDone(Connection from) {
      // See onBytes.
    }

    @Override
    public void onWritable(Connection to) {
      // See onBytes.
    }

    @Override
    public void onClose(Connection closed, @Nullable Throwable cause) {
      if (!target.isDecided()) {
        target.onClose(closed, cause);
      }
    }
  }

  /** A connection with its pending requests. */
  private final class NodeConnection implements Connection.Handler {
    private record Expected(NodeRequest request, int repliesBefore) {}

    private final End end;
    private final ReplyDecoder decoder = new ReplyDecoder(MAX_REPLY_BYTES);
    private final Deque<Expected> expected = new ArrayDeque<>();
    private int repliesSkipped;
    private @Nullable Connection connection;
    private boolean abandoned;

    NodeConnection(End end) {
      this.end = end;
    }

    /** Returns true if it is open, has failed, or is no longer needed. */
    boolean isDecided() {
      return abandoned || connection != null;
    }

    @Override
    public void onOpen(Connection opened) {
      connection = opened;
      opened.setUnacknowledgedTimeout(UNACKNOWLEDGED_MILLIS);
      InetSocketAddress local = opened.localInetAddress();
      String host = local == null ? "" : Addresses.ip(local.getAddress());
      inputs.accept(new SentinelInput.Connected(end.link(), end.kind(), host));
    }

    void send(NodeRequest request) {
      Connection open = connection;
      if (open == null || !open.isOpen()) {
        return;
      }
      for (List<String> command : request.commands()) {
        write(open, RequestEncoder.encode(command));
      }
      open.flush();
      expected.add(new Expected(request, request.commands().size() - 1));
    }

    private static void write(Connection open, byte[] bytes) {
      Chunk chunk = open.newChunk(bytes.length);
      MemorySegment.copy(
          bytes, 0, chunk.memory(), ValueLayout.JAVA_BYTE, chunk.start(), bytes.length);
      open.send(chunk, chunk.start() + bytes.length);
    }

    @Override
    public void onBytes(Connection from, MemorySegment memory, long start, long finish) {
      decoder.feed(memory, start, finish);
      try {
        Reply reply = decoder.next();
        while (reply != null && !abandoned) {
          onReply(reply);
          reply = decoder.next();
        }
      } catch (ProtocolException e) {
        from.close();
      }
    }

    private void onReply(Reply reply) {
      if (end.kind() == Link.Kind.EVENTS && reply instanceof Reply.Array(List<Reply> parts)) {
        if (parts.size() == 3 && isBulk(parts.get(0), "message")) {
          inputs.accept(new SentinelInput.HelloHeard(end.link(), parts.get(2).text()));
          return;
        }
      }
      Expected next = expected.peek();
      if (next == null) {
        return;
      }
      if (repliesSkipped < next.repliesBefore()) {
        repliesSkipped++;
        return;
      }
      repliesSkipped = 0;
      expected.remove();
      if (end.kind() == Link.Kind.COMMAND) {
        inputs.accept(new SentinelInput.Replied(end.link(), next.request(), answer(reply)));
      }
    }

    private static boolean isBulk(Reply reply, String word) {
      return reply instanceof Reply.Bulk && reply.text().equals(word);
    }

    @Override
    public void onReadDone(Connection from) {
      // Each request is flushed when it is sent.
    }

    @Override
    public void onWritable(Connection to) {
      // Requests are few and small; the core bounds the pending ones.
    }

    @Override
    public void onClose(Connection closed, @Nullable Throwable cause) {
      fail(cause == null ? "Server closed the connection" : SystemErrors.text(cause));
    }

    void fail(String reason) {
      if (!abandoned) {
        abandoned = true;
        connections.remove(end, this);
        inputs.accept(new SentinelInput.Disconnected(end.link(), end.kind(), reason));
      }
    }

    void abandon() {
      abandoned = true;
      Connection open = connection;
      if (open != null) {
        open.close();
      }
    }
  }

  private static Answer answer(Reply reply) {
    return switch (reply) {
      case Reply.Simple(String text) -> new Answer.Status(text);
      case Reply.Error(String message) -> new Answer.Failure(message);
      case Reply.Integer(long value) -> new Answer.Number(value);
      case Reply.Bulk bulk -> new Answer.Text(bulk.text());
      case Reply.Verbatim(String format, String value) -> new Answer.Text(value);
      case Reply.Array(List<Reply> elements) ->
          new Answer.Items(elements.stream().map(NodeConnections::answer).toList());
      default -> new Answer.Nothing();
    };
  }
}
