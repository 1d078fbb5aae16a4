package io.redoubt.server.replication.stream;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A master's answer to {@code PSYNC id offset}: a partial sync from that offset, or a full sync.
 * Each answer has the lines to log, in Redis' words.
 */
public sealed interface PsyncDecision {
  /** The id sent by a replica without a history, to request a full sync. */
  String ANY_ID = "?";

  List<LogLine> log();

  /**
   * The stream continues from the requested offset.
   *
   * @param offset the offset of the first byte to send
   */
  record Resume(long offset, List<LogLine> log) implements PsyncDecision {}

  /** A snapshot is needed. */
  record FullSync(List<LogLine> log) implements PsyncDecision {}

  /**
   * Chooses between a partial and a full sync.
   *
   * @param askedId the id of the replica's history, or {@link #ANY_ID}
   * @param askedOffset the offset of the first byte that the replica lacks
   * @param backlog the backlog, null if there is none
   * @param replica the replica's address for the log
   */
  static PsyncDecision of(
      String askedId,
      long askedOffset,
      ReplicationHistory history,
      @Nullable Backlog backlog,
      String replica) {
    boolean second = sameId(askedId, history.secondId());
    if (!sameId(askedId, history.id()) && (!second || askedOffset > history.secondOffset())) {
      return new FullSync(
          List.of(LogLine.notice(refusal(askedId, askedOffset, second, history, replica))));
    }
    if (backlog == null || !backlog.reaches(askedOffset)) {
      List<LogLine> log = new ArrayList<>();
      log.add(
          LogLine.notice(
              String.format(
                  Locale.ROOT,
                  "Unable to partial resync with replica %s for lack of backlog (Replica request"
                      + " was: %d).",
                  replica,
                  askedOffset)));
      if (askedOffset > history.offset()) {
        log.add(
            LogLine.warning(
                String.format(
                    Locale.ROOT,
                    "Warning: replica %s tried to PSYNC with an offset that is greater than the"
                        + " master replication offset.",
                    replica)));
      }
      return new FullSync(log);
    }
    return new Resume(
        askedOffset,
        List.of(
            LogLine.notice(
                String.format(
                    Locale.ROOT,
                    "Partial resynchronization request from %s accepted. Sending %d bytes of"
                        + " backlog starting from offset %d.",
                    replica,
                    backlog.nextOffset() - askedOffset,
                    askedOffset))));
  }

  private static String refusal(
      String askedId,
      long askedOffset,
      boolean second,
      ReplicationHistory history,
      String replica) {
    if (askedId.equals(ANY_ID)) {
      return "Full resync requested by replica " + replica;
    }
    if (second) {
      return "Partial resynchronization not accepted: Requested offset for second ID was"
          + String.format(
              Locale.ROOT, " %d, but I can reply up to %d", askedOffset, history.secondOffset());
    }
    return String.format(
        Locale.ROOT,
        "Partial resynchronization not accepted: Replication ID mismatch (Replica asked for"
            + " '%s', my replication IDs are '%s' and '%s')",
        askedId,
        history.id(),
        history.secondId());
  }

  private static boolean sameId(String asked, String own) {
    return !own.equals(ReplicationHistory.NO_ID) && asked.equalsIgnoreCase(own);
  }
}
