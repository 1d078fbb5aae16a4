package io.redoubt.bench.first;

import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.List;

/** Two connections, one of which waits in each call for what the other one causes. */
final class Pairs {
  private Pairs() {}

  /** Receives a message as a subscriber. */
  static Use message(MeasuredServer server) throws IOException {
    RespClient subscriber = server.connect();
    subscriber.call("SUBSCRIBE", "channel");
    return new Pair(
        new Requests(server, List.of("PUBLISH channel message:{n}")), subscriber, List.of());
  }

  /** Waits for an element of a list. */
  static Use element(MeasuredServer server) throws IOException {
    return new Pair(
        new Requests(server, List.of("LPUSH list {n}")),
        server.connect(),
        List.of("BLPOP", "list", "0"));
  }

  /** Receives the invalidation of a key that another client changes. */
  static Use invalidation(MeasuredServer server) throws IOException {
    RespClient reader = server.connect();
    reader.call("HELLO", "3");
    reader.call("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "key");
    return new Pair(new Requests(server, List.of("SET key:{n} value")), reader, List.of());
  }

  /**
   * A call sends the waiting connection's request, if there is one, then the causing ones.
   *
   * @param request the words, or none
   */
  private record Pair(Requests cause, RespClient waiting, List<String> request) implements Use {
    @Override
    public void call(int number) throws IOException {
      if (!request.isEmpty()) {
        waiting.send(request.toArray(String[]::new));
      }
      cause.call(number);
      waiting.receive();
    }

    @Override
    public void close() throws IOException {
      cause.close();
      waiting.close();
    }
  }
}
