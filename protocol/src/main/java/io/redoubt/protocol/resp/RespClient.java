package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import javax.net.SocketFactory;

/**
 * A simple blocking client for tools and tests: sends a request and waits for the reply. For use by
 * one thread at a time.
 */
public final class RespClient implements AutoCloseable {

  private static final int READ_BYTES = 16 * 1024;
  private static final int TIMEOUT_MILLIS = 60_000;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final ReplyDecoder decoder = new ReplyDecoder();
  private final byte[] readBuffer = new byte[READ_BYTES];

  private RespClient(Socket socket) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
    this.out = socket.getOutputStream();
  }

  /** Connects with a timeout of a minute for the connection and for each reply. */
  public static RespClient connect(String host, int port) throws IOException {
    return connect(host, port, TIMEOUT_MILLIS);
  }

  /**
   * Connects.
   *
   * @param timeoutMillis the timeout of the connection and of each read; 0 for none
   */
  public static RespClient connect(String host, int port, int timeoutMillis) throws IOException {
    return connect(host, port, timeoutMillis, SocketFactory.getDefault());
  }

  /** Connects over a socket of the given factory, such as one with TLS. */
  public static RespClient connect(String host, int port, int timeoutMillis, SocketFactory sockets)
      throws IOException {
    Socket socket = sockets.createSocket();
    try {
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(host, port), timeoutMillis);
      socket.setSoTimeout(timeoutMillis);
      return new RespClient(socket);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Sets the timeout of reads, in milliseconds; 0 for none. */
  public void setTimeout(int timeoutMillis) throws IOException {
    socket.setSoTimeout(timeoutMillis);
  }

  /** Sends a request and returns the next reply. Errors are replies too. */
  public Reply call(String... words) throws IOException {
    send(words);
    return receive();
  }

  /** Sends a request and returns the next reply. Errors are replies too. */
  public Reply call(byte[]... arguments) throws IOException {
    sendRaw(RequestEncoder.encode(arguments));
    return receive();
  }

  /** Sends requests in one write and returns their replies. */
  public List<Reply> pipeline(List<String[]> requests) throws IOException {
    for (String[] request : requests) {
      out.write(RequestEncoder.encode(request));
    }
    out.flush();
    List<Reply> replies = new ArrayList<>(requests.size());
    for (int i = 0; i < requests.size(); i++) {
      replies.add(receive());
    }
    return replies;
  }

  /** Sends a request without waiting for a reply. */
  public void send(String... words) throws IOException {
    sendRaw(RequestEncoder.encode(words));
  }

  public void sendRaw(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /** Sends a text in UTF-8, such as an inline request. */
  public void sendRaw(String text) throws IOException {
    sendRaw(text.getBytes(UTF_8));
  }

  /**
   * Returns the next reply or push message.
   *
   * @throws EOFException if the peer has closed the connection
   * @throws java.net.SocketTimeoutException if none arrives in time
   */
  public Reply receive() throws IOException {
    try {
      while (true) {
        Reply reply = decoder.next();
        if (reply != null) {
          return reply;
        }
        int bytes = in.read(readBuffer);
        if (bytes < 0) {
          throw new EOFException("connection closed by the server");
        }
        decoder.feed(readBuffer, 0, bytes);
      }
    } catch (ProtocolException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Returns true if the peer has closed the connection; waits until it does or sends something. */
  public boolean isAtEnd() throws IOException {
    int bytes = in.read(readBuffer);
    if (bytes > 0) {
      decoder.feed(readBuffer, 0, bytes);
    }
    return bytes < 0;
  }

  /** Closes the output half, so that the server sees the end of the requests. */
  public void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  public int localPort() {
    return socket.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
