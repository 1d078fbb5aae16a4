package io.redoubt.bench.load;

import io.redoubt.bench.measure.LatencyHistogram;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Sends requests at a fixed rate, whether or not earlier ones have been answered, and records the
 * time from when each was due until its reply was read. A server that falls behind thus delays all
 * requests due meanwhile, as with real clients; a load that waits for replies would send later and
 * hide the delay (coordinated omission).
 *
 * <p>One thread sends for all connections in turn and never sleeps, because the error of a timer
 * exceeds the latencies. Every second request is a SET, every other a GET.
 */
public final class OpenLoopLoad implements AutoCloseable {
  /** The number of keys; the server must have all of them, as {@link DataSets#strings} makes. */
  public static final int KEYS = 100_000;

  private static final int KEY_DIGITS = 12;
  private static final int SET_REPLY_BYTES = "+OK\r\n".length();
  private static final int GET_REPLY_BYTES = "$64\r\n".length() + 64 + 2;

  /**
   * The number of requests without a reply after which the server counts as unable to keep the
   * rate.
   */
  private static final int MAX_PENDING = 1 << 16;

  /** A connection with its unanswered requests. */
  private static final class Sender {
    private final SocketChannel channel;
    private final long[] dueNanos = new long[MAX_PENDING];
    private int sent;
    private int answered;

    /** The number of bytes read of the reply to the oldest request. */
    private int read;

    Sender(SocketChannel channel) {
      this.channel = channel;
    }
  }

  private final Selector selector = Selector.open();
  private final List<Sender> senders = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom(1);
  private final RequestBuffer request = new RequestBuffer();
  private final ByteBuffer replies = ByteBuffer.allocateDirect(1 << 16);

  public OpenLoopLoad(MeasuredServer server, int connections) throws IOException {
    for (int i = 0; i < connections; i++) {
      SocketChannel channel =
          SocketChannel.open(new InetSocketAddress(MeasuredServer.HOST, server.port()));
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.configureBlocking(false);
      Sender sender = new Sender(channel);
      channel.register(selector, SelectionKey.OP_READ, sender);
      senders.add(sender);
    }
  }

  /**
   * Sends for some time and waits for the last reply.
   *
   * @throws IOException if the server falls far behind the rate or fails a request
   */
  public LatencyHistogram run(int ratePerSecond, double seconds) throws IOException {
    LatencyHistogram latencies = new LatencyHistogram();
    long requests = (long) (ratePerSecond * seconds);
    double intervalNanos = 1e9 / ratePerSecond;
    long startNanos = System.nanoTime();
    long sent = 0;
    while (latencies.count() < requests) {
      while (sent < requests) {
        long dueNanos = startNanos + (long) (sent * intervalNanos);
        if (System.nanoTime() < dueNanos) {
          break;
        }
        send(senders.get((int) (sent % senders.size())), dueNanos);
        sent++;
        if (sent % senders.size() == 0) {
          receive(latencies); // even while behind schedule
        }
      }
      receive(latencies);
    }
    return latencies;
  }

  private void send(Sender sender, long dueNanos) throws IOException {
    if (sender.sent - sender.answered == MAX_PENDING) {
      throw new IOException("the server does not keep the rate");
    }
    int key = random.nextInt(KEYS);
    if (isSet(sender.sent)) {
      DataSets.strings(request, key, key + 1);
    } else {
      request.request(2).word("GET").numbered("key:", key, KEY_DIGITS);
    }
    request.drainTo(sender.channel);
    sender.dueNanos[sender.sent++ & MAX_PENDING - 1] = dueNanos;
  }

  private static boolean isSet(int number) {
    return (number & 1) == 0;
  }

  private void receive(LatencyHistogram latencies) throws IOException {
    if (selector.selectNow() == 0) {
      return;
    }
    for (SelectionKey key : selector.selectedKeys()) {
      Sender sender = (Sender) key.attachment();
      replies.clear();
      if (sender.channel.read(replies) < 0) {
        throw new EOFException("connection closed by the server");
      }
      onAnswer(sender, replies.flip(), System.nanoTime(), latencies);
    }
    selector.selectedKeys().clear();
  }

  private static void onAnswer(
      Sender sender, ByteBuffer bytes, long nowNanos, LatencyHistogram latencies)
      throws IOException {
    while (bytes.hasRemaining()) {
      boolean isSet = isSet(sender.answered);
      if (sender.read == 0 && bytes.get(bytes.position()) != (isSet ? '+' : '$')) {
        throw new IOException("reply " + StandardCharsets.US_ASCII.decode(bytes));
      }
      int left = (isSet ? SET_REPLY_BYTES : GET_REPLY_BYTES) - sender.read;
      int taken = Math.min(left, bytes.remaining());
      bytes.position(bytes.position() + taken);
      sender.read += taken;
      if (taken == left) {
        sender.read = 0;
        latencies.record(nowNanos - sender.dueNanos[sender.answered++ & MAX_PENDING - 1]);
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (Sender sender : senders) {
      sender.channel.close();
    }
    selector.close();
  }
}
