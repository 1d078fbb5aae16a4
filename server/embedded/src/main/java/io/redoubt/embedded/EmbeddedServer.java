package io.redoubt.embedded;

import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.directive.BindAddress;
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
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A running data server. It has an event loop and memory of its own and shares nothing with other
 * servers of the process; it installs no signal handler or shutdown hook, and writes to no standard
 * stream. All methods may be called by any thread.
 *
 * <p>{@link #close} gives back threads, ports, memory and temporary files. A process that ends
 * without it leaves a folder {@code redoubt-*} in the system's folder for temporary files.
 */
public final class EmbeddedServer implements Node {
  private final RedisServer server;
  private final InetSocketAddress address;
  private final String password;
  private final DataFolder data;
  private final SystemLog log;
  private final LoopPause pause;
  private final LoopbackClient client;
  private final AtomicBoolean closed = new AtomicBoolean();

  private EmbeddedServer(
      RedisServer server,
      InetSocketAddress address,
      String password,
      DataFolder data,
      SystemLog log) {
    this.server = server;
    this.address = address;
    this.password = password;
    this.data = data;
    this.log = log;
    pause = new LoopPause(server.loop());
    client = new LoopbackClient(address, password, this::isEnded, log.log());
    server.ended().thenRun(client::disconnect); // after a SHUTDOWN nobody answers
  }

  static EmbeddedServer start(ServerDirectives settings, DataFolder data, Host host)
      throws IOException, FatalConfigError {
    SystemLog log = SystemLog.of(host.clock(), settings);
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
    return RedisUri.of(address, password);
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
  @Override
  public Reply execute(String... words) {
    return client.execute(words);
  }

  /**
   * Holds the server still, as SIGSTOP holds a process: clients stay connected and get no answer.
   * Threads that write files continue. Returns once the current command has ended.
   */
  @Override
  public void pause() {
    if (!isEnded()) {
      pause.pause();
    }
  }

  /** Lets the server go on after {@link #pause}. */
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

  @Override
  public boolean isRunning() {
    return !isEnded();
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
    client.disconnect();
    pause.resume();
    server.close();
    closeFiles(data, log.log());
  }

  static void closeFiles(DataFolder data, Log log) {
    try {
      log.file(null);
      data.close();
    } catch (IOException failure) {
      log.warning("Can't delete %s: %s", data.path(), failure.getMessage());
    }
  }
}
