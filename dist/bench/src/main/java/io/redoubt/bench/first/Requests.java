package io.redoubt.bench.first;

import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** A connection that sends the same requests in each call, one after the other. */
final class Requests implements Use {
  private final MeasuredServer server;
  private final RespClient client;
  private final List<String> requests;

  /**
   * Connects.
   *
   * @param requests words separated by blanks, in which {@code {n}} is the number of the call and
   *     {@code ^} a blank inside of a word
   */
  Requests(MeasuredServer server, List<String> requests) throws IOException {
    this(server, server.connect(), requests);
  }

  /** Takes a connection, which is closed with this object. */
  Requests(MeasuredServer server, RespClient client, List<String> requests) {
    this.server = server;
    this.client = client;
    this.requests = requests;
  }

  /** Sends requests once, as preparation. */
  static void send(MeasuredServer server, List<String> requests) throws IOException {
    try (Requests once = new Requests(server, requests)) {
      once.call(1);
    }
  }

  @Override
  public void call(int number) throws IOException {
    for (String request : requests) {
      send(request, number);
    }
  }

  private void send(String request, int number) throws IOException {
    String[] words =
        Arrays.stream(request.split(" "))
            .map(word -> word.replace("{n}", Integer.toString(number)).replace('^', ' '))
            .toArray(String[]::new);
    if (client.call(words) instanceof Reply.Error error) {
      throw new ErrorReplyException(server, request + ": " + error.text());
    }
  }

  @Override
  public void close() throws IOException {
    client.close();
  }
}
