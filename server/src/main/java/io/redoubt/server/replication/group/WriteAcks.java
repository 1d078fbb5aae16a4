package io.redoubt.server.replication.group;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.session.AwaitedReplies;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ReplicaWaits;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.execution.ReplyAcks;
import io.redoubt.server.replication.master.ReplicaFeed;
import io.redoubt.server.replication.master.ReplicaFeeds;
import io.redoubt.server.replication.master.Replicas;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.settings.ReplicationDirectives;
import io.redoubt.server.settings.WriteAcksDirective;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Semi-synchronous replication: delays replies to writes until replicas have acknowledged the
 * stream up to the last effect of the write. Only a master delays replies.
 *
 * <p>A write waits for the last effect in the stream even if it had no effect itself: a write that
 * finds its work already done must not be confirmed before the write that did it.
 *
 * <p>With {@code write-acks-reads} a command without effect waits until bytes added to the stream
 * after it are acknowledged. Replicas that acknowledge them had not promised another master before,
 * so the command has seen every acknowledged write even if this server is cut off.
 *
 * <p>A reply whose acknowledgements are missing at the timeout, or when this server becomes a
 * replica, is replaced by the error UNACKED.
 */
public final class WriteAcks implements ReplyAcks, ReplicaWaits {
  private static final String TIMED_OUT =
      "UNACKED The outcome is unknown: this server has applied the write, but too few replicas have"
          + " acknowledged it in time.";
  private static final String DEMOTED =
      "UNACKED The outcome is unknown: this server became a replica before enough replicas had"
          + " acknowledged the write.";

  /** The number of empty lines kept for reuse. */
  private static final int MAX_IDLE_LINES = 4;

  private final Log log;
  private final ReplicationDirectives settings;
  private final ServerClients clients;
  private final Clock clock;
  private final Replicas replicas;
  private final ReplicaFeeds feeds;
  private final ReplicationStream stream;
  private final Role role;
  private final AckGroup group;
  private final CountedReplicas counted = new CountedReplicas();
  private final List<AckLine> lines = new ArrayList<>();
  private final Runnable onTimeout;
  private boolean on;

  /** True once replies have been delayed, so that INFO keeps showing the counters. */
  private boolean used;

  /** True if a connection may have set its own number by CLIENT WRITE-ACKS. */
  private boolean setByConnections;

  /** The effect offset of the stream before the current command. */
  private long effectsBefore;

  /** True from the first reply that timed out until a reply is acknowledged; limits log lines. */
  private boolean lacking;

  private @Nullable Cancellable timer;
  private long timeouts;

  /**
   * Creates the waits; none is active until {@link #update}.
   *
   * @param onTimeout called after waits may have ended by timeout
   */
  public WriteAcks(
      Environment environment,
      ReplicationDirectives settings,
      ServerClients clients,
      Replicas replicas,
      ReplicationStream stream,
      Role role,
      AckGroup group,
      Runnable onTimeout) {
    this.log = environment.log();
    this.clock = environment.clock();
    this.settings = settings;
    this.clients = clients;
    this.replicas = replicas;
    this.feeds = replicas.feeds();
    this.stream = stream;
    this.role = role;
    this.group = group;
    this.onTimeout = onTimeout;
  }

  /** Follows changes of the configuration. */
  public void followSettings() {
    settings.writeAcks.onChange(value -> onConfigChange());
    settings.writeAcksDurable.onChange(value -> lines.forEach(this::restart));
    settings.writeAcksTimeout.onChange(value -> restartTimer());
  }

  /** Returns true if replies to writes are delayed. */
  public boolean isOn() {
    return on;
  }

