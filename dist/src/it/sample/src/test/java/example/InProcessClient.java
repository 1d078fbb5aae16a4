package example;

import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionEvents;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.netty.bootstrap.Bootstrap;
import io.redoubt.embedded.EmbeddedServer;
import java.net.SocketAddress;
import reactor.core.publisher.Mono;

/**
 * A Lettuce client whose connections are channels within the process. Lettuce chooses the class of
 * its channels before a NettyCustomizer sees the bootstrap, and netty refuses a second choice;
 * therefore this client has its own bootstrap.
 */
final class InProcessClient extends RedisClient {
  private final EmbeddedServer server;

  InProcessClient(EmbeddedServer server) {
    super(null, RedisURI.create(server.uri()));
    this.server = server;
  }

  @Override
  protected void connectionBuilder(
      Mono<SocketAddress> address,
      ConnectionBuilder connection,
      ConnectionEvents events,
      RedisURI uri) {
    super.connectionBuilder(address, connection, events, uri);
    Bootstrap bootstrap =
        new Bootstrap()
            .group(connection.bootstrap().config().group())
            .channelFactory(server::channel);
    connection.bootstrap(bootstrap).apply(uri);
  }
}
