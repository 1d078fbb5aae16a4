package io.redoubt.bench.load;

import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Clients that use TLS: some that send requests over lasting connections, and some that connect.
 */
public final class TlsLoad implements AutoCloseable {
  private static final byte[] PING = "PING\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int PONG_BYTES = "+PONG\r\n".length();
  private static final int TIMEOUT_MILLIS = 60_000;

  private final MeasuredServer server;
  private final int port;
  private final Path certificate;
  private final Tls.Terms terms;
  private final List<RespClient> clients = new ArrayList<>();

  /**
   * @param port the server's port for TLS
   * @param certificate the trusted one
   * @param protocol such as {@code TLSv1.3}
   */
  public TlsLoad(MeasuredServer server, int port, Path certificate, String protocol) {
    this.server = server;
    this.port = port;
    this.certificate = certificate;
    terms = new Tls.Terms(List.of(protocol), "", List.of(), Tls.Provider.JDK);
  }

  private Tls client() throws IOException {
    return Tls.client(null, new Tls.Authorities(certificate, null), terms);
  }

  /** Opens the connections of {@link #run}. */
  public void connect(int count) throws IOException {
    Tls client = client();
    while (clients.size() < count) {
      clients.add(RespClient.connect(MeasuredServer.HOST, port, TIMEOUT_MILLIS, client.sockets()));
    }
  }

  /**
   * Runs requests over all connections, each in a thread that waits for the replies.
   *
   * @return the number of requests run
   */
  public long run(int pipeline, int requests, String... request)
      throws IOException, InterruptedException {
    AtomicInteger left = new AtomicInteger(Math.max(1, requests / pipeline));
    long batches = left.get();
    List<String[]> batch = Collections.nCopies(pipeline, request);
    AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (RespClient client : clients) {
      threads.add(
          Thread.ofPlatform()
              .name("load")
              .start(() -> {
                try {
                  while (left.getAndDecrement() > 0 && failure.get() == null) {
                    for (Reply reply : client.pipeline(batch)) {
                      if (reply instanceof Reply.Error error) {
                        throw new ErrorReplyException(server, error.text());
                      }
                    }
                  }
                } catch (IOException e) {
                  failure.compareAndSet(null, e);
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    IOException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
    return batches * pipeline;
  }

  /**
   * Connects, sends a PING and disconnects, one connection after another.
   *
   * @param resumes true if they may resume the session of the first, which is not one of them
   * @return the number of connections that resumed a session
   */
  public int handshakes(int count, boolean resumes) throws IOException, InterruptedException {
    int resumed = 0;
    Tls client = client();
    if (resumes) {
      ping(client);
    }
    for (int i = 0; i < count; i++) {
      // A client without a session cannot resume one.
      resumed += ping(resumes ? client : client()) ? 1 : 0;
    }
    return resumed;
  }

  /** Makes one connection; returns true if it resumed a session. */
  private boolean ping(Tls client) throws IOException, InterruptedException {
    Thread.sleep(2); // A resumed session is older than its connection, in milliseconds.
    long startMillis = System.currentTimeMillis();
    try (SSLSocket socket = (SSLSocket) client.sockets().createSocket(MeasuredServer.HOST, port)) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write(PING);
      if (socket.getInputStream().readNBytes(PONG_BYTES).length < PONG_BYTES) {
        throw new IOException(server.name() + ": connection closed by the server");
      }
      return socket.getSession().getCreationTime() < startMillis;
    }
  }

  @Override
  public void close() throws IOException {
    for (RespClient client : clients) {
      client.close();
    }
    clients.clear();
  }
}
