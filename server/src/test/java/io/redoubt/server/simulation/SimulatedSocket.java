package io.redoubt.server.simulation;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/** A blocking client socket in the simulated network, for threads of the simulation. */
public final class SimulatedSocket extends Socket implements End.Listener {
  private final Simulation simulation;
  private final SimulatedNetwork network;
  private final End end;
  private @Nullable Thread waiting;
  private boolean connected;
  private boolean refused;
  private long timeoutNanos = Long.MAX_VALUE;

  SimulatedSocket(SimulatedNetwork network, String host) {
    this.simulation = network.simulation();
    this.network = network;
    end = network.newEnd(host, 0);
    end.setListener(this);
  }

  /** Returns a factory of sockets of a host. */
  public static SocketFactory factory(SimulatedNetwork network, String host) {
    return new SocketFactory() {
      @Override
      public Socket createSocket() {
        return new SimulatedSocket(network, host);
      }

      @Override
      public Socket createSocket(String remote, int port) {
        throw new UnsupportedOperationException();
      }

      @Override
      public Socket createSocket(String remote, int port, InetAddress local, int localPort) {
        throw new UnsupportedOperationException();
      }

      @Override
      public Socket createSocket(InetAddress remote, int port) {
        throw new UnsupportedOperationException();
      }

      @Override
      public Socket createSocket(InetAddress remote, int port, InetAddress local, int localPort) {
        throw new UnsupportedOperationException();
      }
    };
  }

  @Override
  public void onConnected() {
    connected = true;
    LockSupport.unpark(waiting);
  }

  @Override
  public void onRefused() {
    refused = true;
    LockSupport.unpark(waiting);
  }

  @Override
  public void readable() {
    LockSupport.unpark(waiting);
  }

  @Override
  public void writable() {
    LockSupport.unpark(waiting);
  }

  /** A condition awaited by a thread. */
  private interface Condition {
    boolean holds();
  }

  private void await(Condition condition, long nanos) throws IOException {
    waiting = Thread.currentThread();
    long now = simulation.nowNanos();
    long until = nanos > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + nanos;
    while (!condition.holds()) {
      if (simulation.nowNanos() >= until) {
        throw new SocketTimeoutException("timed out");
      }
      simulation.parkUntil(until);
    }
    waiting = null;
  }

  @Override
  public void connect(SocketAddress remote, int timeoutMillis) throws IOException {
    network.connect(end, (InetSocketAddress) remote);
    await(() -> connected || refused, timeoutMillis * 1_000_000L);
    if (refused) {
      throw new ConnectException("Connection refused");
    }
  }

  @Override
  public void setSoTimeout(int millis) {
    timeoutNanos = millis == 0 ? Long.MAX_VALUE : millis * 1_000_000L;
  }

  @Override
  public void setTcpNoDelay(boolean on) {}

  @Override
  public int getLocalPort() {
    return end.port;
  }

  @Override
  public synchronized void close() {
    end.close();
  }

  @Override
  public InputStream getInputStream() {
    return new InputStream() {
      @Override
      public int read() {
        throw new UnsupportedOperationException();
      }

      @Override
      public int read(byte[] bytes, int from, int length) throws IOException {
        await(() -> end.isReadable() || end.isClosed(), timeoutNanos);
        if (end.isReset() || end.isClosed()) {
          throw new SocketException("Connection reset");
        }
        byte[] read = end.read(length);
        System.arraycopy(read, 0, bytes, from, read.length);
        return read.length == 0 ? -1 : read.length;
      }
    };
  }

  @Override
  public OutputStream getOutputStream() {
    return new OutputStream() {
      @Override
      public void write(int b) {
        throw new UnsupportedOperationException();
      }

      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        int at = from;
        while (at < from + length) {
          await(() -> end.room() > 0 || end.isReset() || end.isClosed(), timeoutNanos);
          if (end.isReset() || end.isClosed()) {
            throw new SocketException("Broken pipe");
          }
          int count = Math.min(end.room(), from + length - at);
          end.send(Arrays.copyOfRange(bytes, at, at + count));
          at += count;
        }
      }
    };
  }
}
