package io.redoubt.bench.load;

import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.dist.load.ReplyCounter;
import io.redoubt.dist.load.RequestTemplate;
import io.redoubt.protocol.resp.ProtocolException;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Clients of one server that send requests as fast as the replies arrive, from one thread. The
 * connections last from run to run, so that a run measures requests only.
 */
public final class ClosedLoop implements AutoCloseable {
  /**
   * The requests that a client sends at once.
   *
   * @param operations the operations of a template
   * @param replies the replies to a template
   * @param range the exclusive upper bound of random numbers
   */
  public record Batch(RequestTemplate template, int operations, int replies, int range) {}

  private static final int READ_BYTES = 1 << 18;
  private static final long LIMIT_MILLIS = 60_000;

  private final MeasuredServer server;
  private final Selector selector;
  private final ByteBuffer room = ByteBuffer.allocateDirect(READ_BYTES);
  private final SplittableRandom random = new SplittableRandom(1);
  private final List<Client> clients = new ArrayList<>();
  private final List<Client> listeners = new ArrayList<>();
  private long batchesLeft;
  private int busy;
  private long receivedBytes;

  public ClosedLoop(MeasuredServer server) throws IOException {
    this.server = server;
    selector = Selector.open();
  }

  /** A connection; one without a batch only reads. */
  private final class Client {
    private final SocketChannel channel;
    private final SelectionKey key;
    private final ReplyCounter counter = new ReplyCounter();
    private @Nullable ByteBuffer request;
    private int missing;

    Client() throws IOException {
      channel = SocketChannel.open(new InetSocketAddress(MeasuredServer.HOST, server.port()));
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.configureBlocking(false);
      key = channel.register(selector, SelectionKey.OP_READ, this);
    }

    void send(Batch batch) throws IOException {
      ByteBuffer bytes = request;
      if (bytes == null) {
        bytes = batch.template().buffer();
        request = bytes;
      }
      batch.template().randomize(bytes, random, batch.range());
      bytes.rewind();
      missing = batch.replies();
      write(bytes);
    }

    private void write(ByteBuffer bytes) throws IOException {
      channel.write(bytes);
      int wanted = SelectionKey.OP_READ | (bytes.hasRemaining() ? SelectionKey.OP_WRITE : 0);
      if (key.interestOps() != wanted) {
        key.interestOps(wanted);
      }
    }

    void onReady(Batch batch) throws IOException {
      ByteBuffer unsent = request;
      if (key.isWritable() && unsent != null) {
        write(unsent);
      }
      if (!key.isReadable()) {
        return;
      }
      int length = channel.read(room.clear());
      if (length < 0) {
        throw new EOFException(server.name() + ": connection closed by the server");
      }
      if (missing == 0) {
        return; // a listener
      }
      receivedBytes += length;
      try {
        missing -= counter.count(room.flip());
      } catch (ProtocolException e) {
        throw new IOException(server.name() + ": " + e.getMessage(), e);
      }
      String error = counter.takeError();
      if (error != null) {
        throw new ErrorReplyException(server, error);
      }
      if (missing == 0) {
        if (batchesLeft > 0) {
          batchesLeft--;
          send(batch);
        } else {
          request = null;
          busy--;
        }
      }
    }

    void close() throws IOException {
      key.cancel();
      channel.close();
    }
  }

  /**
   * Opens connections that read whatever they receive while others run.
   *
   * @param requests what each sends first; the replies must not be errors
   */
  public void listen(int count, byte[] requests) throws IOException {
    for (int i = 0; i < count; i++) {
      Client listener = new Client();
      listeners.add(listener);
      listener.channel.write(ByteBuffer.wrap(requests));
      selector.select(LIMIT_MILLIS);
      selector.selectedKeys().clear();
      listener.channel.read(room.clear());
      if (room.position() > 0 && room.get(0) == '-') {
        throw new ErrorReplyException(server, "a listener's command failed");
      }
    }
  }

  /**
   * Runs at least the given number of operations.
   *
   * @return the number of operations run
   * @throws ErrorReplyException if a reply is an error; the connections are closed then
   */
  public long run(Batch batch, int count, long operations) throws IOException {
    try {
      while (clients.size() > count) {
        clients.removeLast().close();
      }
      while (clients.size() < count) {
        clients.add(new Client());
      }
      long batches = Math.max(1, (operations + batch.operations() - 1) / batch.operations());
      busy = (int) Math.min(batches, count);
      batchesLeft = batches - busy;
      receivedBytes = 0;
      for (Client client : clients.subList(0, busy)) {
        client.send(batch);
      }
      while (busy > 0) {
        if (selector.select(LIMIT_MILLIS) == 0) {
          throw new IOException(server.name() + ": no reply");
        }
        for (SelectionKey key : selector.selectedKeys()) {
          ((Client) key.attachment()).onReady(batch);
        }
        selector.selectedKeys().clear();
      }
      return batches * batch.operations();
    } catch (IOException e) {
      closeClients();
      throw e;
    }
  }

  /** Returns the bytes received in the last run. */
  public long receivedBytes() {
    return receivedBytes;
  }

  /** Closes the listeners. */
  public void closeListeners() throws IOException {
    for (Client listener : listeners) {
      listener.close();
    }
    listeners.clear();
  }

  private void closeClients() throws IOException {
    for (Client client : clients) {
      client.close();
    }
    clients.clear();
    selector.selectedKeys().clear();
  }

  @Override
  public void close() throws IOException {
    closeListeners();
    closeClients();
    selector.close();
  }
}
