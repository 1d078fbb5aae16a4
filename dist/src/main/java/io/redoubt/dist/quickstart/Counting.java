package io.redoubt.dist.quickstart;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client of a cluster that increments counters in many slots, follows redirections, and retries
 * while nodes fail. An increment counts as acknowledged once a replica has it, too ({@code WAIT}).
 */
final class Counting implements AutoCloseable {
  private static final int COUNTERS = 1_000;
  private static final int TIMEOUT_MILLIS = 2_000;
  private static final int RETRY_MILLIS = 20;
  private static final int MAX_REDIRECTIONS = 16;
  private static final String[] WAIT = {"WAIT", "1", "500"};

  private final List<Integer> ports;
  private final Map<Integer, RespClient> connections = new HashMap<>();
  private final int[] owners = new int[COUNTERS];
  private final long[] sent = new long[COUNTERS];
  private final long[] acknowledged = new long[COUNTERS];
  private final Thread thread;
  private volatile boolean stopped;
  private volatile @Nullable RuntimeException failure;
  private long total;
  private long moves;
  private long asks;

  /** The progress of the count. */
  record Progress(long acknowledged, long moves, long asks) {}

  /**
   * Starts counting.
   *
   * @param ports the ports of the nodes
   */
  Counting(List<Integer> ports) {
    this.ports = ports;
    for (int i = 0; i < COUNTERS; i++) {
      owners[i] = ports.get(i % ports.size());
    }
    thread = Thread.ofPlatform().name("counting").daemon().start(this::run);
  }

  /** Returns the progress. */
  synchronized Progress progress() {
    return new Progress(total, moves, asks);
  }

  private void run() {
    try {
      for (int i = 0; !stopped; i = (i + 1) % COUNTERS) {
        while (!stopped && !increment(i)) {
          Thread.sleep(RETRY_MILLIS);
        }
      }
    } catch (RuntimeException e) {
      failure = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Increments a counter once; returns false if that must be tried again later. */
  private synchronized boolean increment(int counter) {
    sent[counter]++;
    List<Reply> replies = call(counter, new String[] {"INCR", key(counter)}, WAIT);
    if (replies == null) {
      return false;
    }
    if (replies.getFirst().isError()) {
      sent[counter]--;
      return false;
    }
    if (replies.get(1).isError() || replies.get(1).number() < 1) {
      return true;
    }
    acknowledged[counter]++;
    total++;
    return true;
  }

  private static String key(int counter) {
    return "counter:" + counter;
  }

  /**
   * Sends requests for a counter to the node that executes the first, following redirections;
   * returns null if the connection breaks or nodes redirect in a circle.
   */
  private @Nullable List<Reply> call(int counter, String[]... requests) {
    boolean asking = false;
    int port = owners[counter];
    for (int tries = 0; tries < MAX_REDIRECTIONS; tries++) {
      try {
        RespClient client = connection(port);
        if (asking) {
          client.call("ASKING");
        }
        List<Reply> replies = client.pipeline(List.of(requests));
        Reply first = replies.getFirst();
        String[] words = first.isError() ? first.text().split(" ", 3) : new String[] {""};
        asking = words[0].equals("ASK");
        if (!asking && !words[0].equals("MOVED")) {
          return replies;
        }
        port = Integer.parseInt(words[2].substring(words[2].lastIndexOf(':') + 1));
        if (asking) {
          asks++;
        } else {
          moves++;
          owners[counter] = port;
        }
      } catch (IOException e) {
        disconnect(port);
        owners[counter] = ports.get((ports.indexOf(port) + 1) % ports.size());
        return null;
      }
    }
    return null;
  }

  private RespClient connection(int port) throws IOException {
    RespClient client = connections.get(port);
    if (client == null) {
      client = RespClient.connect("127.0.0.1", port, TIMEOUT_MILLIS);
      connections.put(port, client);
    }
    return client;
  }

  private void disconnect(int port) {
    RespClient broken = connections.remove(port);
    if (broken != null) {
      try {
        broken.close();
      } catch (IOException e) {
        // It was broken before.
      }
    }
  }

  /**
   * Compares all counters with the count, which stands still meanwhile.
   *
   * @throws Steps.Failure if one lacks an acknowledged increment or has one more than were sent
   */
  synchronized void verify() throws Steps.Failure, InterruptedException {
    RuntimeException failed = failure;
    if (failed != null) {
      throw new Steps.Failure("counting fails: " + failed);
    }
    for (int i = 0; i < COUNTERS; i++) {
      long value = value(i);
      if (value < acknowledged[i] || value > sent[i]) {
        throw new Steps.Failure(
            key(i)
                + " is "
                + value
                + " after "
                + acknowledged[i]
                + " acknowledged increments of "
                + sent[i]);
      }
    }
  }

  private long value(int counter) throws Steps.Failure, InterruptedException {
    String last = "no connection";
    for (int tries = 0; tries < Steps.LIMIT_SECONDS * 1000 / RETRY_MILLIS; tries++) {
      List<Reply> replies = call(counter, new String[] {"GET", key(counter)});
      if (replies != null && !replies.getFirst().isError()) {
        return replies.getFirst() instanceof Reply.Bulk bulk ? Long.parseLong(bulk.text()) : 0;
      }
      last = replies == null ? last : replies.getFirst().text();
      Thread.sleep(RETRY_MILLIS);
    }
    throw new Steps.Failure("no reply to GET " + key(counter) + ": " + last);
  }

  /** Stops counting. */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      List.copyOf(connections.keySet()).forEach(this::disconnect);
    }
  }
}
