package io.redoubt.server.replication.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InterleavingTest {
  @Test
  void doesNotLimitTheStreamIfTheSnapshotHasNothingToSend() {
    Interleaving turns = new Interleaving(Long.MAX_VALUE);
    assertThat(turns.allowance(false)).isEqualTo(Long.MAX_VALUE);
    assertThat(turns.allowance(true)).isEqualTo(Interleaving.LEAD_BYTES);
    turns.onStreamSent(Interleaving.LEAD_BYTES);
    assertThat(turns.allowance(true)).isZero();
    turns.onSnapshotSent(100);
    assertThat(turns.allowance(true)).isEqualTo(100);
    turns.onStreamSent(1_000_000);
    assertThat(turns.allowance(true)).isZero();
    assertThat(turns.allowance(false)).isPositive();
  }

  @Test
  void sendsNoMoreThanTheReplicaBuffers() {
    Interleaving turns = new Interleaving(1000);
    assertThat(turns.allowance(true)).isEqualTo(1000);
    turns.onStreamSent(999);
    assertThat(turns.allowance(false)).isEqualTo(1);
    turns.onStreamSent(1);
    turns.onSnapshotSent(1 << 20);
    assertThat(turns.allowance(false)).isZero();
    assertThat(turns.allowance(true)).isZero();
  }

  /** A link slower than snapshot and stream together: each gets half of it. */
  @Test
  void sharesANarrowLink() {
    Random random = Seed.random("InterleavingTest");
    Interleaving turns = new Interleaving(Long.MAX_VALUE);
    long snapshot = 0;
    long stream = 0;
    for (int turn = 0; turn < 10_000; turn++) {
      long room = 1 + random.nextInt(256 * 1024);
      long sent = Math.min(room, turns.allowance(true));
      turns.onStreamSent(sent);
      turns.onSnapshotSent(room - sent);
      stream += sent;
      snapshot += room - sent;
      assertThat(stream - snapshot).isBetween(-256L * 1024, Interleaving.LEAD_BYTES);
    }
  }

  @Test
  void readsOffers() {
    assertThat(Interleaving.offeredBytes("interleave:1000")).isEqualTo(1000);
    assertThat(Interleaving.offeredBytes("interleave:" + Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
    for (String other :
        new String[] {
          "eof", "psync2", "interleave", "interleave:", "interleave:x", "interleave:-1"
        }) {
      assertThat(Interleaving.offeredBytes(other)).as(other).isZero();
    }
  }
}
