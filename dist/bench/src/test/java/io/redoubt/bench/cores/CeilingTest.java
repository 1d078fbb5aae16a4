package io.redoubt.bench.cores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class CeilingTest {
  private static final Ceiling CEILING = new Ceiling(0.5, 2.2);

  @Test
  void isReachedByTheThreadsThatKeepTheOwnerBusy() {
    assertThat(CEILING.perSecond()).isEqualTo(2_000_000);
    assertThat(CEILING.ioThreads()).isEqualTo(5);
  }

  @Test
  void isLimitedByTheThreadsForWhichThereAreCores() {
    assertThat(CEILING.ioThreads(4)).isEqualTo(3);
    assertThat(CEILING.perSecond(4)).isCloseTo(3 * 1e6 / 2.2, within(1e-6));
  }

  @Test
  void usesNoMoreCoresThanTheOwnerCanKeepBusy() {
    assertThat(CEILING.ioThreads(64)).isEqualTo(5);
    assertThat(CEILING.perSecond(64)).isEqualTo(2_000_000);
  }

  @Test
  void needsOneThreadEvenForLittleInput() {
    assertThat(new Ceiling(2, 0.1).ioThreads()).isEqualTo(1);
    assertThat(new Ceiling(2, 0.1).perSecond(2)).isEqualTo(500_000);
  }
}
