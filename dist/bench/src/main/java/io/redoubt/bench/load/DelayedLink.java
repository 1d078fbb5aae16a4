package io.redoubt.bench.load;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A port of this machine that forwards its connections to another port and delivers all bytes after
 * a fixed delay, like a link of that latency. Its rate is not limited.
 */
public final class DelayedLink implements AutoCloseable {
  private static final int CHUNK_BYTES = 64 * 1024;

  /** Bytes in transit and their time of arrival; empty at the end of the stream. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Chunk(byte[] bytes, long dueNanos) {}

  private final ServerSocket listening;
  private final InetSocketAddress target;
  private final long delayNanos;
  private final List<Socket> sockets = new ArrayList<>();

  /** Listens on a free port and forwards to another port of this machine. */
  public DelayedLink(int targetPort, long delayNanos) throws IOException {
    target = new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort);
    this.delayNanos = delayNanos;
    listening = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    start("link", this::accept);
  }

  /** Returns the port to connect to. */
  public int port() {
    return listening.getLocalPort();
  }

  private static void start(String name, Runnable body) {
    Thread.ofPlatform().daemon().name(name).start(body);
  }

  private void accept() {
    try {
      while (true) {
        Socket from = keep(listening.accept());
        Socket to = keep(new Socket());
        to.connect(target);
        carry(from, to);
        carry(to, from);
      }
    } catch (IOException closed) {
      close();
    }
  }

  private synchronized Socket keep(Socket socket) throws IOException {
    socket.setTcpNoDelay(true);
    sockets.add(socket);
    return socket;
  }

  private void carry(Socket from, Socket to) {
    BlockingQueue<Chunk> way = new LinkedBlockingQueue<>();
    start("link-in", () -> receive(from, way));
    start("link-out", () -> deliver(way, to));
  }

  private void receive(Socket from, BlockingQueue<Chunk> way) {
    byte[] buffer = new byte[CHUNK_BYTES];
    try (InputStream in = from.getInputStream()) {
      int count = in.read(buffer);
      while (count > 0) {
        way.add(new Chunk(Arrays.copyOf(buffer, count), System.nanoTime() + delayNanos));
        count = in.read(buffer);
      }
    } catch (IOException closed) {
      // The end of the stream is forwarded all the same.
    }
    way.add(new Chunk(new byte[0], System.nanoTime() + delayNanos));
  }

  private static void deliver(BlockingQueue<Chunk> way, Socket to) {
    try (OutputStream out = to.getOutputStream()) {
      while (true) {
        Chunk next = way.take();
        TimeUnit.NANOSECONDS.sleep(next.dueNanos() - System.nanoTime());
        if (next.bytes().length == 0) {
          return;
        }
        out.write(next.bytes());
      }
    } catch (IOException closed) {
      // The receiver has closed.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public synchronized void close() {
    try {
      listening.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      // Already closed.
    }
  }
}
