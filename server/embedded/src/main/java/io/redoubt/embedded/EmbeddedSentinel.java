package io.redoubt.embedded;

import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Threads;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.sentinel.SentinelHost;
import io.redoubt.sentinel.SentinelServer;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.sentinel.runtime.StateFile;
import io.redoubt.sentinel.settings.Timings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** A running sentinel, which shares nothing with others in the process. */
final class EmbeddedSentinel implements Node {
  private final SentinelServer sentinel;
  private final SystemLog log;
  private final LoopPause pause;
  private final LoopbackClient client;
  private final CompletableFuture<Void> ended;
  private final AtomicBoolean closed = new AtomicBoolean();

  private EmbeddedSentinel(
      SentinelServer sentinel,
      InetSocketAddress address,
      SystemLog log,
      CompletableFuture<Void> ended) {
    this.sentinel = sentinel;
    this.log = log;
    this.ended = ended;
    pause = new LoopPause(sentinel.loop());
    client = new LoopbackClient(address, "", this::isEnded, log.log());
    ended.thenRun(client::disconnect);
  }

  /** Starts a sentinel on the loopback interface, at the port that its configuration names. */
  static EmbeddedSentinel start(SentinelDirectives settings, Timings timings, Host host)
      throws IOException, FatalConfigError {
    SystemLog log = SystemLog.of(host, settings);
    CompletableFuture<SentinelServer> started = new CompletableFuture<>();
    CompletableFuture<Void> ended = new CompletableFuture<>();
    SentinelServer sentinel =
        SentinelServer.start(
            settings,
            new SentinelHost(
                new Environment(host.clock(), log.log(), new SecureRandom()),
                NameLookup.ofSystem(),
                host.sockets().get(),
                Threads.ofSystem(),
                HeapGate.OF_PROCESS,
                StateFile::open,
                timings,
                () -> started.thenAccept(SentinelServer::stop)),
            () -> ended.complete(null));
    started.complete(sentinel);
    InetSocketAddress address = new InetSocketAddress("127.0.0.1", settings.common.port.value());
    return new EmbeddedSentinel(sentinel, address, log, ended);
  }

  @Override
  public boolean isRunning() {
    return !isEnded();
  }

  private boolean isEnded() {
    return closed.get() || ended.isDone();
  }

  @Override
  public Reply execute(String... words) {
    return client.execute(words);
  }

  @Override
  public CompletableFuture<MetricsSnapshot> metrics() {
    return Loops.asked(isEnded(), sentinel::metrics);
  }

  @Override
  public void pause() {
    if (!isEnded()) {
      pause.pause();
    }
  }

  @Override
  public void resume() {
    pause.resume();
  }

  @Override
  public boolean isPaused() {
    return pause.isPaused();
  }

  @Override
  public CompletableFuture<Void> clockMoved() {
    sentinel.tick();
    return Loops.passed(sentinel.loop());
  }

  @Override
  public List<String> log() {
    return log.latest();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      client.disconnect();
      pause.resume();
      sentinel.close();
    }
  }
}
