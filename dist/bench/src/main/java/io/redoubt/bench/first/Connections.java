package io.redoubt.bench.first;

import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Connects anew in each call, and sends the same requests; all connections stay open. */
final class Connections implements Use {
  /** Opens a connection. */
  @FunctionalInterface
  interface Connector {
    RespClient connect() throws IOException;
  }

  private final MeasuredServer server;
  private final Connector connector;
  private final List<String> requests;
  private final List<Requests> opened = new ArrayList<>();

  Connections(MeasuredServer server, Connector connector, List<String> requests) {
    this.server = server;
    this.connector = connector;
    this.requests = requests;
  }

  @Override
  public void call(int number) throws IOException {
    Requests connection = new Requests(server, connector.connect(), requests);
    opened.add(connection);
    connection.call(number);
  }

  @Override
  public void close() throws IOException {
    for (Requests connection : opened) {
      connection.close();
    }
  }
}
