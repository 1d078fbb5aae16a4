package io.redoubt.dist.process;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that keep connecting to a port, even without a listener, and send pipelined requests.
 * They record the replies of a server that must not serve.
 */
final class Hammer implements AutoCloseable {
  /** A key that exists in every data set of the test. */
  static final String KEY = "w0:0";

  private static final int CLIENTS = 2;

  /** The pause between attempts, so that the starting server gets a processor. */
  private static final long PAUSE_NANOS = 200_000;

  private static final int TIMEOUT_MILLIS = 5_000;

  private final int port;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicInteger attempts = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();
  private final Queue<String> served = new ConcurrentLinkedQueue<>();
  private final Queue<String> missing = new ConcurrentLinkedQueue<>();
  private final Map<Integer, Long> acknowledged = new ConcurrentHashMap<>();
  private volatile boolean stopped;

  /** Starts clients. */
  Hammer(int port) {
    this.port = port;
    for (int i = 0; i < CLIENTS; i++) {
      int client = i;
      threads.add(Thread.ofPlatform().start(() -> run(client)));
    }
  }

  static String counter(int client) {
    return "counter:" + client;
  }

  private void run(int client) {
    long count = 0;
    while (!stopped) {
      attempts.incrementAndGet();
      try (RespClient connection = RespClient.connect("127.0.0.1", port, TIMEOUT_MILLIS)) {
        while (!stopped) {
          count++;
          connection.send("SET", counter(client), Long.toString(count));
          connection.send("GET", KEY);
          connection.send("INFO", "persistence");
          connection.send("DBSIZE");
          connection.send("PSYNC", "?", "-1");
          set(client, count, connection.receive());
          get(connection.receive());
          info(connection.receive());
          note("DBSIZE", connection.receive());
          if (note("PSYNC", connection.receive())) {
            break; // the connection is a replica's from here on
          }
        }
      } catch (IOException e) {
        LockSupport.parkNanos(PAUSE_NANOS); // no listener yet, or the server has ended
      }
    }
  }

  private void set(int client, long count, Reply reply) {
    if (note("SET", reply)) {
      acknowledged.put(client, count);
    }
  }

  private void get(Reply reply) {
    if (note("GET", reply) && reply.isNull()) {
      missing.add("GET " + KEY + " returned nil");
    }
  }

  private void info(Reply reply) {
    if (!reply.isError() && !reply.text().contains("loading:1")) {
      served.add("INFO without loading:1");
    }
  }

  /** Records a reply; returns true if the request was executed. */
  private boolean note(String command, Reply reply) {
    if (reply.isError()) {
      refused.incrementAndGet();
      return false;
    }
    served.add(command);
    return true;
  }

  /** Returns the number of attempted connections. */
  int attempts() {
    return attempts.get();
  }

  /** Returns the number of requests that were answered with an error. */
  int refused() {
    return refused.get();
  }

  /** Returns the requests that were executed. */
  List<String> served() {
    return List.copyOf(served);
  }

  /** Returns the reads that did not find the key. */
  List<String> missing() {
    return List.copyOf(missing);
  }

  /** Returns the last acknowledged value of each client's counter. */
  Map<Integer, Long> acknowledged() {
    return Map.copyOf(acknowledged);
  }

  @Override
  public void close() {
    stopped = true;
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
