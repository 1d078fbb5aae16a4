package io.redoubt.dist.process;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A blocking connection that speaks RESP2. Replies come as text, whole numbers, lists and null; an
 * error reply is a value too ({@link ErrorReply}), for a script that goes on.
 */
public final class RedisConnection implements AutoCloseable {
  /** An error reply, without the leading minus sign. */
  public record ErrorReply(String message) {}

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  private RedisConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  /** Connects to a port of the loopback address; no read waits longer than the time given. */
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

  /** Sends one command and returns its reply. */
  public @Nullable Object call(String... words) throws IOException {
    send(List.<String[]>of(words));
    return read();
  }

  /** The reply of one command as text, the empty text when it is null. */
  public String text(String... words) throws IOException {
    Object reply = call(words);
    return reply == null ? "" : reply.toString();
  }

  /** Sends commands in one write, without reading their replies. */
  public void send(List<String[]> commands) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String[] words : commands) {
      bytes.writeBytes(ascii("*" + words.length + "\r\n"));
      for (String word : words) {
        byte[] argument = word.getBytes(StandardCharsets.UTF_8);
        bytes.writeBytes(ascii("$" + argument.length + "\r\n"));
        bytes.writeBytes(argument);
        bytes.writeBytes(ascii("\r\n"));
      }
    }
    bytes.writeTo(out);
  }

  /** Reads one reply. */
  public @Nullable Object read() throws IOException {
    String line = readLine();
    String rest = line.substring(1);
    switch (line.charAt(0)) {
      case '+':
        return rest;
      case '-':
        return new ErrorReply(rest);
      case ':':
        return Long.parseLong(rest);
      case '$':
        int length = Integer.parseInt(rest);
        if (length < 0) {
          return null;
        }
        byte[] bytes = in.readNBytes(length);
        if (in.skip(2) < 2) {
          throw new EOFException();
        }
        return new String(bytes, StandardCharsets.UTF_8);
      case '*':
        int count = Integer.parseInt(rest);
        if (count < 0) {
          return null;
        }
        List<@Nullable Object> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          elements.add(read());
        }
        return elements;
      default:
        throw new IOException("not a RESP2 reply: " + line);
    }
  }

  private String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next != '\r'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("connection closed");
      }
      line.write(next);
    }
    if (in.read() != '\n' || line.size() == 0) {
      throw new IOException("not a RESP2 line: " + line.toString(StandardCharsets.UTF_8));
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
