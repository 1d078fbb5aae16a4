package io.redoubt.server.replication.stream;

import io.redoubt.protocol.bytes.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The replica's side of the handshake of a replication link: PING; then a pipeline of AUTH,
 * REPLCONF listening-port, REPLCONF ip-address and REPLCONF capa; then PSYNC. It receives the
 * master's reply lines and returns the requests to send, the lines to log and the kind of sync that
 * follows. If the master is too old for PSYNC or returns an error, SYNC follows, as in Redis.
 */
public final class Handshake {
  /** The capability of a replica that supports the expiry of hash fields. */
  public static final String FIELD_EXPIRY = "hash-field-expiry";

  /** The prefix of the capability that announces the number of a cluster node's databases. */
  private static final String DATABASES = "cluster-databases:";

  /** Returns the number of databases that a capability announces, 0 for another capability. */
  public static int databases(String capability) {
    return capability.startsWith(DATABASES)
        ? Math.clamp(
            Numbers.parseLong(capability.substring(DATABASES.length()), 0), 0, Integer.MAX_VALUE)
        : 0;
  }

  /**
   * The identity and options announced by a replica.
   *
   * @param login the words of AUTH, none to send no AUTH
   * @param listeningPort the port that the replica announces
   * @param announcedAddress the address that the replica announces, null to let the master use that
   *     of the connection
   * @param streamAheadBytes the bytes of an interleaved stream that it can buffer (see {@link
   *     TransferFrames}); 0 to refuse interleaving
   * @param knowsFieldExpiry true to receive the expiries of hash fields
   * @param databases the number of databases of a cluster node that has several, else 1
   * @param followed the latest term that the replica has followed in its group, null to accept any
   *     master
   */
  public record Identity(
      List<String> login,
      int listeningPort,
      @Nullable String announcedAddress,
      long streamAheadBytes,
      boolean knowsFieldExpiry,
      int databases,
      @Nullable FollowedTerm followed) {}

  /**
   * The point at which the replica requests to resume.
   *
   * @param offset the offset of the first byte that it lacks
   */
  public record ResumePoint(String id, long offset) {}

  /** An action for the caller; the outputs of a step must be performed in order. */
  public sealed interface Output {}

  /** A request to send. */
  public record Send(List<String> words) implements Output {}

  /** Bytes to send as they are. */
  public record SendLine(String line) implements Output {}

  /** A line to log. */
  public record Say(LogLine line) implements Output {}

  /** A full sync follows, with a data set of this id and offset. */
  public record FullResync(String id, long offset) implements Output {}

  /** A full sync follows from a master that sends no id: its stream can't be resumed. */
  public record FullResyncWithoutHistory() implements Output {}

  /** The stream follows from the requested point, under a new id if one is given. */
  public record Resume(@Nullable String newId) implements Output {}

  /** The peer refuses to become the master. */
  public record TakeoverRefused() implements Output {}

  /** The connection is to be closed and the handshake retried later. */
  public record Abandon() implements Output {}

  private enum Awaiting {
    CONNECTION,
    PONG,
    AUTH,
    LISTENING_PORT,
    IP_ADDRESS,
    CAPABILITIES,
    PSYNC,
    NOTHING
  }

  private final Identity identity;
  private final @Nullable ResumePoint resumePoint;
  private final boolean asksToTakeOver;
  private Awaiting awaiting = Awaiting.CONNECTION;

  /**
   * Creates a handshake before the connection is established.
   *
   * @param resumePoint null to request a full sync
   * @param asksToTakeOver true to ask the peer, a replica until now, to become the master; only
   *     PSYNC can do that
   */
  public Handshake(Identity identity, @Nullable ResumePoint resumePoint, boolean asksToTakeOver) {
    this.identity = identity;
    this.resumePoint = resumePoint;
    this.asksToTakeOver = asksToTakeOver;
  }

  /** Returns true if the handshake has finished: transfer or stream follows from the master. */
  public boolean isOver() {
    return awaiting == Awaiting.NOTHING;
  }

