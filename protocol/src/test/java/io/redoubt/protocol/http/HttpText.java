package io.redoubt.protocol.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Sends plain HTTP requests and returns whole replies. */
public final class HttpText {
  private static final int TIMEOUT_MILLIS = 20_000;

  private HttpText() {}

  /** Returns the reply to a GET of a path. */
  public static String get(int port, String path, String... headers) throws IOException {
    String lines = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
    return request(port, "GET " + path + " HTTP/1.1\r\nHost: localhost:" + port + "\r\n" + lines);
  }

  /** Returns the reply to a request; adds the final empty line of the head. */
  public static String request(int port, String head) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket
          .getOutputStream()
          .write((head + "Connection: close\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Returns the body of a reply. */
  public static String body(String reply) {
    return reply.substring(reply.indexOf("\r\n\r\n") + 4);
  }
}