  /** Returns true if a delayed reply is pending. */
  public boolean isWaiting() {
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** Returns true if replies are or have been delayed. */
  public boolean isShown() {
    return on || used;
  }

  /** Returns the number of clients with delayed replies. */
  public int waitingClients() {
    int count = 0;
    for (Client client : clients.registry().view()) {
      AwaitedReplies replies = client.output().awaited();
      count += replies != null && replies.isWaiting() ? 1 : 0;
    }
    return count;
  }

  /** Returns the number of times that replies of a client timed out. */
  public long timeouts() {
    return timeouts;
  }

  /** Applies the role and the configuration. */
  public void update() {
    boolean wanted = !role.isReplica() && (settings.writeAcks.value() != 0 || setByConnections);
    if (wanted) {
      stream.keep();
    }
    if (wanted != on) {
      on = wanted;
      used |= wanted;
      stream.delayReplies(wanted ? this : null);
      if (!wanted) {
        replicas.endTurnAcks();
      }
    }
  }

  /**
   * Applies a new {@code write-acks}; from then on only replicas connected now count for a
   * majority.
   */
  private void onConfigChange() {
    counted.clear();
    for (ReplicaFeed feed : feeds.all()) {
      count(feed);
    }
    update();
  }

  private void count(ReplicaFeed feed) {
    if (feed.isOnline() && feed.ackOffset() > 0) {
      counted.add(feed);
    }
  }

  /** Checks for numbers set by connections, after CLIENT WRITE-ACKS. */
  public void onConnectionChange() {
    setByConnections = isSetByConnections();
    update();
  }

  /**
   * Stops delaying replies after the last connection with its own number has closed. Called each
   * second.
   */
  public void cron() {
    if (setByConnections) {
      onConnectionChange();
    }
  }

  private boolean isSetByConnections() {
    for (Client client : clients.registry().view()) {
      int own = ((ServerClient) client).writeAcks();
      if (own != ServerClient.DEFAULT_WRITE_ACKS && own != 0) {
        return true;
      }
    }
    return false;
  }

  /** Restarts the count of replicas, because this server becomes a master. */
  public void onPromoted() {
    counted.clear();
  }

  /** Fails all delayed replies, because this server becomes a replica. */
  public void onDemoted() {
    for (AckLine line : lines) {
      while (!line.isEmpty()) {
        line.failFirst(DEMOTED);
      }
    }
    lines.clear(); // offsets of another history follow
    update();
  }

  // Replies.

  @Override
  public boolean begins(ServerClient client, Command<?> command, boolean onlyReads) {
    int required = required(client);
    if (required == 0 || client.isMaster() || command.has(Flag.PUBSUB)) {
      return false; // the effect of PUBLISH can't be read later
    }
    boolean reads = command.has(Flag.READONLY) || onlyReads || !client.mayReplicate(command);
    if (reads && !(isRead(command, onlyReads) && settings.writeAcksReads.value())) {
      return false;
    }
    effectsBefore = stream.effectOffset();
    client.output().beginAwaited(required, required >= required());
    return true;
  }

  private static boolean isRead(Command<?> command, boolean onlyReads) {
    return command.has(Flag.READONLY) || onlyReads || command.name().equals("exec");
  }

  private int required(ServerClient client) {
    int own = client.writeAcks();
    return own == ServerClient.DEFAULT_WRITE_ACKS ? required() : resolved(own);
  }

  /**
   * Returns the number of replicas that must acknowledge a write of a client without its own
   * number.
   */
  public int required() {
    return resolved(settings.writeAcks.value());
  }

  private int resolved(int number) {
    if (number != WriteAcksDirective.MAJORITY) {
      return number;
    }
    return group.isFormed() ? GroupConfig.majorityOf(group.members()) : counted.majority();
  }

  @Override
  public void onReplied(ServerClient client) {
    boolean onlyRead = stream.effectOffset() == effectsBefore && settings.writeAcksReads.value();
    client.output().finishAwaited(onlyRead ? stream.offset() + 1 : stream.effectOffset());
  }

  @Override
  public void await(AwaitedReplies replies) {
    long offset = replies.newestOffset();
    if (role.isReplica()) { // since the command has run
      replies.fail(offset, DEMOTED);
      return;
    }
    if (offset > stream.offset()) {
      stream.ping(); // gives replies to reads something to wait for
    }
    AckLine line = line(replies.wantedReplicas(), replies.wantsGroup());
    if (offset <= line.acknowledged()) {
      replies.onAcknowledged(line.acknowledged());
      return;
    }
    boolean wasEmpty = line.isEmpty();
    line.add(replies, offset, clock.monotonicNanos());
    if (wasEmpty) {
      startTimer();
    }
    replicas.askForTurnAcks();
  }

  private AckLine line(int wanted, boolean ofGroup) {
    for (int i = 0; i < lines.size(); i++) {
      AckLine line = lines.get(i);
      if (line.replicas() == wanted && line.isOfGroup() == ofGroup) {
        return line;
      }
    }
    if (lines.size() >= MAX_IDLE_LINES) {
      lines.removeIf(AckLine::isEmpty);
    }
    AckLine line = new AckLine(wanted, ofGroup);
    restart(line);
    lines.add(line);
    return line;
  }

  private void restart(AckLine line) {
    line.restart(acknowledgedFor(line));
  }

  private long acknowledgedFor(AckLine line) {
    return group.acknowledgedBy(
        line.replicas(), settings.writeAcksDurable.value(), line.isOfGroup());
  }

  /** Releases replies after a replica has acknowledged more of the stream. */
  public void onAcknowledged(ReplicaFeed feed) {
    if (!on) {
      return;
    }
    count(feed);
    boolean any = false;
    for (int i = 0; i < lines.size(); i++) {
      AckLine line = lines.get(i);
      any |= line.acknowledged(acknowledgedFor(line));
    }
    if (any && lacking) {
      lacking = false;
      log.notice("Replicas acknowledge writes again.");
    }
  }

  // Timeouts.

  private void startTimer() {
    if (timer == null && settings.writeAcksTimeout.value() > 0) {
      schedule(settings.writeAcksTimeout.value());
    }
  }

  private void restartTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    if (isWaiting() && settings.writeAcksTimeout.value() > 0) {
      schedule(0);
    }
  }

