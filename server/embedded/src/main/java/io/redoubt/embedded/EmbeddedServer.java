package io.redoubt.embedded;

import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.directive.BindAddress;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A running data server. It has an event loop and memory of its own and shares nothing with other
 * servers of the process; it installs no signal handler or shutdown hook, and writes to no standard
 * stream. All methods may be called by any thread.
 *
 * <p>{@link #close} gives back threads, ports, memory and temporary files. A process that ends
 * without it leaves a folder {@code redoubt-*} in the system's folder for temporary files.
 */
public final class EmbeddedServer implements AutoCloseable {
  private final RedisServer server;
  private final InetSocketAddress address;
  private final String password;
  private final DataFolder data;
  private final Log log;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final ReentrantLock clientLock = new ReentrantLock(); // one request at a time
  private volatile @Nullable RespClient client;

  private EmbeddedServer(
      RedisServer server, InetSocketAddress address, String password, DataFolder data, Log log) {
    this.server = server;
    this.address = address;
    this.password = password;
    this.data = data;
    this.log = log;
    server.ended().thenRun(this::disconnect); // after a SHUTDOWN nobody answers
  }

  static EmbeddedServer start(ServerDirectives settings, DataFolder data)
      throws IOException, FatalConfigError {
    Clock clock = Clock.system();
    Log log = SystemLog.of(clock, settings);
    boolean freePort = settings.common.port.value() == 0;
    RedisServer server = new RedisServer(settings, clock, log, new SecureRandom(), freePort);
    try {
      server.start().get();
      return new EmbeddedServer(
          server,
          new InetSocketAddress(host(settings), server.port()),
          settings.common.requirepass.value(),
          data,
          log);
    } catch (ExecutionException failure) {
      server.close();
      throw new IOException("the data can't be loaded: " + failure.getCause(), failure.getCause());
    } catch (InterruptedException e) {
      server.close();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while starting", e);
    } catch (IOException | RuntimeException failure) {
      server.close();
      throw failure;
    }
  }

  /** Returns the first address that the server binds, by which this process can reach it. */
  private static String host(ServerDirectives settings) {
    List<BindAddress> addresses = settings.common.bind.value();
    String first = addresses.isEmpty() ? "*" : addresses.getFirst().host();
    return switch (first) {
      case "*" -> "127.0.0.1";
      case "::*" -> "::1";
      default -> first;
    };
  }

  /** Returns the address of the server without TLS. */
  public InetSocketAddress address() {
    return address;
  }

  /** Returns the port of {@link #address}. */
  public int port() {
    return address.getPort();
  }

  /** Returns the URI that clients take, {@code redis://[:password@]host:port}. */
  public URI uri() {
    String host = address.getHostString();
    // Form encoding writes a blank as +, which is a plus in the user part of a URI.
    String secret = URLEncoder.encode(password, StandardCharsets.UTF_8).replace("+", "%20");
    return URI.create(
        "redis://%s%s:%d"
            .formatted(
                password.isEmpty() ? "" : ":" + secret + "@",
                host.contains(":") ? "[" + host + "]" : host,
                port()));
  }

  /**
   * Returns fields of INFO as text.
   *
   * @param sections such as {@code memory}; all of INFO's default without one
   */
  public String info(String... sections) {
    String[] words = new String[sections.length + 1];
    words[0] = "INFO";
    System.arraycopy(sections, 0, words, 1, sections.length);
    return execute(words).text();
  }

  /**
   * Executes a command and returns its reply, which may be an error. All threads share one
   * connection over the loopback interface, in turn: a command that blocks delays the others.
   *
   * @throws IllegalStateException if the server is closed, or was shut down by a command
   * @throws UncheckedIOException if the connection breaks
   */
  public Reply execute(String... words) {
    clientLock.lock();
    try {
      return connected().call(words);
    } catch (IOException failure) {
      disconnect(); // the reply to this request must not answer the next one
      requireOpen();
      throw new UncheckedIOException(failure.getMessage(), failure);
    } finally {
      clientLock.unlock();
    }
  }

  private RespClient connected() throws IOException {
    requireOpen();
    RespClient current = client;
    if (current == null) {
      current = RespClient.connect(address.getHostString(), port(), 0);
      client = current;
      if (isEnded()) {
        disconnect(); // the end may have come too early to see it
        requireOpen();
      }
      if (!password.isEmpty()) {
        current.call("AUTH", password);
      }
    }
    return current;
  }

  private boolean isEnded() {
    return closed.get() || server.ended().isDone();
  }

  private void requireOpen() {
    if (isEnded()) {
      throw new IllegalStateException("the server is closed");
    }
  }

  private void disconnect() {
    RespClient current = client;
    client = null;
    if (current != null) {
      try {
        current.close();
      } catch (IOException failure) {
        log.debug("Closing a connection: %s", failure.getMessage());
      }
    }
  }

  /** Ends the server without saving. Has no effect if it is closed already. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    disconnect();
    server.close();
    try {
      data.close();
    } catch (IOException failure) {
      log.warning("Can't delete %s: %s", data.path(), failure.getMessage());
    }
  }
}
