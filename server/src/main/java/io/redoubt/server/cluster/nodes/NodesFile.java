package io.redoubt.server.cluster.nodes;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.WholeFile;
import io.redoubt.server.cluster.nodes.NodesText.Form;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The file {@code nodes.conf}. A write replaces it atomically and is durable when {@link #write}
 * returns; a crash leaves either the old or the new state.
 *
 * <p>A file without the fields of Redis 7.2 is written without them again, so that Redis 7.0 can
 * still read it. Shard ids then change with every restart.
 */
public final class NodesFile implements Closeable {
  private final Disk disk;
  private final Path path;
  private final boolean tls;
  private Form form = Form.EXTENDED;
  private @Nullable Closeable lock;

  /**
   * Creates the file's reader and writer.
   *
   * @param tls true if the bus uses TLS
   */
  public NodesFile(Disk disk, Path path, boolean tls) {
    this.disk = disk;
    this.path = path;
    this.tls = tls;
  }

  /** Reads the file; returns nothing if it does not exist or is empty. */
  public Optional<ClusterState> read() throws IOException, NodesSyntaxException {
    if (!disk.exists(path) || disk.size(path) == 0) {
      return Optional.empty();
    }
    NodesParser.Parsed parsed = NodesParser.parse(WholeFile.read(disk, path));
    form = parsed.form();
    return Optional.of(parsed.state());
  }

  /**
   * Locks the file, creating it if necessary; returns false if another node holds the lock. The
   * lock lasts until {@link #close} or the end of the process.
   */
  public synchronized boolean lock() throws IOException {
    Optional<Closeable> taken = disk.lock(path);
    taken.ifPresent(newest -> lock = newest);
    return taken.isPresent();
  }

  /**
   * Replaces the file durably; the old one remains if that fails. A locked file is replaced by one
   * that is locked already, so that a second process can't get in between. (Redis keeps the lock of
   * the replaced file, and no longer detects a second process.)
   */
  public synchronized void write(ClusterState state) throws IOException {
    Path beside = WholeFile.beside(path);
    WholeFile.write(disk, beside, NodesText.format(state, form, tls));
    Closeable before = lock;
    Closeable next = before == null ? null : disk.lock(beside).orElse(null);
    try {
      WholeFile.moveTo(disk, path, beside);
    } catch (IOException e) {
      if (next != null) {
        next.close();
      }
      throw e;
    }
    if (before != null && next != null) {
      lock = next;
      before.close();
    }
    WholeFile.syncDirectory(disk, path);
  }

  @Override
  public synchronized void close() throws IOException {
    if (lock != null) {
      lock.close();
      lock = null;
    }
  }
}
