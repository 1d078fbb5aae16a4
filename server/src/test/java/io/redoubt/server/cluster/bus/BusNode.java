package io.redoubt.server.cluster.bus;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.Threads;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.ClusterOptions;
import io.redoubt.server.cluster.core.DefaultOptions;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Output;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.nodes.NodesFile;
import io.redoubt.server.cluster.slot.SlotSet;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/** A node of a cluster without data, on 127.0.0.1. */
final class BusNode implements AutoCloseable {
  private static final long WAIT_SECONDS = 60;

  private final Path file;
  private final int port;
  private final int busPort;
  private final Transport transport;
  private final ClusterDriver driver;
  private final List<String> delivered = new CopyOnWriteArrayList<>();
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private boolean closed;

  BusNode(Path file, long timeoutMillis) throws Exception {
    this.file = file;
    List<Integer> ports = FreePorts.several(2);
    port = ports.get(0);
    busPort = ports.get(1);
    transport = Transport.open("bus " + port, BufferMemory.offHeap());
    Clock clock = Clock.system();
    NodesFile nodesFile = new NodesFile(new OsDisk(), file, false);
    ClusterOptions options = DefaultOptions.of(new Endpoint("", port, 0, busPort), timeoutMillis);
    Random random = Seed.ofProcess();
    ClusterState state = nodesFile.read().orElseGet(() -> Cluster.fresh(options, random));
    Cluster cluster = new Cluster(state, options, random, clock.monotonicMillis());
    driver =
        new ClusterDriver(
            cluster,
            new Silent(),
            new BusParts(
                transport,
                new BusParts.LinkOptions(null, null, () -> 0),
                nodesFile,
                Threads.ofSystem(),
                NameLookup.ofSystem(),
                clock,
                new Log(clock, ZoneOffset.UTC, 1, log)),
            new HeapGate(HeapGate.OF_PROCESS, clock, Log.silent(clock)));
    driver.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), busPort), 16, null);
    transport.loop().execute(driver::start);
    isServing(); // returns after the start
  }

  Path file() {
    return file;
  }

  /** Returns the lines that it has logged. */
  List<String> logged() {
    return log.toString(StandardCharsets.UTF_8).lines().toList();
  }

  int port() {
    return port;
  }

  int busPort() {
    return busPort;
  }

  String id() {
    return with(Cluster::myId);
  }

  boolean isServing() {
    return with(Cluster::isServing);
  }

  List<String> delivered() {
    return delivered;
  }

  int connections() {
    return get(() -> driver.connectionCount());
  }

  /** Reads from the state machine on its loop. */
  <T> T with(Function<Cluster, T> reader) {
    return get(() -> reader.apply(driver.cluster()));
  }

  private <T> T get(Supplier<T> reader) {
    CompletableFuture<T> result = new CompletableFuture<>();
    transport.loop().execute(() -> result.complete(reader.get()));
    return result.orTimeout(WAIT_SECONDS, TimeUnit.SECONDS).join();
  }

  Output order(Input input) {
    CompletableFuture<Output> result = new CompletableFuture<>();
    transport.loop().execute(() -> driver.order(input, result::complete));
    return result.orTimeout(WAIT_SECONDS, TimeUnit.SECONDS).join();
  }

  /** Publishes a message to all nodes. */
  void publish(String channel, String message) {
    transport
        .loop()
        .execute(() ->
            driver.submit(
                new Input.Publish(false, ByteString.of(channel), ByteString.of(message))));
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      CompletableFuture<Void> done = new CompletableFuture<>();
      transport
          .loop()
          .execute(() -> {
            driver.stop();
            done.complete(null);
          });
      done.orTimeout(WAIT_SECONDS, TimeUnit.SECONDS).join();
      transport.close();
    }
  }

  /** A data server that holds no data. */
  private final class Silent implements DataServer {
    @Override
    public long offset() {
      return 0;
    }

    @Override
    public long dataAgeMillis() {
      return 0;
    }

    @Override
    public void follow(Endpoint endpoint) {}

    @Override
    public void promote() {}

    @Override
    public void pauseWrites(long millis) {}

    @Override
    public void resumeWrites() {}

    @Override
    public void dropSlots(SlotSet slots) {}

    @Override
    public void dropAll() {}

    @Override
    public void onTopologyChange() {}

    @Override
    public void deliver(boolean sharded, ByteString channel, ByteString message) {
      delivered.add(text(channel) + " " + text(message));
    }

    private String text(ByteString bytes) {
      return new String(bytes.toByteArray(), StandardCharsets.ISO_8859_1);
    }
  }
}
