package io.redoubt.bench.load;

import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Clients with client-side caching and a monitor, which receive messages caused by other clients.
 * One thread reads for all of them and examines only status replies.
 */
public final class TrackingLoad implements AutoCloseable {
  private static final int KEY_DIGITS = 12;
  private static final int RECEIVE_BYTES = 1 << 16;

  private final MeasuredServer server;
  private final Selector selector = Selector.open();
  private final Thread receiver =
      Thread.ofPlatform().daemon().name("receiver").unstarted(this::receive);
  private final List<SocketChannel> trackers = new ArrayList<>();
  private final RequestBuffer requests = new RequestBuffer();

  private long statusReplies;
  private @Nullable IOException failure;
  private boolean closed;

  /** Starts reading, without a client. */
  public TrackingLoad(MeasuredServer server) throws IOException {
    this.server = server;
    receiver.start();
  }

  /** Connects a client that runs MONITOR. */
  public void monitor() throws IOException {
    connect(false, requests.request(1).word("MONITOR"));
  }

  /** Connects clients that track the keys they read. */
  public void track(int count) throws IOException, InterruptedException {
    for (int i = 0; i < count; i++) {
      requests.request(2).word("HELLO").word("3");
      requests.request(3).word("CLIENT").word("TRACKING").word("ON");
      trackers.add(connect(true, requests));
    }
    await(count);
  }

  /** Connects clients that receive the changes of all keys. */
  public void broadcast(int count) throws IOException, InterruptedException {
    for (int i = 0; i < count; i++) {
      requests.request(2).word("HELLO").word("3");
      requests.request(4).word("CLIENT").word("TRACKING").word("ON").word("BCAST");
      connect(true, requests);
    }
    await(count);
  }

  private SocketChannel connect(boolean counts, RequestBuffer first) throws IOException {
    SocketChannel channel =
        SocketChannel.open(new InetSocketAddress(MeasuredServer.HOST, server.port()));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ, counts);
    selector.wakeup();
    first.drainTo(channel);
    return channel;
  }

  /** Reads the keys of {@link DataSets#strings}, each by the given number of tracking clients. */
  public void read(int keys, int readers) throws IOException, InterruptedException {
    int each = keys / trackers.size();
    for (int i = 0; i < trackers.size(); i++) {
      for (int k = i * each; k < (i + readers) * each; k++) {
        requests.request(2).word("GET").numbered("key:", k % keys, KEY_DIGITS);
      }
      requests.request(1).word("PING").drainTo(trackers.get(i));
      await(1);
    }
  }

  /** Waits for the given number of status replies and discards them. */
  private synchronized void await(int count) throws IOException, InterruptedException {
    while (statusReplies < count) {
      if (failure != null) {
        throw failure;
      }
      wait();
    }
    statusReplies -= count;
  }

  private void receive() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(RECEIVE_BYTES);
    try {
      while (!isClosed()) {
        selector.select(key -> receive(key, bytes));
      }
    } catch (IOException | UncheckedIOException e) {
      fail(new IOException(e));
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized void fail(IOException e) {
    failure = e;
    notifyAll();
  }

  private void receive(SelectionKey key, ByteBuffer bytes) {
    try {
      bytes.clear();
      if (((SocketChannel) key.channel()).read(bytes) < 0) {
        throw new IOException("connection closed by the server");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if ((boolean) key.attachment()) {
      int found = 0;
      for (int i = 0; i < bytes.position(); i++) {
        found += bytes.get(i) == '+' ? 1 : 0; // no key and no value contains it
      }
      count(found);
    }
  }

  private synchronized void count(int found) {
    if (found > 0) {
      statusReplies += found;
      notifyAll();
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      closed = true;
    }
    selector.wakeup();
    try {
      receiver.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }
}
