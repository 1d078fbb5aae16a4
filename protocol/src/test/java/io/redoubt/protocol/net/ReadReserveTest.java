package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ReadReserveTest {
  /** Each polled socket may be read twice. */
  private static final int READS = 2 * ReadReserve.MAX_EVENTS;

  private final ReadReserve reserve = new ReadReserve();

  @Test
  void leavesRoomForEachReadOfAPoll() {
    Random random = Seed.random("ReadReserveTest");
    for (int poll = 0; poll < 1000; poll++) {
      reserve.startPoll();
      int position = 0;
      for (int i = 0; i < READS; i++) {
        int limit = reserve.limit(ReadBlock.BYTES - position);
        assertThat(limit).isBetween(ReadReserve.MIN_BYTES, ReadBlock.BYTES - position);
        position = ReadBlock.lineAfter(position + (poll == 0 ? limit : 1 + random.nextInt(limit)));
      }
      assertThat(position).isLessThanOrEqualTo(ReadBlock.BYTES);
    }
  }

  /** One busy connection must not be read in small pieces. */
  @Test
  void limitsTheFirstReadAsUsual() {
    reserve.startPoll();
    assertThat(reserve.limit(ReadBlock.BYTES)).isEqualTo(ReadBlock.USUAL_BYTES);
  }
}
