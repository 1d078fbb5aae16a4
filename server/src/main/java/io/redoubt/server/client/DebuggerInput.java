package io.redoubt.server.client;

import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Replaces a client at its connection while its script is debugged: input consists of debugger
 * commands instead of requests. They are polled one by one.
 */
public final class DebuggerInput implements Connection.Handler, AutoCloseable {
  private static final long MAX_BYTES = 1 << 20;

  private final ServerClient client;
  private final Connection connection;
  private final RequestDecoder decoder;
  private final ByteQueue bytes;
  private final Queue<List<ByteString>> commands = new ArrayDeque<>();
  private boolean ended;
  private boolean closed;
  private @Nullable Throwable cause;

  /** Creates the input of a client's debugger, which is empty before {@link #open}. */
  public DebuggerInput(ServerClient client) {
    this.client = client;
    connection = client.connection();
    decoder = new RequestDecoder(client.context().limits(), client.context().memory());
    bytes = new ByteQueue(client.context().memory());
  }

  /** Replaces the client at its connection. */
  public void open() {
    connection.setHandler(this);
  }

  /** Returns the words of the next command, or null if there is none yet. */
  public @Nullable List<ByteString> poll() {
    return commands.poll();
  }

  /** Returns true if no more commands follow. */
  public boolean isEnded() {
    // The event loop reports the end of a connection in a later turn, which can't run now.
    return commands.isEmpty() && (ended || !connection.isOpen());
  }

  @Override
  public void onOpen(Connection opened) {
    throw new IllegalStateException("the connection has been open");
  }

  @Override
  public void onBytes(Connection from, MemorySegment memory, long start, long end) {
    if (ended) {
      return;
    }
    bytes.append(memory, start, end - start, 0);
    try {
      decode();
    } catch (ProtocolException e) {
      ended = true;
    }
    if (bytes.usedBytes() > MAX_BYTES) {
      ended = true;
    }
  }

  private void decode() throws ProtocolException {
    Request request = new Request();
    while (true) {
      long after = decoder.decode(bytes.memory(), bytes.start(), bytes.end(), request);
      if (after == RequestDecoder.NEED_MORE) {
        return;
      }
      List<ByteString> words = new ArrayList<>();
      for (int i = 0; i < request.count(); i++) {
        words.add(request.string(i));
      }
      request.release();
      bytes.dropUntil(after);
      if (!words.isEmpty()) {
        commands.add(words);
      }
      if (bytes.isEmpty()) {
        return;
      }
    }
  }

  @Override
  public void onReadDone(Connection from) {}

  @Override
  public void onWritable(Connection to) {
    client.onWritable(to);
  }

  @Override
  public void onClose(Connection from, @Nullable Throwable reason) {
    ended = true;
    closed = true;
    cause = reason;
  }

  /** Returns the connection to the client, and reports its end if it was closed meanwhile. */
  @Override
  public void close() {
    connection.setHandler(client);
    bytes.clear();
    if (closed) {
      client.onClose(connection, cause);
    }
  }
}
