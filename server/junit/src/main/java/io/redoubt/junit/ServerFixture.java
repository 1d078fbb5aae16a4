package io.redoubt.junit;

import io.redoubt.embedded.EmbeddedServer;
import io.redoubt.embedded.ServerBuilder;
import java.net.InetSocketAddress;
import java.net.URI;

/** One server, which is replaced after a test has shut it down. */
final class ServerFixture implements Fixture {
  private final ServerBuilder builder;
  private EmbeddedServer server;

  ServerFixture(ServerBuilder builder) {
    this.builder = builder;
    server = builder.start();
  }

  @Override
  public InetSocketAddress address() {
    return server.address();
  }

  @Override
  public URI uri() {
    return server.uri();
  }

  @Override
  public EmbeddedServer subject() {
    return server;
  }

  @Override
  public void reset() {
    if (server.isRunning()) {
      server.resume();
      server.execute("FLUSHALL");
    } else {
      server.close();
      server = builder.start();
    }
  }

  @Override
  public String report() {
    boolean answers = server.isRunning() && !server.isPaused();
    return Reports.of("server", server.log(), answers ? server::execute : null);
  }

  @Override
  public void close() {
    server.close();
  }
}
