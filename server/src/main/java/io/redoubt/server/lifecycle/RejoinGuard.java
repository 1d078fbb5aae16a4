package io.redoubt.server.lifecycle;

import io.redoubt.protocol.bytes.IpAddress;
import io.redoubt.protocol.launch.TlsSettings;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.lifecycle.RoleInquiry.Credentials;
import io.redoubt.server.lifecycle.RoleInquiry.Verdict;
import io.redoubt.server.replication.Replication;
import io.redoubt.server.settings.HostPort;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntSupplier;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes a restarted master refuse writes until its sentinels have confirmed the role. They may have
 * promoted a replica meanwhile, and writes accepted here would be lost when they turn this server
 * into a replica. It asks the saved sentinels, which once published a hello here, and those of
 * {@code rejoin-sentinels}.
 *
 * <p>The state is confined to the event loop; separate threads ask the sentinels.
 */
public final class RejoinGuard {
  private static final long AGAIN_MILLIS = 200;

  private final ServerDirectives settings;
  private final Loop loop;
  private final Clock clock;
  private final Log log;
  private final ServerState state;
  private final Replication replication;
  private final IntSupplier port;
  private final TlsSettings tls;
  private final KnownSentinels known = new KnownSentinels();
  private final SavedLines file;
  private final Set<HostPort> refusals = ConcurrentHashMap.newKeySet();

  /**
   * Creates an idle guard.
   *
   * @param port the TCP port that this server listens on
   */
  public RejoinGuard(
      ServerDirectives settings,
      Loop loop,
      SnapshotContext context,
      ServerState state,
      Replication replication,
      IntSupplier port,
      TlsSettings tls) {
    this.settings = settings;
    this.loop = loop;
    this.clock = context.clock();
    this.log = context.log();
    this.state = state;
    this.replication = replication;
    this.port = port;
    this.tls = tls;
    file =
        new SavedLines(
            context.disk(),
            context.threads(),
            context.clock(),
            context.log(),
            "remember-sentinels",
            "the known sentinels");
  }

  private Path path() {
    return settings.path("sentinels-" + ownPort() + ".state");
  }

  private int ownPort() {
    return tls.announcedPort(port.getAsInt());
  }

  private boolean isOn() {
    return ownPort() != 0 && settings.replication.rejoinTimeout.value() > 0;
  }

  /**
   * Reads the known sentinels. Must be called when the port, a part of the file's name, is known,
   * and before the first request, since a hello would replace the file.
   *
   * @throws IOException if the file can't be read; the server must then not start as a master
   */
  public void open() throws IOException {
    if (isOn()) {
      known.restore(file.read(path()));
    }
  }

  /** Asks the known sentinels once the data set is loaded; called on the event loop. */
  public void start() {
    if (!isOn()) {
      return;
    }
    Set<HostPort> sentinels = new LinkedHashSet<>(settings.replication.rejoinSentinels.value());
    sentinels.addAll(known.places());
    if (replication.isReplica() || sentinels.isEmpty()) {
      return;
    }
    state.set(Refusal.REJOINING, true);
    log.notice(
        "Asking %d sentinels whether this server is still the master. Writes are refused until they"
            + " answer, for at most %d ms.",
        sentinels.size(), settings.replication.rejoinTimeout.value());
    long deadline = nowMillis() + settings.replication.rejoinTimeout.value();
    loop.schedule(this::giveUp, settings.replication.rejoinTimeout.value());
    ask(List.copyOf(sentinels), deadline);
  }

  private long nowMillis() {
    return clock.monotonicMillis();
  }

  private void giveUp() {
    if (state.is(Refusal.REJOINING)) {
      log.warning("The sentinels did not report the role of this server in time: it stays master.");
      state.set(Refusal.REJOINING, false);
    }
  }

