package io.redoubt.embedded;

import io.redoubt.protocol.net.DirectConnection;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.ReplyDecoder;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.EOFException;
import java.io.UncheckedIOException;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * A client of a server in this process, without a socket: requests are handed to the server's
 * thread. Like a connection, it has its own database, transaction and user. All methods may be
 * called by any thread; requests are executed in the order of the calls, and a blocking command
 * delays the later ones.
 *
 * <p>Each request has one reply: SUBSCRIBE, MONITOR and CLIENT REPLY need a connection.
 */
public final class DirectClient implements AutoCloseable {
  private final Loop loop;
  private final BooleanSupplier ended;
  private final DirectConnection connection;
  private final ReentrantLock lock = new ReentrantLock(); // one order for calls and requests
  private final Queue<CompletableFuture<Reply>> calls = new ConcurrentLinkedQueue<>();
  private volatile String reason = "";
  private volatile boolean closed;

  /**
   * Opens a client.
   *
   * @param password empty for none
   * @param ended returns true once the server has ended
   */
  DirectClient(
      Loop loop,
      Function<DirectConnection.Receiver, DirectConnection> connector,
      String password,
      BooleanSupplier ended) {
    this.loop = loop;
    this.ended = ended;
    try {
      connection = connector.apply(new Replies());
    } catch (RejectedExecutionException e) {
      throw closedServer();
    }
    if (!password.isEmpty()) {
      send(RequestEncoder.encode("AUTH", password));
    }
  }

  /** Completes the calls, in order. */
  private final class Replies implements DirectConnection.Receiver {
    private final ReplyDecoder decoder = new ReplyDecoder();

    @Override
    public void onBytes(byte[] bytes) {
      decoder.feed(bytes);
      try {
        Reply reply = decoder.next();
        while (reply != null) {
          CompletableFuture<Reply> call = reply instanceof Reply.Push ? null : calls.poll();
          if (call != null) {
            call.complete(reply);
          } else if (reply instanceof Reply.Error(String message)) {
            reason = ": " + message; // such as too many clients
          }
          reply = decoder.next();
        }
      } catch (ProtocolException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void onClose() {
      end();
    }
  }

  /**
   * Executes a command and returns its reply, which may be an error.
   *
   * @throws IllegalStateException if the server is closed, or was shut down by a command
   * @throws UncheckedIOException if the server has closed this client
   */
  public Reply execute(String... words) {
    return result(send(RequestEncoder.encode(words)));
  }

  /**
   * Executes a command with binary arguments and returns its reply.
   *
   * @throws IllegalStateException if the server is closed, or was shut down by a command
   * @throws UncheckedIOException if the server has closed this client
   */
  public Reply execute(byte[]... arguments) {
    return result(send(RequestEncoder.encode(arguments)));
  }

  /**
   * Executes a command without waiting for its reply. Dependent actions without an executor run on
   * the server's thread and must not wait.
   */
  public CompletableFuture<Reply> submit(String... words) {
    return send(RequestEncoder.encode(words));
  }

  private CompletableFuture<Reply> send(byte[] request) {
    CompletableFuture<Reply> call = new CompletableFuture<>();
    lock.lock();
    try {
      calls.add(call);
      connection.send(request);
    } catch (RejectedExecutionException e) {
      end();
    } finally {
      lock.unlock();
    }
    if (closed) {
      end(); // the server may have ended before it saw this call
    }
    return call;
  }

  private Reply result(CompletableFuture<Reply> call) {
    if (loop.inLoop()) {
      throw new IllegalStateException("a call that waits, on the thread that is to answer it");
    }
    try {
      return call.get();
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof EOFException closing) {
        throw new UncheckedIOException(closing);
      }
      throw closedServer();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a reply", e);
    }
  }

  private static IllegalStateException closedServer() {
    return new IllegalStateException("the server is closed");
  }

  /** Returns false once the server or {@link #close} has closed it. */
  public boolean isOpen() {
    return !closed;
  }

  /** Fails all pending and later calls. */
  void end() {
    closed = true;
    for (CompletableFuture<Reply> call = calls.poll(); call != null; call = calls.poll()) {
      call.completeExceptionally(
          ended.getAsBoolean()
              ? closedServer()
              : new EOFException("connection closed by the server" + reason));
    }
  }

  /** Ends the client, as a disconnect does. */
  @Override
  public void close() {
    connection.close();
  }
}
