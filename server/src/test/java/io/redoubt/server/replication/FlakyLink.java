package io.redoubt.server.replication;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * The address of a server that may be replaced by another, and the way there: bytes take their
 * time, and connections are cut.
 */
final class FlakyLink implements AutoCloseable {
  private final ServerSocket listener;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile int target;
  private volatile long delayNanos;

  FlakyLink(int target) throws IOException {
    this.target = target;
    listener = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** What is behind it from now on. */
  void target(int port) {
    target = port;
  }

  /** How long each piece takes that is sent from now on. */
  void delayMillis(long millis) {
    delayNanos = millis * 1_000_000;
  }

  /** Cuts all connections; what is on its way is lost. */
  void cut() {
    for (Socket socket : open) {
      close(socket);
    }
  }

  private void close(Socket socket) {
    open.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      // it is of no use in any case
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket near = listener.accept();
        open.add(near);
        Thread.ofVirtual().start(() -> connect(near));
      } catch (IOException e) {
        // the test is over
      }
    }
  }

  private void connect(Socket near) {
    Socket far = new Socket();
    open.add(far);
    try {
      far.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
      Thread.ofVirtual().start(() -> copy(near, far));
      copy(far, near);
    } catch (IOException e) {
      close(near);
      close(far);
    }
  }

  private void copy(Socket from, Socket to) {
    byte[] buffer = new byte[16_384];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        LockSupport.parkNanos(delayNanos);
        out.write(buffer, 0, count);
      }
    } catch (IOException e) {
      // one end has closed
    }
    close(from);
    close(to);
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }
}
