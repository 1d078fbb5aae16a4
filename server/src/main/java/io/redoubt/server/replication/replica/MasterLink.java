package io.redoubt.server.replication.replica;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.replication.stream.Handshake;
import io.redoubt.server.settings.HostPort;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A replica's link to its master: connects, repeatedly until it is stopped; performs the handshake;
 * loads the master's data set or resumes its stream; and applies the stream.
 *
 * <p>This server is a replica if and only if the state is not {@link State#IDLE}. The address of
 * its master is the directive {@code replicaof}.
 */
public final class MasterLink {
  /** The state of the link. TRANSFER includes loading the received data set. */
  public enum State {
    IDLE("none"),
    WAITING("connect"),
    CONNECTING("connecting"),
    HANDSHAKE("handshake"),
    TRANSFER("sync"),
    CONNECTED("connected");

    private final String label;

    State(String label) {
      this.label = label;
    }

    /** Returns the name in ROLE. */
    public String label() {
      return label;
    }
  }

  /**
   * The duration after which a lost link is reconnected at once; a shorter one waits for the cron.
   */
  private static final long LASTED_MILLIS = 100;

  /** The delay before a master whose data set was refused is asked again. */
  private static final long REFUSED_MILLIS = 10_000;

  private final LinkParts parts;
  private final StreamContext following;
  private final Clock clock;
  private final Log log;

  private State state = State.IDLE;
  private @Nullable LinkAttempt attempt;
  private long attemptMillis;
  private long lastIoMillis;

  /** The time at which the link went down; 0 if it has never been up. */
  private long downSinceMillis;

  /** The reason why the link stays down although the master is reachable; null if there is none. */
  private @Nullable String refusal;

  private long refusedMillis;

  /**
   * True from an order to follow this master until the link is up. The order overrides the rule
   * that a member of a group follows no earlier master.
   */
  private boolean ordered;

  /** True if a stream interleaved with a snapshot could not be buffered. */
  private boolean streamAheadLost;

  public MasterLink(LinkParts parts) {
    this.parts = parts;
    Environment environment = parts.environment();
    clock = environment.clock();
    log = environment.log();
    following = parts.following();
  }

  // State for others.

  public State state() {
    return state;
  }

  public boolean isConnected() {
    return state == State.CONNECTED;
  }

  public String masterHost() {
    return master().host();
  }

  public int masterPort() {
    return master().port();
  }

  private HostPort master() {
    HostPort master = parts.settings().replication.replicaof.value();
    if (master == null) {
      throw new IllegalStateException("no master");
    }
    return master;
  }

  /** Returns the identity to announce in the handshake. */
  Handshake.Identity identity() {
    String address = parts.settings().replication.replicaAnnounceIp.value();
    int port = parts.settings().replication.replicaAnnouncePort.value();
    return new Handshake.Identity(
        parts.settings().replication.login(),
        port == 0 ? parts.connector().announcedPort() : port,
        address.isEmpty() ? null : address,
        streamAheadBytes(),
        parts.settings().encodings.hashFieldExpiry.value(),
        parts.settings().cluster.databases(),
        ordered ? null : following.membership().followed());
  }

  /** Returns the seconds since the last bytes from the master, -1 if the link is down. */
  public long silentSeconds() {
    return isConnected() ? secondsSince(lastIoMillis) : -1;
  }

  /** Returns the seconds since the link went down, -1 if it was never up. */
  public long downSeconds() {
    return downSinceMillis == 0 ? -1 : secondsSince(downSinceMillis);
  }

  /** Returns the reason for refusing the master's data set, or null. */
  public @Nullable String refusal() {
    return refusal;
  }

  /** Returns the current transfer, null if there is none. */
  public @Nullable Transfer transfer() {
    return attempt == null ? null : attempt.transfer();
  }

  /** Returns the seconds since the last byte of the transfer. */
  public long transferSilentSeconds() {
    return secondsSince(lastIoMillis);
  }

  /** Returns the bytes received but not applied, including an open transaction. */
  public long unappliedBytes() {
    return attempt == null ? 0 : attempt.unappliedBytes();
  }

  /** Returns the bytes of the stream that are buffered until the data set is loaded. */
  public long aheadBytes() {
    return attempt == null ? 0 : attempt.aheadBytes();
  }

  /** Returns the database selected by the stream, -1 if the link is down. */
  private int selectedDatabase() {
    return attempt == null ? -1 : attempt.selectedDatabase();
  }

  /** Returns the database that the master's stream has selected, -1 if it is unknown. */
  public int streamDatabase() {
    return isConnected() ? selectedDatabase() : following.stream().resumeDatabase();
  }

  private long secondsSince(long millis) {
    return (now() - millis) / 1000;
  }

  /** Returns a time that does not jump when the system's clock is set. */
  private long now() {
    return clock.monotonicMillis();
  }

  // Beginning and ending.

  /**
   * Starts to follow the master that the configuration names; the next {@link #cron()} connects.
   */
  public void follow() {
    become(State.WAITING);
    refusal = null;
    streamAheadLost = false;
    downSinceMillis = 0;
  }

  /** Handles an order to follow the current master. */
  public void onConfirmed() {
    ordered |= !isConnected();
  }

  /** Connects at once, by an explicit order. */
  public void connectByOrder() {
    ordered = true;
    connect();
  }

  private void connect() {
    connect("Connecting to MASTER %s:%d");
  }

  private void connect(String line) {
    HostPort master = master();
    log.notice(line, master.host(), master.port());
    log.notice("MASTER <-> REPLICA sync started");
    become(State.CONNECTING);
    attemptMillis = now();
    lastIoMillis = attemptMillis;
    LinkAttempt next = new LinkAttempt(parts, this);
    attempt = next;
    try {
      parts.connector().connect(master.host(), master.port(), next);
    } catch (IOException | RuntimeException e) { // a RuntimeException if no socket can be created
      next.end("Unable to connect to MASTER: " + SystemErrors.text(e));
    }
  }

  /** Pauses or resumes the stream. */
  public void hold(boolean held) {
    if (state == State.CONNECTED && attempt != null) {
      attempt.hold(held);
    }
  }

  /** Resumes the stream if a pause of clients has ended. */
  public void onPausesChange() {
    if (attempt != null) {
      attempt.onPausesChange();
    }
  }

  /** Ends the link for good: this server becomes a master or follows another one. */
  public void stop() {
    LinkAttempt current = attempt;
    if (current != null) {
      current.abandon();
    }
    become(State.IDLE);
  }

  /** Changes the state. Commands may be refused or served again from this moment on. */
  private void become(State newState) {
    boolean wasConnected = isConnected();
    state = newState;
    Role role = following.role();
    role.setReplica(newState != State.IDLE);
    log.setRole(role.isReplica() ? 'S' : 'M');
    role.setLinkUp(isConnected());
    if (wasConnected != isConnected()) {
      if (wasConnected) {
        downSinceMillis = now();
      }
      following.changes().onLinkChange();
    }
  }

  /** Deletes the file into which a data set is being received, if there is one. */
  public void deleteReceived() {
    Transfer transfer = attempt == null ? null : attempt.transfer();
    if (transfer != null) {
      transfer.deleteReceived();
    }
  }

  /**
   * Connects if the link is down, closes it if the master is silent, acknowledges. Called each
   * second.
   */
  public void cron() {
    boolean silent = now() - lastIoMillis > parts.connector().timeoutMillis();
    LinkAttempt current = attempt;
    switch (state) {
      case IDLE -> {
        return;
      }
      case WAITING -> {
        if (refusal == null || now() - refusedMillis >= REFUSED_MILLIS || !isRefusalOn()) {
          connect();
        }
      }
      case CONNECTING, HANDSHAKE -> {
        if (silent && current != null) {
          current.end("Timeout connecting to the MASTER...");
        }
      }
      case TRANSFER -> {
        if (current != null && current.isLoading()) {
          current.write("\n".getBytes(UTF_8));
        } else if (silent && current != null) {
          current.end(
              "Timeout receiving bulk data from MASTER... If the problem persists try to set the"
                  + " 'repl-timeout' parameter in redis.conf to a larger value.");
        }
      }
      case CONNECTED -> {
        if (silent && current != null) {
          log.warning("MASTER timeout: no data nor PING received...");
          current.close();
        } else {
          acknowledge();
        }
      }
    }
  }

  /** Acknowledges the applied offset to the master. */
  public void acknowledge() {
    if (attempt != null && isConnected()) {
      attempt.acks().send();
    }
  }

  /** Acknowledges newly synced bytes at once if the master has asked for that. */
  public void becameDurable() {
    if (attempt != null && isConnected()) {
      attempt.acks().becameDurable();
    }
  }

  /** Requests an acknowledgement after the bytes received so far have been executed. */
  public void requestAck() {
    if (attempt != null) {
      attempt.acks().want();
    }
  }

  /** Starts or stops acknowledging at the end of each turn that applied anything. */
  public void setAcksTurns(boolean on) {
    if (attempt != null) {
      attempt.acks().setEachTurn(on);
    }
  }

  // Reports of an attempt.

  /** Records the state that the attempt has reached. */
  void setAttemptState(State newState) {
    become(newState);
    if (newState == State.CONNECTED) {
      ordered = false;
      refusal = null;
      streamAheadLost = false;
    }
    lastIoMillis = now();
  }

  /** Records the time of received bytes. */
  void onHeard() {
    lastIoMillis = now();
  }

  /** Forgets an attempt that has ended. */
  void over(LinkAttempt ended) {
    if (attempt == ended) {
      attempt = null;
    }
  }

  /** Records the reason for refusing the master's data set. */
  void setRefusal(String reason) {
    refusal = reason;
    refusedMillis = now();
  }

  /** Returns the bytes of an interleaved stream that can be buffered; 0 to refuse interleaving. */
  long streamAheadBytes() {
    if (streamAheadLost || !parts.settings().replication.replInterleavedSync.value()) {
      return 0;
    }
    long most = parts.settings().replication.replSpillMax.value();
    return most == 0 ? Long.MAX_VALUE : most;
  }

  /** Refuses interleaving in the next transfer, because the stream exceeded the limit. */
  void onStreamAheadLost() {
    streamAheadLost = true;
  }

  private boolean isRefusalOn() {
    return parts.settings().replication.replicaRefuseEmptyMaster.value();
  }

  /** Reconnects at once if the attempt had lasted; otherwise the cron does. */
  void reconnectIfLasted(String line) {
    if (now() - attemptMillis >= LASTED_MILLIS) {
      connect(line);
    }
  }
}
