package io.redoubt.bench.load;

import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Many connections that send the same request at the same time. */
public final class ManyClients implements AutoCloseable {
  private final MeasuredServer server;
  private final List<RespClient> clients = new ArrayList<>();

  private ManyClients(MeasuredServer server) {
    this.server = server;
  }

  /** Opens connections, which remain idle until they {@link #ask}. */
  public static ManyClients connect(MeasuredServer server, int count) throws IOException {
    ManyClients all = new ManyClients(server);
    for (int i = 0; i < count; i++) {
      all.clients.add(server.connect());
    }
    return all;
  }

  /**
   * Sends a request several times over each connection, and waits for all replies.
   *
   * @throws ErrorReplyException if one of them is an error
   */
  public void ask(String request, int times) throws IOException {
    for (RespClient client : clients) {
      client.sendRaw((request + "\r\n").repeat(times));
    }
    for (RespClient client : clients) {
      for (int i = 0; i < times; i++) {
        if (client.receive() instanceof Reply.Error error) {
          throw new ErrorReplyException(server, error.text());
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (RespClient client : clients) {
      client.close();
    }
  }
}
