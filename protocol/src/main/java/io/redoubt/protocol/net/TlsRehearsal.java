package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import javax.net.ssl.SSLException;

/**
 * A connection to a server's own context, in memory. It loads and initializes what the first client
 * would otherwise wait for: a tenth of a second.
 */
final class TlsRehearsal {
  private static final byte[] MESSAGE = {'P', 'I', 'N', 'G', '\r', '\n'};

  private final EmbeddedChannel server;
  private final EmbeddedChannel client;

  private TlsRehearsal(EmbeddedChannel server, EmbeddedChannel client) {
    this.server = server;
    this.client = client;
  }

  /**
   * Shakes hands and exchanges a message. A server that requires a certificate refuses the client
   * after almost all of that.
   *
   * @param provider the provider of the server's engine
   * @param accepting the handlers of a connection that the server has accepted
   * @return true if the message arrived in both directions
   */
  static boolean run(SslProvider provider, ByteBufAllocator buffers, ChannelHandler... accepting)
      throws SSLException {
    SslContext clients =
        SslContextBuilder.forClient()
            .sslProvider(provider)
            .trustManager(InsecureTrustManagerFactory.INSTANCE)
            .endpointIdentificationAlgorithm(null)
            .build();
    TlsRehearsal rehearsal =
        new TlsRehearsal(
            new EmbeddedChannel(accepting), new EmbeddedChannel(clients.newHandler(buffers)));
    try {
      return rehearsal.exchange();
    } finally {
      rehearsal.end();
    }
  }

  private boolean exchange() {
    deliver();
    return send(client, server) && send(server, client);
  }

  private boolean send(EmbeddedChannel from, EmbeddedChannel to) {
    from.writeOutbound(from.alloc().buffer().writeBytes(MESSAGE));
    deliver();
    ByteBuf received = to.readInbound();
    boolean whole = received != null && received.readableBytes() == MESSAGE.length;
    if (received != null) {
      received.release();
    }
    return whole;
  }

  /** Passes on what each side has written, until both are silent. */
  private void deliver() {
    boolean moved;
    do {
      moved = deliver(client, server) | deliver(server, client);
    } while (moved);
  }

  private static boolean deliver(EmbeddedChannel from, EmbeddedChannel to) {
    from.runPendingTasks();
    boolean moved = false;
    for (ByteBuf part = from.readOutbound(); part != null; part = from.readOutbound()) {
      to.writeInbound(part);
      moved = true;
    }
    return moved;
  }

  private void end() {
    client.close();
    deliver();
    server.close();
    client.finishAndReleaseAll();
    server.finishAndReleaseAll();
  }
}
