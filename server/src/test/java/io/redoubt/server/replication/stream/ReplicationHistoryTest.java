package io.redoubt.server.replication.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReplicationHistoryTest {
  private final Random random = Seed.from(7);
  private final ReplicationHistory history = new ReplicationHistory(random);

  @Test
  void startsWithARandomIdAtOffsetZero() {
    assertThat(history.id()).matches("[0-9a-f]{40}");
    assertThat(new ReplicationHistory(random).id()).isNotEqualTo(history.id());
    assertThat(history.offset()).isZero();
    assertThat(history.secondId()).isEqualTo("0".repeat(40));
    assertThat(history.secondOffset()).isEqualTo(-1);
  }

  @Test
  void promotionKeepsTheOffsetAndRemembersTheOldId() {
    String before = history.id();
    history.advance(50);
    history.promote(random);
    assertThat(history.id()).isNotEqualTo(before);
    assertThat(history.offset()).isEqualTo(50);
    assertThat(history.secondId()).isEqualTo(before);
    assertThat(history.secondOffset()).isEqualTo(51);
  }

  @Test
  void followsAMasterThatWasPromoted() {
    String before = history.id();
    history.advance(9);
    history.branch("b".repeat(40));
    assertThat(history.id()).isEqualTo("b".repeat(40));
    assertThat(history.secondId()).isEqualTo(before);
    assertThat(history.secondOffset()).isEqualTo(10);
  }

  @Test
  void aFullSyncReplacesTheHistory() {
    history.promote(random);
    history.adopt("c".repeat(40), 1234);
    assertThat(history.id()).isEqualTo("c".repeat(40));
    assertThat(history.offset()).isEqualTo(1234);
    assertThat(history.secondId()).isEqualTo(ReplicationHistory.NO_ID);
    assertThat(history.secondOffset()).isEqualTo(-1);
  }

  @Test
  void aRestartedHistoryKeepsOnlyItsOffset() {
    history.advance(3);
    history.promote(random);
    String before = history.id();
    history.restart(random);
    assertThat(history.id()).isNotEqualTo(before);
    assertThat(history.secondId()).isEqualTo(ReplicationHistory.NO_ID);
    assertThat(history.offset()).isEqualTo(3);
  }
}
