package io.redoubt.dist.quickstart;

import io.redoubt.dist.process.NodeProcess;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** Collects the events that the sentinels publish, with one thread per sentinel. */
final class SentinelEvents {
  private static final int KEPT = 1_000;
  private static final int NO_LIMIT = 0;

  private final List<NodeProcess> sentinels;
  private final List<String> events = new ArrayList<>();

  SentinelEvents(List<NodeProcess> sentinels) {
    this.sentinels = sentinels;
  }

  void start() {
    for (NodeProcess sentinel : sentinels) {
      Thread.ofVirtual().name("events-" + sentinel.port()).start(() -> listen(sentinel));
    }
  }

  /** Returns the events so far, oldest first. */
  synchronized List<String> all() {
    return List.copyOf(events);
  }

  private void listen(NodeProcess sentinel) {
    try (RespClient connection = RespClient.connect("127.0.0.1", sentinel.port(), NO_LIMIT)) {
      connection.call("PSUBSCRIBE", "*");
      while (true) {
        List<Reply> message = connection.receive().elements();
        add(sentinel.port(), message.get(2).text() + " " + message.get(3).text());
      }
    } catch (IOException e) {
      add(sentinel.port(), "sentinel ended: " + e.getMessage());
    }
  }

  private synchronized void add(int port, String event) {
    if (events.size() < KEPT) {
      events.add(
          LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.MILLIS)
              + " "
              + port
              + " "
              + event);
    }
  }
}
