package io.redoubt.server.differential;

import io.redoubt.protocol.resp.RequestEncoder;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A connection that returns replies as raw bytes. */
final class WireConnection implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 10_000;

  private final Socket socket;
  private final InputStream in;

  /** Connects to a port of the loopback interface. */
  WireConnection(int port) {
    try {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      in = new BufferedInputStream(socket.getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void send(byte[]... words) {
    sendRaw(RequestEncoder.encode(words));
  }

  /** Sends bytes as they are. */
  void sendRaw(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void send(String... words) {
    var bytes = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      bytes[i] = words[i].getBytes(StandardCharsets.ISO_8859_1);
    }
    send(bytes);
  }

  /** Returns the next complete reply or message, in RESP2 or RESP3. */
  byte[] receive() {
    var reply = new ByteArrayOutputStream();
    try {
      element(reply);
    } catch (IOException e) {
      throw new UncheckedIOException("after " + reply, e);
    }
    return reply.toByteArray();
  }

  byte[] call(byte[]... words) {
    send(words);
    return receive();
  }

  byte[] call(String... words) {
    send(words);
    return receive();
  }

  /** Returns the pub/sub messages before a reply to PING, one per line. */
  String messages() {
    send("PING");
    var all = new StringBuilder();
    while (true) {
      String message = new String(receive(), StandardCharsets.ISO_8859_1);
      if (message.contains("\npong\r\n") || message.equals("+PONG\r\n")) {
        return all.toString();
      }
      all.append("\n    ").append(message.replace("\r\n", " "));
    }
  }

  /** Sends SYNC and skips the snapshot. */
  void skipSnapshot() {
    try {
      socket.getOutputStream().write("SYNC\r\n".getBytes(StandardCharsets.US_ASCII));
      var header = new ByteArrayOutputStream();
      while (header.toString(StandardCharsets.US_ASCII).isBlank()) {
        header.reset(); // the master sends empty lines while it creates the snapshot
        line(header);
      }
      String length = header.toString(StandardCharsets.US_ASCII).strip();
      in.skipNBytes(Long.parseLong(length.substring(1)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String line(ByteArrayOutputStream to) throws IOException {
    int start = to.size();
    int next;
    do {
      next = in.read();
      if (next < 0) {
        throw new EOFException("connection closed by the server");
      }
      to.write(next);
    } while (next != '\n');
    return to.toString(StandardCharsets.ISO_8859_1).substring(start).strip();
  }

  private void element(ByteArrayOutputStream to) throws IOException {
    String line = line(to);
    char type = line.charAt(0);
    if ("$=!*~>%".indexOf(type) < 0) {
      return;
    }
    int count = Integer.parseInt(line.substring(1));
    if ("$=!".indexOf(type) >= 0) {
      if (count >= 0) {
        to.write(in.readNBytes(count + 2));
      }
      return;
    }
    for (int i = 0; i < (type == '%' ? count * 2 : count); i++) {
      element(to);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