  /** Asks all sentinels concurrently and evaluates the answers on the event loop. */
  private void ask(List<HostPort> sentinels, long deadline) {
    int ownPort = ownPort();
    String announcedHost = settings.replication.replicaAnnounceIp.value();
    int announcedPort = settings.replication.replicaAnnouncePort.value();
    Credentials credentials =
        new Credentials(
            settings.replication.rejoinAuthUser.value(),
            settings.replication.rejoinAuthPass.value(),
            sockets());
    Thread.ofVirtual()
        .name("rejoin")
        .start(() -> {
          ConcurrentLinkedQueue<Verdict> verdicts = new ConcurrentLinkedQueue<>();
          List<Thread> askers = new ArrayList<>();
          for (HostPort sentinel : sentinels) {
            askers.add(
                Thread.ofVirtual()
                    .start(() -> {
                      Verdict verdict =
                          RoleInquiry.ask(
                              sentinel,
                              credentials,
                              place -> isSelf(place, ownPort, announcedHost, announcedPort),
                              error -> logRefusal(sentinel, error));
                      if (verdict != null) {
                        verdicts.add(verdict);
                      }
                    }));
          }
          try {
            for (Thread asker : askers) {
              asker.join();
            }
          } catch (InterruptedException e) {
            return;
          }
          loop.report(() -> decide(sentinels, List.copyOf(verdicts), deadline));
        });
  }

  /**
   * Returns TLS sockets if configured; plain ones if the TLS files can't be read, which is reported
   * elsewhere.
   */
  private SocketFactory sockets() {
    try {
      Tls client = tls.client();
      return client == null ? SocketFactory.getDefault() : client.sockets();
    } catch (IOException e) {
      return SocketFactory.getDefault();
    }
  }

  /** Logs the refusal of a sentinel once. May be called on any thread. */
  private void logRefusal(HostPort sentinel, String error) {
    if (refusals.add(sentinel)) {
      log.warning(
          "The sentinel at %s:%d does not report the role of this server: %s (see"
              + " rejoin-auth-pass)",
          sentinel.host(), sentinel.port(), error);
    }
  }

  private static boolean isSelf(
      HostPort place, int ownPort, String announcedHost, int announcedPort) {
    if (place.port() == (announcedPort == 0 ? ownPort : announcedPort)
        && IpAddress.same(place.host(), announcedHost)) {
      return true;
    }
    return place.port() == ownPort && RoleInquiry.isHere(place.host());
  }

  private void decide(List<HostPort> sentinels, List<Verdict> verdicts, long deadline) {
    if (!state.is(Refusal.REJOINING)) {
      return; // REPLICAOF has set a role, or the timeout has passed
    }
    Verdict newest = newest(verdicts);
    if (newest != null && newest.master() != null) {
      HostPort master = newest.master();
      log.notice("The sentinels report %s:%d as the master.", master.host(), master.port());
      state.set(Refusal.REJOINING, false);
      replication.follow(master.host(), master.port());
      rewriteFile();
      return;
    }
    boolean settled = verdicts.stream().allMatch(Verdict::isSettled);
    if (newest != null && settled && verdicts.size() > sentinels.size() / 2) {
      log.notice("The sentinels confirm this server as the master.");
      state.set(Refusal.REJOINING, false);
      return;
    }
    if (nowMillis() < deadline) {
      loop.schedule(() -> ask(sentinels, deadline), AGAIN_MILLIS);
    }
  }

  /** Rewrites the configuration file, so that the next start has the new role. */
  private void rewriteFile() {
    if (settings.configFile() == null) {
      return;
    }
    try {
      settings.rewrite();
    } catch (IOException e) {
      log.warning("CONFIG REWRITE failed: %s", SystemErrors.text(e));
    }
  }

  /** Returns the verdict with the greatest epoch; of equal ones, one that names another master. */
  private static @Nullable Verdict newest(List<Verdict> verdicts) {
    Verdict newest = null;
    for (Verdict verdict : verdicts) {
      boolean newer =
          newest == null
              || verdict.epoch() > newest.epoch()
              || (verdict.epoch() == newest.epoch() && newest.master() == null);
      newest = newer ? verdict : newest;
    }
    return newest;
  }

  /** Adds a sentinel that has published a hello here, since it monitors this server. */
  void onHello(SentinelHello hello) {
    if (!isOn()) {
      return;
    }
    if (known.add(hello.id(), hello.sentinel())) {
      file.save(path(), known.lines());
    } else {
      file.retry(path());
    }
  }

  /** Waits for the writes in progress. */
  public void close() {
    file.close();
  }
}
