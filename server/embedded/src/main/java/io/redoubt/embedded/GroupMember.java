package io.redoubt.embedded;

import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.net.Addresses;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A server or sentinel of an {@link EmbeddedGroup}, or a node of an {@link EmbeddedCluster}. It
 * keeps its address and its files when it is killed and started again. All methods may be called by
 * any thread.
 */
public final class GroupMember {
  /** Starts the member on its port. */
  @FunctionalInterface
  interface Start {
    Node start() throws IOException, FatalConfigError;
  }

  private final String name;
  private final InetSocketAddress address;
  private final String password;
  private final Start start;
  private final ReentrantLock lock = new ReentrantLock(); // one start or end at a time
  private volatile @Nullable Node node;

  GroupMember(String name, int port, String password, Start start) {
    this.name = name;
    this.address = new InetSocketAddress("127.0.0.1", port);
    this.password = password;
    this.start = start;
  }

  /** Returns the name, such as {@code server-1}, {@code sentinel-1} or {@code node-1}. */
  public String name() {
    return name;
  }

  /** Returns the address, which never changes. */
  public InetSocketAddress address() {
    return address;
  }

  /** Returns the port of {@link #address}. */
  public int port() {
    return address.getPort();
  }

  /** Returns the URI of this member, {@code redis://[:password@]host:port}. */
  public URI uri() {
    return RedisUri.of(address, password);
  }

  /**
   * Executes a command and returns its reply, which may be an error. All threads take turns on one
   * connection, which cut links do not affect.
   *
   * @throws IllegalStateException if the member does not run
   * @throws UncheckedIOException if it is killed meanwhile
   */
  public Reply execute(String... words) {
    return running().execute(words);
  }

  /**
   * Returns fields of INFO as text.
   *
   * @param section such as {@code replication}
   */
  public String info(String section) {
    return execute("INFO", section).text();
  }

  /**
   * Takes the metrics of this moment, those that {@code metrics-port} shows. Completes on the
   * member's thread, exceptionally if it does not run, and not before {@link #resume} if it is
   * paused. {@code redoubt-micrometer} makes meters of them.
   */
  public CompletableFuture<MetricsSnapshot> metrics() {
    Node current = node;
    return current == null
        ? CompletableFuture.failedFuture(new IllegalStateException(name + " does not run"))
        : current.metrics();
  }

  /** Returns the latest lines of the log since the last start, the oldest first. */
  public List<String> log() {
    Node current = node;
    return current == null ? List.of() : current.log();
  }

  /** Runs the work that became due when the clock was moved; completes when it is done. */
  CompletableFuture<Void> clockMoved() {
    Node current = node;
    return current == null || current.isPaused()
        ? CompletableFuture.completedFuture(null)
        : current.clockMoved();
  }

  private Node running() {
    Node current = node;
    if (current == null) {
      throw new IllegalStateException(name + " does not run");
    }
    return current;
  }

  /** Returns true unless the member was killed or has shut down. */
  public boolean isRunning() {
    Node current = node;
    return current != null && current.isRunning();
  }

  /** Returns true if the member has shut down, for instance by SHUTDOWN. */
  boolean hasEnded() {
    Node current = node;
    return current != null && !current.isRunning();
  }

  /** Returns true if the member runs and is not paused. */
  public boolean isServing() {
    Node current = node;
    return current != null && current.isRunning() && !current.isPaused();
  }

  /** Ends the member at once, without saving, like SIGKILL; its files remain. */
  public void kill() {
    lock.lock();
    try {
      Node current = node;
      node = null;
      if (current != null) {
        Uninterrupted.run(current::close);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Starts a killed member at the same address, with its last written configuration and its saved
   * files. Has no effect if it runs.
   */
  public void start() {
    lock.lock();
    try {
      if (node == null) {
        node = start.start();
      }
    } catch (FatalConfigError refused) {
      throw new IllegalArgumentException(refused.text().strip(), refused);
    } catch (IOException failure) {
      throw new UncheckedIOException(name + ": " + failure.getMessage(), failure);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Stops the member like SIGSTOP stops a process: peers and clients stay connected and get no
   * answer, and {@link #execute} waits.
   */
  public void pause() {
    running().pause();
  }

  /** Resumes the member after {@link #pause}. */
  public void resume() {
    running().resume();
  }

  @Override
  public String toString() {
    return name + " at " + Addresses.describe(address);
  }
}
