package io.redoubt.protocol.otlp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpRetryException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request to a collector. Unlike that of Micrometer, it reads a bounded reply, follows no
 * redirection, which would get the headers too, and can be broken off.
 */
final class CollectorRequest {
  private static final int CONNECT_MILLIS = 5_000;
  private static final int READ_MILLIS = 10_000;
  private static final int MAX_REPLY_BYTES = 16 << 10;
  private static final int SUCCESS = 2;
  private static final int STATUS_CLASS = 100;

  private final String url;
  private final Map<String, String> headers;
  private volatile @Nullable HttpURLConnection open;
  private volatile boolean aborted;

  CollectorRequest(String url, Map<String, String> headers) {
    this.url = url;
    this.headers = headers;
  }

  /**
   * Posts a body, and returns the start of the reply.
   *
   * @throws IOException if there is no connection, or the reply is no success
   */
  byte[] post(byte[] body) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    open = connection;
    try {
      connection.setConnectTimeout(CONNECT_MILLIS);
      connection.setReadTimeout(READ_MILLIS);
      connection.setInstanceFollowRedirects(false);
      connection.setRequestMethod("POST");
      connection.setDoOutput(true);
      connection.setFixedLengthStreamingMode(body.length);
      connection.setRequestProperty("User-Agent", "redoubt");
      headers.forEach(connection::setRequestProperty);
      connection.setRequestProperty("Content-Type", "application/x-protobuf");
      if (aborted) {
        throw new IOException("takes too long");
      }
      try (OutputStream out = connection.getOutputStream()) {
        out.write(body);
      }
      requireSuccess(status(connection));
      try (InputStream in = connection.getInputStream()) {
        return in.readNBytes(MAX_REPLY_BYTES);
      }
    } catch (IOException | RuntimeException e) { // the latter if another thread disconnects
      if (aborted) {
        throw new IOException("takes too long", e);
      }
      throw e;
    } finally {
      open = null;
      connection.disconnect(); // a minute later, the collector has closed it
    }
  }

  private static int status(HttpURLConnection connection) throws IOException {
    try {
      return connection.getResponseCode();
    } catch (HttpRetryException e) { // 401, which would be answered by sending the body again
      return e.responseCode();
    }
  }

  private static void requireSuccess(int status) throws IOException {
    if (status / STATUS_CLASS != SUCCESS) {
      throw new IOException(status < 0 ? "no HTTP reply" : "HTTP status " + status);
    }
  }

  void abort() {
    aborted = true;
    HttpURLConnection connection = open;
    if (connection != null) {
      connection.disconnect();
    }
  }
}
