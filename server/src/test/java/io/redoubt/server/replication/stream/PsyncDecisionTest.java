package io.redoubt.server.replication.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PsyncDecisionTest {
  private static final String REPLICA = "127.0.0.1:6380";
  private static final String OTHER = "f".repeat(40);

  private final Random random = Seed.from(1);
  private final ReplicationHistory history = new ReplicationHistory(random);
  private final Backlog backlog = new Backlog(BufferMemory.offHeap(), 16_384, 1);

  @AfterEach
  void freeBacklog() {
    backlog.close();
  }

  @Test
  void aReplicaWithoutHistoryGetsAFullSync() {
    assertThat(lines(decide("?", -1)))
        .containsExactly("Full resync requested by replica 127.0.0.1:6380");
  }

  @Test
  void refusesAnUnknownHistory() {
    assertThat(lines(decide(OTHER, 1)))
        .containsExactly(
            "Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '"
                + OTHER
                + "', my replication IDs are '"
                + history.id()
                + "' and '"
                + ReplicationHistory.NO_ID
                + "')");
  }

  @Test
  void resumesWithinTheBacklog() {
    stream(100);
    PsyncDecision decision = decide(history.id(), 41);
    assertThat(decision).isInstanceOf(PsyncDecision.Resume.class);
    assertThat(((PsyncDecision.Resume) decision).offset()).isEqualTo(41);
    assertThat(lines(decision))
        .containsExactly(
            "Partial resynchronization request from 127.0.0.1:6380 accepted. Sending 60 bytes of"
                + " backlog starting from offset 41.");
    assertThat(decide(history.id().toUpperCase(java.util.Locale.ROOT), 101))
        .isInstanceOf(PsyncDecision.Resume.class);
  }

  @Test
  void anOffsetBeforeTheBacklogNeedsAFullSync() {
    stream(20_000);
    assertThat(lines(decide(history.id(), 3_616)))
        .containsExactly(
            "Unable to partial resync with replica 127.0.0.1:6380 for lack of backlog (Replica"
                + " request was: 3616).");
    assertThat(decide(history.id(), 3_617)).isInstanceOf(PsyncDecision.Resume.class);
  }

  @Test
  void refusesAnOffsetBeyondTheEnd() {
    stream(10);
    assertThat(lines(decide(history.id(), 12)))
        .containsExactly(
            "Unable to partial resync with replica 127.0.0.1:6380 for lack of backlog (Replica"
                + " request was: 12).",
            "Warning: replica 127.0.0.1:6380 tried to PSYNC with an offset that is greater than the"
                + " master replication offset.");
  }

  @Test
  void cannotResumeWithoutABacklog() {
    assertThat(PsyncDecision.of(history.id(), 1, history, null, REPLICA))
        .isInstanceOf(PsyncDecision.FullSync.class);
  }

  @Test
  void acceptsTheSecondIdUpToThePromotion() {
    stream(50);
    String old = history.id();
    history.promote(random);
    stream(50);
    assertThat(decide(old, 51)).isInstanceOf(PsyncDecision.Resume.class);
    assertThat(decide(old, 20)).isInstanceOf(PsyncDecision.Resume.class);
    assertThat(lines(decide(old, 52)))
        .containsExactly(
            "Partial resynchronization not accepted: Requested offset for second ID was 52, but I"
                + " can reply up to 51");
  }

  @Test
  void refusesTheIdOfZeros() {
    stream(50);
    assertThat(decide(ReplicationHistory.NO_ID, -1)).isInstanceOf(PsyncDecision.FullSync.class);
  }

  private PsyncDecision decide(String id, long offset) {
    return PsyncDecision.of(id, offset, history, backlog, REPLICA);
  }

  private static Iterable<String> lines(PsyncDecision decision) {
    return decision.log().stream().map(LogLine::text).toList();
  }

  private void stream(int bytes) {
    backlog.append(MemorySegment.ofArray(new byte[bytes]), 0, bytes);
    history.advance(bytes);
  }
}
