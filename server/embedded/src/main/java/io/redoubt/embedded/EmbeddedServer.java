package io.redoubt.embedded;

import io.netty.channel.Channel;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.directive.BindAddress;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.net.DirectClientChannel;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.RedisServer;
import io.redoubt.server.assembly.Machine;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A running data server. It has its own event loop and memory and shares nothing with other servers
 * of the process. It installs no signal handler or shutdown hook, and writes to no standard stream.
 * All methods may be called by any thread.
 *
 * <p>{@link #close} releases threads, ports, memory and temporary files. A process that ends
 * without it leaves a folder {@code redoubt-*} in the system's folder for temporary files.
 */
public final class EmbeddedServer implements Node {
  private final RedisServer server;
  private final InetSocketAddress address;
  private final int tlsPort;
  private final String password;
  private final DataFolder data;
  private final SystemLog log;
  private final LoopPause pause;
  private final MovableClock clock;
  private final Set<DirectClient> clients = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock(); // one client for all threads
  private volatile @Nullable DirectClient shared;
  private final AtomicBoolean closed = new AtomicBoolean();

  private EmbeddedServer(
      RedisServer server,
      InetSocketAddress address,
      ServerDirectives settings,
      DataFolder data,
      SystemLog log,
      MovableClock clock) {
    this.server = server;
    this.address = address;
    tlsPort = settings.tls.tlsPort.value();
    password = settings.common.requirepass.value();
    this.data = data;
    this.log = log;
    pause = new LoopPause(server.loop());
    this.clock = clock;
    server.ended().thenRun(() -> clients.forEach(DirectClient::end)); // nothing answers later calls
  }

  static EmbeddedServer start(ServerDirectives settings, DataFolder data, Host host)
      throws IOException, FatalConfigError {
    SystemLog log = SystemLog.of(host, settings);
    boolean freePort = settings.common.port.value() == 0;
    RedisServer server =
        new RedisServer(
            settings,
            new Environment(host.clock(), log.log(), new SecureRandom()),
            freePort,
            Machine.real(host.sockets()));
    try {
      server.start().get();
      return new EmbeddedServer(
          server,
          new InetSocketAddress(host(settings), server.port()),
          settings,
          data,
          log,
          host.clock());
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

  /** Returns the first bound address, at which this process can reach the server. */
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

  /** Returns the URI for clients, {@code redis://[:password@]host:port}. */
  public URI uri() {
    return RedisUri.of(address, password);
  }

  /**
   * Returns the URI for clients with TLS, {@code rediss://[:password@]host:port}.
   *
   * @throws IllegalStateException without {@link ServerBuilder#tls} or {@code tls-port}
   */
  public URI tlsUri() {
    if (tlsPort == 0) {
      throw new IllegalStateException("the server does not listen with TLS");
    }
    return RedisUri.of("rediss", new InetSocketAddress(address.getAddress(), tlsPort), password);
  }

  /**
   * Returns fields of INFO as text.
   *
   * @param sections such as {@code memory}; none for INFO's default
   */
  public String info(String... sections) {
    String[] words = new String[sections.length + 1];
    words[0] = "INFO";
    System.arraycopy(sections, 0, words, 1, sections.length);
    return execute(words).text();
  }

  /**
   * Takes the metrics of this moment, those that {@code metrics-port} shows, without stopping
   * commands. Completes on the server's thread, exceptionally if the server is closed, and not
   * before {@link #resume} if it is paused. {@code redoubt-micrometer} makes meters of them.
   */
  @Override
  public CompletableFuture<MetricsSnapshot> metrics() {
    return Loops.asked(isEnded(), server::metrics);
  }

  /** Returns true unless it was closed, or shut down by a command. */
  @Override
  public boolean isRunning() {
    return !isEnded();
  }

  /**
   * Executes a command and returns its reply, which may be an error. The command is passed to the
   * server's thread without a socket. All threads share one client, so that a blocking command
   * delays the others; {@link #connect} opens another one.
   *
   * @throws IllegalStateException if the server is closed, or was shut down by a command
   * @throws UncheckedIOException if the command, or another one meanwhile, closes the client
   */
  @Override
  public Reply execute(String... words) {
    return shared().execute(words);
  }

  /** Executes a command with binary arguments, otherwise like {@link #execute(String...)}. */
  public Reply execute(byte[]... arguments) {
    return shared().execute(arguments);
  }

  /** Executes a command without waiting, otherwise like {@link DirectClient#submit}. */
  public CompletableFuture<Reply> submit(String... words) {
    return shared().submit(words);
  }

  /**
   * Opens a client without a socket. It counts as a connection of the server, with its password.
   *
   * @throws IllegalStateException if the server is closed
   */
  public DirectClient connect() {
    if (isEnded()) {
      throw new IllegalStateException("the server is closed");
    }
    clients.removeIf(client -> !client.isOpen());
    DirectClient client = new DirectClient(server.loop(), server::direct, password, this::isEnded);
    clients.add(client);
    if (isEnded()) {
      client.end(); // the server may have ended before it saw this client
    }
    return client;
  }

  /**
   * Returns an unconnected channel for client libraries on netty that let the caller choose the
   * channel. It connects to this server, whatever the address.
   */
  public Channel channel() {
    return new DirectClientChannel(server::direct);
  }

  private DirectClient shared() {
    DirectClient current = shared;
    if (current != null && current.isOpen()) {
      return current;
    }
    lock.lock();
    try {
      current = shared;
      if (current == null || !current.isOpen()) {
        current = connect();
        shared = current;
      }
      return current;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Moves the server's clock forward: keys expire, and idle times grow. Timeouts of blocking
   * commands are not affected. Periodic work, such as closing idle clients, follows within a
   * second.
   */
  public void advance(Duration by) {
    requireForward(by);
    clock.advance(by);
    clockMoved().join();
  }

  static void requireForward(Duration by) {
    if (by.isNegative()) {
      throw new IllegalArgumentException("a clock moves forward only: " + by);
    }
  }

  @Override
  public CompletableFuture<Void> clockMoved() {
    return isEnded() || isPaused()
        ? CompletableFuture.completedFuture(null)
        : Loops.passed(server.loop(), server::onClockMove);
  }

  /**
   * Stops the server like SIGSTOP stops a process: clients stay connected and get no answer.
   * Threads that write files continue. Returns once the current command has finished.
   */
  @Override
  public void pause() {
    if (!isEnded()) {
      pause.pause();
    }
  }

  /** Resumes the server after {@link #pause}. */
  @Override
  public void resume() {
    pause.resume();
  }

  @Override
  public boolean isPaused() {
    return pause.isPaused();
  }

  @Override
  public List<String> log() {
    return log.latest();
  }

  private boolean isEnded() {
    return closed.get() || server.ended().isDone();
  }

  /** Ends the server without saving. Has no effect if it is closed already. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    pause.resume();
    Uninterrupted.run(server::close);
    closeFiles(data, log.log());
  }

  static void closeFiles(DataFolder data, Log log) {
    try {
      log.setFile(null);
      data.close();
    } catch (IOException failure) {
      log.warning("Can't delete %s: %s", data.path(), failure.getMessage());
    }
  }
}