  /** Starts the handshake on an established connection. */
  public List<Output> connected() {
    List<Output> outputs = new ArrayList<>();
    notice(outputs, "Non blocking connect for SYNC fired the event.");
    send(outputs, "PING");
    awaiting = Awaiting.PONG;
    return outputs;
  }

  /** Ends the handshake after the loss of the connection. */
  public List<Output> disconnected() {
    List<Output> outputs = new ArrayList<>();
    if (awaiting == Awaiting.CONNECTION || awaiting == Awaiting.NOTHING) {
      return outputs;
    }
    warning(outputs, "Failed to read response from the server: Success");
    warning(
        outputs,
        awaiting == Awaiting.PSYNC
            ? "Master did not reply to PSYNC, will try later"
            : "Master did not respond to command during SYNC handshake");
    abandon(outputs);
    return outputs;
  }

  /**
   * Handles a line of the master.
   *
   * @param line the line without its terminator; empty lines are signs of life
   */
  public List<Output> reply(String line) {
    List<Output> outputs = new ArrayList<>();
    boolean isError = line.startsWith("-");
    switch (awaiting) {
      case PONG -> pong(line, outputs);
      case AUTH -> {
        if (isError) {
          warning(outputs, "Unable to AUTH to MASTER: " + line);
          abandon(outputs);
        } else {
          awaiting = Awaiting.LISTENING_PORT;
        }
      }
      case LISTENING_PORT -> {
        onNotUnderstood(isError, "listening-port", line, outputs);
        awaiting =
            identity.announcedAddress() == null ? Awaiting.CAPABILITIES : Awaiting.IP_ADDRESS;
      }
      case IP_ADDRESS -> {
        onNotUnderstood(isError, "ip-address", line, outputs);
        awaiting = Awaiting.CAPABILITIES;
      }
      case CAPABILITIES -> {
        onNotUnderstood(isError, "capa", line, outputs);
        askForSync(outputs);
      }
      case PSYNC -> {
        if (!line.isEmpty()) {
          syncReply(line, outputs);
        }
      }
      case CONNECTION, NOTHING ->
          throw new IllegalStateException("a reply while awaiting " + awaiting);
    }
    return outputs;
  }

  private void pong(String line, List<Output> outputs) {
    boolean isRefusal =
        line.startsWith("-NOAUTH")
            || line.startsWith("-NOPERM")
            || line.startsWith("-ERR operation not permitted");
    if (!line.startsWith("+") && !isRefusal) {
      warning(outputs, "Error reply to PING from master: '" + line + "'");
      abandon(outputs);
      return;
    }
    notice(outputs, "Master replied to PING, replication can continue...");
    if (identity.login().isEmpty()) {
      awaiting = Awaiting.LISTENING_PORT;
    } else {
      awaiting = Awaiting.AUTH;
      outputs.add(new Send(identity.login()));
    }
    send(outputs, "REPLCONF", "listening-port", Integer.toString(identity.listeningPort()));
    String address = identity.announcedAddress();
    if (address != null) {
      send(outputs, "REPLCONF", "ip-address", address);
    }
    send(outputs, capabilities());
  }

  private String[] capabilities() {
    List<String> words = new ArrayList<>(List.of("REPLCONF", "capa", "eof", "capa", "psync2"));
    if (identity.streamAheadBytes() > 0) {
      words.addAll(List.of("capa", TransferFrames.CAPABILITY + identity.streamAheadBytes()));
    }
    if (identity.knowsFieldExpiry()) {
      words.addAll(List.of("capa", FIELD_EXPIRY));
    }
    if (identity.databases() > 1) {
      words.addAll(List.of("capa", DATABASES + identity.databases()));
    }
    FollowedTerm followed = identity.followed();
    if (followed != null) {
      words.addAll(List.of("capa", followed.capability()));
    }
    return words.toArray(String[]::new);
  }

