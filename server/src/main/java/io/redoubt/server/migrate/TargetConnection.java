package io.redoubt.server.migrate;

import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.ReplyDecoder;
import io.redoubt.server.client.RequestQueue;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A connection to the target of migrations, used by one at a time and pooled in between. */
final class TargetConnection implements Connection.Handler {
  /** The selected database is unknown. */
  static final long UNKNOWN_DATABASE = -1;

  /** The migration that uses a connection. */
  interface User {
    /** Requests may be sent. */
    void onOpened();

    void onReply(Reply reply);

    /** Bytes were received, or the socket accepts more. */
    void onProgress();

    /** The connection failed. */
    void onLost();
  }

  private final RequestQueue queue;
  private final KeyMigrations owner;
  private final String address;
  private final ReplyDecoder decoder = ReplyDecoder.ofStatuses().skippingNewlines();
  private @Nullable Connection connection;
  private @Nullable User user;
  private boolean closed;
  private boolean introduced;
  private long selectedDatabase = UNKNOWN_DATABASE;
  private long usedAtMillis;

  TargetConnection(KeyMigrations owner, String address, User first) {
    this.owner = owner;
    this.address = address;
    user = first;
    queue = owner.newQueue();
  }

  String address() {
    return address;
  }

  RequestQueue queue() {
    return queue;
  }

  /** Assigns the connection to a migration, or to none while it is pooled. */
  void setUser(@Nullable User next) {
    user = next;
  }

  /** Returns true if requests may be sent. */
  boolean isOpen() {
    return connection != null && !closed;
  }

  /** Returns true on the first call only: capabilities are announced once per connection. */
  boolean introduces() {
    boolean first = !introduced;
    introduced = true;
    return first;
  }

  /** Returns the database selected at the target, or {@link #UNKNOWN_DATABASE}. */
  long selectedDatabase() {
    return selectedDatabase;
  }

  void setSelectedDatabase(long database) {
    selectedDatabase = database;
  }

  long usedAtMillis() {
    return usedAtMillis;
  }

  void setUsedAtMillis(long now) {
    usedAtMillis = now;
  }

  @Override
  public void onOpen(Connection opened) {
    if (closed) {
      opened.close();
      return;
    }
    connection = opened;
    opened.setKeepAlive(owner.keepAliveSeconds());
    queue.setConnection(opened);
    if (user != null) {
      user.onOpened();
    }
  }

  @Override
  public void onBytes(Connection from, MemorySegment memory, long start, long end) {
    if (closed) {
      return;
    }
    if (user == null) {
      fail(); // nothing was asked
      return;
    }
    user.onProgress();
    decoder.feed(memory, start, end);
    try {
      Reply reply = decoder.next();
      while (reply != null && user != null && !closed) {
        user.onReply(reply);
        reply = decoder.next();
      }
    } catch (ProtocolException e) {
      fail();
    }
  }

  @Override
  public void onReadDone(Connection from) {
    // nothing to do: onBytes handles replies
  }

  @Override
  public void onWritable(Connection to) {
    if (!closed) {
      queue.pump();
      if (user != null) {
        user.onProgress();
      }
    }
  }

  @Override
  public void onClose(Connection lost, @Nullable Throwable cause) {
    fail();
  }

  private void fail() {
    if (closed) {
      return;
    }
    User current = user;
    close();
    owner.forget(this);
    if (current != null) {
      current.onLost();
    }
  }

  /** Closes the connection without notifying its user. */
  void close() {
    if (!closed) {
      closed = true;
      user = null;
      queue.close();
      if (connection != null) {
        connection.close();
      }
    }
  }
}
