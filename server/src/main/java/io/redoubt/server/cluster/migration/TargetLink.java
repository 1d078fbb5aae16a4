package io.redoubt.server.cluster.migration;

import io.redoubt.protocol.net.Addresses;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.ReplyDecoder;
import io.redoubt.server.client.RequestQueue;
import io.redoubt.server.cluster.core.Node;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The source's connection to the target of a migration. Sends requests in order and passes replies
 * to their waiters. An error in reply to a request without a waiter ends the link.
 */
final class TargetLink implements Connection.Handler {
  private static final int CONNECT_TIMEOUT_MILLIS = 5000;

  /** The owner of a link. */
  interface User {
    /** The connection is established. */
    void onOpened();

    /** Replies have arrived. */
    void onProgress();

    /** The link has ended other than by {@link #close}. */
    void onBroken(String reason);
  }

  private record Awaited(long request, Consumer<Reply> reply) {}

  private final MigrationParts parts;
  private final User user;
  private final RequestQueue queue;
  private final ReplyDecoder decoder = ReplyDecoder.ofStatuses();
  private final Deque<Awaited> awaited = new ArrayDeque<>();
  private @Nullable Connection connection;
  private long replies;
  private long heardMillis;
  private boolean over;

  TargetLink(MigrationParts parts, User user) {
    this.parts = parts;
    this.user = user;
    queue = new RequestQueue(parts.clients().registry().memory(), parts.transport().loop());
    heardMillis = parts.nowMillis();
  }

  void connect(Node node) {
    try {
      int port =
          parts.addresses().port(node.endpoint(), parts.settings().tls.tlsReplication.value());
      parts
          .transport()
          .connect(
              Addresses.of(node.endpoint().ip(), port),
              parts.settings().common.sourceAddress(),
              CONNECT_TIMEOUT_MILLIS,
              parts.tls().client(),
              this);
    } catch (IOException e) {
      end("Can't connect to the target: " + e.getMessage());
    }
  }

  /** Authenticates like a replica, if {@code masterauth} is set. */
  void logIn() {
    List<String> login = parts.settings().replication.login();
    if (!login.isEmpty()) {
      queue.request(login.toArray(String[]::new));
    }
  }

  /** Sends a request and passes its reply, which may be an error, to the consumer. */
  void ask(Consumer<Reply> reply, String... words) {
    queue.request(words);
    awaited.add(new Awaited(queue.requests(), reply));
    queue.pump();
  }

  RequestQueue queue() {
    return queue;
  }

  /** Returns the number of requests without a reply. */
  long unanswered() {
    return queue.requests() - replies;
  }

  /** Returns the time of the last bytes from the target, in monotonic milliseconds. */
  long heardMillis() {
    return heardMillis;
  }

  @Override
  public void onOpen(Connection opened) {
    if (over) {
      opened.close();
      return;
    }
    connection = opened;
    opened.setKeepAlive(parts.settings().common.tcpKeepalive.value());
    heardMillis = parts.nowMillis();
    queue.setConnection(opened);
    user.onOpened();
  }

  @Override
  public void onBytes(Connection from, MemorySegment memory, long start, long end) {
    if (over) {
      return;
    }
    heardMillis = parts.nowMillis();
    decoder.feed(memory, start, end);
    try {
      Reply reply = decoder.next();
      while (reply != null && !over) {
        onReply(reply);
        reply = decoder.next();
      }
    } catch (ProtocolException e) {
      end("Protocol error from the target: " + e.getMessage());
    }
  }

  private void onReply(Reply reply) {
    replies++;
    Awaited next = awaited.peek();
    if (next != null && next.request() == replies) {
      awaited.remove();
      next.reply().accept(reply);
    } else if (reply instanceof Reply.Error error) {
      end("The target replied: " + error.message());
    }
  }

  @Override
  public void onReadDone(Connection from) {
    if (!over) {
      user.onProgress();
    }
  }

  @Override
  public void onWritable(Connection to) {
    if (!over) {
      queue.pump();
      user.onProgress();
    }
  }

  @Override
  public void onClose(Connection closed, @Nullable Throwable cause) {
    end(
        connection == null
            ? "Can't connect to the target"
            : "The connection to the target was lost");
  }

  private void end(String reason) {
    if (!over) {
      close();
      user.onBroken(reason);
    }
  }

  void close() {
    if (!over) {
      over = true;
      queue.close();
      if (connection != null) {
        connection.close();
      }
    }
  }
}
