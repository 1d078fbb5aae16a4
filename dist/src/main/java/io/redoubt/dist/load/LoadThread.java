package io.redoubt.dist.load;

import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A thread that drives its share of the clients: each sends a pipeline of requests, waits for all
 * replies, and sends again. Creates no objects once it runs.
 */
final class LoadThread implements Runnable {
  private static final int READ_BYTES = 64 * 1024;
  private static final int SELECT_MILLIS = 100;

  private final LoadRun run;
  private final List<LoadClient> clients = new ArrayList<>();
  private final int count;
  private final SplittableRandom random = new SplittableRandom();
  private final ByteBuffer room = ByteBuffer.allocateDirect(READ_BYTES);
  private final MicrosHistogram latencies;
  private final AtomicLong finished = new AtomicLong();
  private final AtomicLong latencyMicros = new AtomicLong();
  private @Nullable Selector selector;

  LoadThread(LoadRun run, int count) {
    this.run = run;
    this.count = count;
    this.latencies = new MicrosHistogram(run.options.precision);
  }

  long finished() {
    return finished.get();
  }

  long latencyMicros() {
    return latencyMicros.get();
  }

  /** Returns the measured latencies; for use after the thread has ended. */
  MicrosHistogram latencies() {
    return latencies;
  }

  /** Connects the clients, before the thread starts. */
  void connect() throws LoadException {
    try {
      Selector opened = Selector.open();
      selector = opened;
      for (int i = 0; i < count; i++) {
        clients.add(LoadClient.connect(run, opened));
      }
    } catch (IOException e) {
      throw new LoadException(
          "Could not connect to Redis at " + run.target.address() + ": " + SystemErrors.text(e));
    }
  }

  @Override
  public void run() {
    try (Selector open = Objects.requireNonNull(selector)) {
      int active = 0;
      for (LoadClient client : clients) {
        if (run.options.idle || start(client)) {
          active++;
        }
      }
      while (active > 0 && !run.hasFailed()) {
        open.select(SELECT_MILLIS);
        for (SelectionKey key : open.selectedKeys()) {
          if (key.attachment() instanceof LoadClient client && !serve(client, key)) {
            active--;
          }
        }
        open.selectedKeys().clear();
      }
    } catch (IOException e) {
      run.fail("Error: " + SystemErrors.text(e));
    } catch (ProtocolException e) {
      run.fail("Error: " + e.getMessage());
    } catch (LoadException e) {
      run.fail(String.valueOf(e.getMessage()));
    } finally {
      clients.forEach(LoadClient::close);
    }
  }

  /**
   * Sends the next requests of a client; returns false once all clients together have sent enough.
   */
  private boolean start(LoadClient client) throws IOException {
    if (run.issued.getAndAdd(run.options.pipeline) >= run.options.requests) {
      client.close();
      return false;
    }
    if (run.options.randomKeys) {
      run.request.randomize(client.requests(), random, run.options.keys);
    }
    client.start();
    return true;
  }

  /** Handles a ready client; returns false once the client has finished. */
  private boolean serve(LoadClient client, SelectionKey key)
      throws IOException, ProtocolException, LoadException {
    if (key.isWritable()) {
      client.send();
    }
    if (!key.isReadable()) {
      return true;
    }
    room.clear();
    int bytes = client.read(room);
    if (bytes < 0) {
      throw new LoadException("Error: Server closed the connection");
    }
    long micros = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - client.startedNanos());
    int replies = client.count(room.flip());
    String error = client.takeError();
    if (error != null) {
      throw new LoadException("Error from server: " + error);
    }
    if (replies > 0) {
      latencies.record(micros, replies);
      finished.addAndGet(replies);
      latencyMicros.addAndGet(micros * replies);
    }
    if (client.isWaiting()) {
      return true;
    }
    if (!run.options.keepsConnections && run.issued.get() < run.options.requests) {
      client.reconnect();
    }
    return start(client);
  }
}