  private void askForSync(List<Output> outputs) {
    if (resumePoint == null) {
      notice(outputs, "Partial resynchronization not possible (no cached master)");
      send(outputs, "PSYNC", PsyncDecision.ANY_ID, "-1");
    } else {
      String offset = Long.toString(resumePoint.offset());
      notice(
          outputs,
          String.format(
              Locale.ROOT,
              "Trying a partial resynchronization (request %s:%s).",
              resumePoint.id(),
              offset));
      if (asksToTakeOver) {
        send(outputs, "PSYNC", resumePoint.id(), offset, "FAILOVER");
      } else {
        send(outputs, "PSYNC", resumePoint.id(), offset);
      }
    }
    awaiting = Awaiting.PSYNC;
  }

  private void syncReply(String line, List<Output> outputs) {
    if (line.startsWith("+FULLRESYNC")) {
      fullResync(line, outputs);
    } else if (line.startsWith("+CONTINUE")) {
      resume(line, outputs);
    } else if (line.startsWith("-NOMASTERLINK") || line.startsWith("-LOADING")) {
      notice(outputs, "Master is currently unable to PSYNC but should be in the future: " + line);
      onRefused(outputs);
    } else {
      if (line.startsWith("-ERR")) {
        notice(outputs, "Master does not support PSYNC or is in error state (reply: " + line + ")");
      } else {
        warning(outputs, "Unexpected reply to PSYNC from master: " + line);
      }
      if (asksToTakeOver) {
        onRefused(outputs);
        return;
      }
      notice(outputs, "Retrying with SYNC...");
      outputs.add(new SendLine("SYNC\r\n"));
      awaiting = Awaiting.NOTHING;
      outputs.add(new FullResyncWithoutHistory());
    }
  }

  private void onRefused(List<Output> outputs) {
    if (asksToTakeOver) {
      outputs.add(new TakeoverRefused());
    }
    abandon(outputs);
  }

  private void fullResync(String line, List<Output> outputs) {
    String[] words = line.split(" ", -1);
    awaiting = Awaiting.NOTHING;
    if (words.length >= 3 && words[1].length() == ReplicationHistory.ID_LENGTH) {
      try {
        long offset = Long.parseLong(words[2]);
        notice(outputs, "Full resync from master: " + words[1] + ":" + offset);
        outputs.add(new FullResync(words[1], offset));
        return;
      } catch (NumberFormatException notAnOffset) {
        // The same as any other malformed answer.
      }
    }
    warning(outputs, "Master replied with wrong +FULLRESYNC syntax.");
    outputs.add(new FullResyncWithoutHistory());
  }

  private void resume(String line, List<Output> outputs) {
    awaiting = Awaiting.NOTHING;
    if (resumePoint == null) {
      warning(outputs, "Unexpected reply to PSYNC from master: " + line);
      abandon(outputs);
      return;
    }
    notice(outputs, "Successful partial resynchronization with master.");
    String newId = line.substring("+CONTINUE".length()).strip();
    if (newId.length() == ReplicationHistory.ID_LENGTH && !newId.equals(resumePoint.id())) {
      warning(outputs, "Master replication ID changed to " + newId);
    } else {
      newId = null;
    }
    notice(outputs, "MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.");
    outputs.add(new Resume(newId));
  }

  private static void onNotUnderstood(
      boolean isError, String option, String line, List<Output> outputs) {
    if (isError) {
      notice(outputs, "(Non critical) Master does not understand REPLCONF " + option + ": " + line);
    }
  }

  private static void send(List<Output> outputs, String... words) {
    outputs.add(new Send(List.of(words)));
  }

  private static void notice(List<Output> outputs, String text) {
    outputs.add(new Say(LogLine.notice(text)));
  }

  private static void warning(List<Output> outputs, String text) {
    outputs.add(new Say(LogLine.warning(text)));
  }

  private void abandon(List<Output> outputs) {
    awaiting = Awaiting.NOTHING;
    outputs.add(new Abandon());
  }
}
