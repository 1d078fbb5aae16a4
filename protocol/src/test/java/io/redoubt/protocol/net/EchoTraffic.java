package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that send random bytes to an echo, in pieces of random sizes, ahead of what they have
 * received, and compare what comes back.
 */
final class EchoTraffic {
  private static final int TIMEOUT_MILLIS = 20_000;

  private final Callable<Socket> connector;
  private final AtomicBoolean done = new AtomicBoolean();
  private final AtomicLong received = new AtomicLong();

  EchoTraffic(Callable<Socket> connector) {
    this.connector = connector;
  }

  /** A task that may throw anything. */
  interface Task {
    void run() throws Exception;
  }

  /** Returns the number of bytes that all clients have received. */
  long received() {
    return received.get();
  }

  /** Runs clients as long as a task. */
  void during(int clients, Random random, Task task) throws Exception {
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> conversations = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        long seed = random.nextLong();
        conversations.add(
            pool.submit(() -> {
              converse(seed);
              return null;
            }));
      }
      try {
        task.run();
      } finally {
        done.set(true);
      }
      for (Future<?> each : conversations) {
        each.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
      }
    }
  }

  private void converse(long seed) throws Exception {
    Random random = Seed.from(seed);
    while (!done.get()) {
      try (Socket socket = connector.call()) {
        socket.setSoTimeout(TIMEOUT_MILLIS);
        if (random.nextInt(4) == 0) {
          pipeline(socket, random);
        } else {
          ask(socket, random);
        }
      }
    }
  }

  /** Sends small requests, one after the other. */
  private void ask(Socket socket, Random random) throws IOException {
    for (int i = random.nextInt(3000); i >= 0 && !done.get(); i--) {
      byte[] sent = new byte[1 + random.nextInt(200)];
      random.nextBytes(sent);
      socket.getOutputStream().write(sent);
      assertThat(socket.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
      received.addAndGet(sent.length);
    }
  }

  /** Sends without waiting for the replies, which another thread reads. */
  private void pipeline(Socket socket, Random random) throws Exception {
    long seed = random.nextLong();
    int pieces = random.nextInt(1500);
    Thread writer = Thread.ofVirtual().start(() -> write(socket, seed, pieces));
    Random again = Seed.from(seed);
    InputStream in = socket.getInputStream();
    for (int i = 0; i < pieces; i++) {
      byte[] expected = piece(again);
      assertThat(in.readNBytes(expected.length)).isEqualTo(expected);
      received.addAndGet(expected.length);
    }
    writer.join();
  }

  private static void write(Socket socket, long seed, int pieces) {
    Random random = Seed.from(seed);
    try {
      OutputStream out = socket.getOutputStream();
      for (int i = 0; i < pieces; i++) {
        out.write(piece(random));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] piece(Random random) {
    byte[] bytes =
        new byte[random.nextInt(20) == 0 ? random.nextInt(100_000) : random.nextInt(300)];
    random.nextBytes(bytes);
    return bytes;
  }
}
