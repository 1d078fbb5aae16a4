package io.redoubt.dist.process;

import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.ReplyDecoder;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A blocking client connection to a port of the loopback address. */
public final class RedisConnection implements AutoCloseable {
  private static final int READ_BYTES = 16 * 1024;

  private final Socket socket;
  private final ReplyDecoder decoder = new ReplyDecoder();
  private final byte[] bytes = new byte[READ_BYTES];

  private RedisConnection(Socket socket) {
    this.socket = socket;
  }

  /** Connects; neither this nor a later read waits longer than the time given, 0 for no limit. */
  public static RedisConnection open(int port, int timeoutMillis) throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), timeoutMillis);
      socket.setSoTimeout(timeoutMillis);
      return new RedisConnection(socket);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Sends one command and returns its reply, which may be an error. */
  public Reply call(String... words) throws IOException {
    socket.getOutputStream().write(RequestEncoder.encode(words));
    return read();
  }

  /** Sends commands in one write, without reading their replies. */
  public void send(List<List<String>> commands) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (List<String> command : commands) {
      all.writeBytes(RequestEncoder.encode(command));
    }
    all.writeTo(socket.getOutputStream());
  }

  /** Waits for the next reply. */
  public Reply read() throws IOException {
    while (true) {
      Reply reply = next();
      if (reply != null) {
        return reply;
      }
      int count = socket.getInputStream().read(bytes);
      if (count < 0) {
        throw new EOFException("closed by the server");
      }
      decoder.feed(bytes, 0, count);
    }
  }

  private @Nullable Reply next() throws IOException {
    try {
      return decoder.next();
    } catch (ProtocolException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
