package io.redoubt.dist.quickstart;

import io.redoubt.protocol.resp.Reply;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A client of a cluster that increments counters and retries while nodes fail. An increment counts
 * as acknowledged once a replica has it, too ({@code WAIT}). No lock is held during a call, so that
 * other threads can read the progress while a node is silent, and compare the counters while this
 * one counts.
 */
final class Counting implements AutoCloseable {
  private static final int RETRY_MILLIS = 20;
  private static final String[] WAIT = {"WAIT", "1", "500"};

  private final List<String> keys;
  private final SlotClient writer;
  private final SlotClient reader;
  private final Thread thread;

  /** The increments of each counter that may have been executed; raised before each send. */
  private final AtomicLongArray sent;

  private final AtomicLongArray acknowledged;
  private volatile long total;
  private volatile String problem = "none was sent";
  private volatile boolean stopped;

  record Progress(long acknowledged, long moves, long asks) {}

  /**
   * Starts counting.
   *
   * @param keys the keys of the counters, which are incremented in turn
   */
  Counting(List<Integer> ports, List<String> keys) {
    this.keys = List.copyOf(keys);
    this.writer = new SlotClient(ports);
    this.reader = new SlotClient(ports);
    this.sent = new AtomicLongArray(keys.size());
    this.acknowledged = new AtomicLongArray(keys.size());
    thread = Thread.ofPlatform().name("counting").daemon().start(this::run);
  }

  Progress progress() {
    return new Progress(total, writer.moves(), writer.asks());
  }

  /** Returns the last reason why an increment was not acknowledged. */
  String problem() {
    return problem;
  }

  private void run() {
    try (writer) {
      for (int i = 0; !stopped; i = (i + 1) % keys.size()) {
        while (!stopped && !increment(i)) {
          Thread.sleep(RETRY_MILLIS);
        }
      }
    } catch (RuntimeException e) {
      problem = e.toString();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Increments a counter once; returns false if the caller must retry later. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // There is one writer.
  private boolean increment(int counter) {
    sent.incrementAndGet(counter);
    String key = keys.get(counter);
    List<Reply> replies = writer.call(key, new String[] {"INCR", key}, WAIT);
    if (replies == null || replies.getFirst().isError()) {
      if (replies != null) {
        sent.decrementAndGet(counter);
      }
      problem = writer.problem();
      return false;
    }
    if (replies.get(1).isError() || replies.get(1).number() < 1) {
      problem = "no replica confirms it: " + replies.get(1);
    } else {
      acknowledged.incrementAndGet(counter);
      total++;
    }
    return true;
  }

  /**
   * Compares all counters with the count. For use by one thread.
   *
   * @throws Steps.Failure if one lacks an acknowledged increment or has one more than were sent
   */
  void verify() throws Steps.Failure, InterruptedException {
    for (int i = 0; i < keys.size(); i++) {
      long atLeast = acknowledged.get(i);
      long value = value(keys.get(i));
      long atMost = sent.get(i);
      if (value < atLeast || value > atMost) {
        throw new Steps.Failure(
            keys.get(i)
                + " is "
                + value
                + " after "
                + atLeast
                + " acknowledged increments of "
                + atMost);
      }
    }
  }

  private long value(String key) throws Steps.Failure, InterruptedException {
    long startNanos = System.nanoTime();
    do {
      List<Reply> replies = reader.call(key, new String[] {"GET", key});
      if (replies != null && !replies.getFirst().isError()) {
        return replies.getFirst() instanceof Reply.Bulk bulk ? Long.parseLong(bulk.text()) : 0;
      }
      Thread.sleep(RETRY_MILLIS);
    } while (Steps.seconds(startNanos) < Steps.LIMIT_SECONDS);
    throw new Steps.Failure("no reply to GET " + key + ": " + reader.problem());
  }

  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    reader.close();
  }
}
