package io.redoubt.embedded;

import io.redoubt.protocol.net.Addresses;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One connection to a server of this process, on which all threads take turns. */
final class LoopbackClient {
  private final InetSocketAddress address;
  private final String password;
  private final BooleanSupplier ended;
  private final Log log;
  private final ReentrantLock lock = new ReentrantLock(); // one request at a time
  private volatile @Nullable RespClient client;

  /**
   * Connects with the first request.
   *
   * @param password empty for none
   * @param ended returns true once the server has ended
   */
  LoopbackClient(InetSocketAddress address, String password, BooleanSupplier ended, Log log) {
    this.address = address;
    this.password = password;
    this.ended = ended;
    this.log = log;
  }

  Reply execute(String... words) {
    lock.lock();
    try {
      return connected().call(words);
    } catch (IOException failure) {
      disconnect(); // the reply to this request must not answer the next one
      requireOpen();
      throw new UncheckedIOException(failure.getMessage(), failure);
    } finally {
      lock.unlock();
    }
  }

  private RespClient connected() throws IOException {
    requireOpen();
    RespClient current = client;
    if (current == null) {
      current = RespClient.connect(Addresses.ip(address), address.getPort(), 0);
      client = current;
      if (ended.getAsBoolean()) {
        disconnect(); // the server may have ended before it saw this connection
        requireOpen();
      }
      if (!password.isEmpty()) {
        current.call("AUTH", password);
      }
    }
    return current;
  }

  private void requireOpen() {
    if (ended.getAsBoolean()) {
      throw new IllegalStateException("the server is closed");
    }
  }

  /** Closes the connection, which fails a request that waits for its reply. */
  void disconnect() {
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
}
