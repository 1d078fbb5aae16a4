package io.redoubt.server.replication;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A proxy to a server that passes a limited number of the server's bytes, and holds the rest until
 * it is opened.
 */
final class GatedLink implements AutoCloseable {
  private final ServerSocket listener;
  private final int target;
  private final CountDownLatch opened = new CountDownLatch(1);
  private final AtomicLong left;

  GatedLink(int target, long bytes) throws IOException {
    this.target = target;
    left = new AtomicLong(bytes);
    listener = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  void open() {
    opened.countDown();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket near = listener.accept();
        Socket far = new Socket();
        far.setReceiveBufferSize(64 * 1024); // held bytes must remain at the server
        far.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
        Thread.ofVirtual().start(() -> copy(near, far, false));
        Thread.ofVirtual().start(() -> copy(far, near, true));
      } catch (IOException e) {
        // the test is over
      }
    }
  }

  private void copy(Socket from, Socket to, boolean gated) {
    byte[] buffer = new byte[16_384];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (gated && left.addAndGet(-count) < 0) {
          opened.await();
        }
        out.write(buffer, 0, count);
      }
    } catch (IOException e) {
      // one end has closed
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    open();
    listener.close();
  }
}