  private void schedule(long delayMillis) {
    timer = clients.loop().schedule(this::timeOut, delayMillis);
  }

  private void timeOut() {
    timer = null;
    long timeoutNanos = TimeUnit.MILLISECONDS.toNanos(settings.writeAcksTimeout.value());
    if (timeoutNanos == 0) {
      return;
    }
    long now = clock.monotonicNanos();
    long longest = -1;
    for (int i = 0; i < lines.size(); i++) {
      AckLine line = lines.get(i);
      while (!line.isEmpty() && now - line.firstSinceNanos() >= timeoutNanos) {
        if (line.failFirst(TIMED_OUT)) {
          timeouts++;
          complain(line);
        }
      }
      if (!line.isEmpty()) {
        longest = Math.max(longest, now - line.firstSinceNanos());
      }
    }
    if (longest >= 0) {
      schedule(TimeUnit.NANOSECONDS.toMillis(timeoutNanos - longest) + 1);
    }
    onTimeout.run();
  }

  private void complain(AckLine line) {
    if (!lacking) {
      lacking = true;
      log.warning(
          "Writes time out with UNACKED: fewer than %d of %d connected replicas acknowledge them.",
          line.replicas(), feeds.all().size());
    }
  }

  /**
   * The replicas that a majority is computed from: all that have acknowledged anything since this
   * server became a master or {@code write-acks} was changed. A lost replica remains counted, so
   * that failures never shrink a majority.
   */
  private static final class CountedReplicas {
    private final Set<String> names = new HashSet<>();

    void add(ReplicaFeed feed) {
      if (feed.listeningPort() != 0) {
        names.add(feed.name());
      }
    }

    void clear() {
      names.clear();
    }

    /**
     * Returns the number of replicas that form a majority together with the master, at least one.
     */
    int majority() {
      return Math.max(1, (names.size() + 1) / 2);
    }
  }
}
