package io.redoubt.persistence.rdb;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RdbIdempotencyTest {
  private final List<String> read = new ArrayList<>();

  private final RdbIdempotency.Part part =
      new RdbIdempotency.Part() {
        @Override
        public void limits(int durationSeconds, int maxsize, long added, long duplicates) {
          read.add(durationSeconds + " " + maxsize + " " + added + " " + duplicates);
        }

        @Override
        public void id(
            MemorySegment memory,
            long producer,
            int producerLength,
            long text,
            int textLength,
            long millis,
            long sequence) {
          read.add(
              text(memory, producer, producerLength)
                  + " "
                  + text(memory, text, textLength)
                  + " "
                  + millis
                  + "-"
                  + sequence);
        }
      };

  private static String text(MemorySegment memory, long at, int length) {
    return new String(memory.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE), US_ASCII);
  }

  private static MemorySegment limits() {
    MemorySegment memory = MemorySegment.ofArray(new byte[RdbIdempotency.LIMITS_BYTES]);
    RdbIdempotency.putLimits(memory, 0, 86_400, 10_000, 7, Long.MAX_VALUE);
    return memory;
  }

  private static MemorySegment ids() {
    byte[] bytes = new byte[RdbIdempotency.HEAD_BYTES + 3 + 2 * RdbIdempotency.ID_BYTES + 5];
    MemorySegment memory = MemorySegment.ofArray(bytes);
    RdbIdempotency.putHead(memory, 0, 3);
    long at = put(memory, RdbIdempotency.HEAD_BYTES, "pid");
    RdbIdempotency.putId(memory, at, 5, -1, 1);
    at = put(memory, at + RdbIdempotency.ID_BYTES, "a");
    RdbIdempotency.putId(memory, at, 6, 0, 4);
    put(memory, at + RdbIdempotency.ID_BYTES, "bcde");
    return memory;
  }

  private static long put(MemorySegment memory, long at, String text) {
    MemorySegment.copy(
        text.getBytes(US_ASCII), 0, memory, ValueLayout.JAVA_BYTE, at, text.length());
    return at + text.length();
  }

  private void read(MemorySegment memory) throws RdbException {
    read.clear();
    RdbIdempotency.read(memory, 0, (int) memory.byteSize(), part);
  }

  @Test
  void readsWhatWasWritten() throws Exception {
    read(limits());
    assertThat(read).containsExactly("86400 10000 7 " + Long.MAX_VALUE);
    read(ids());
    assertThat(read).containsExactly("pid a 5--1", "pid bcde 6-0");
  }

  @Test
  void refusesPartsThatAreCutOff() {
    for (MemorySegment whole : List.of(limits(), ids())) {
      for (int length = 0; length < whole.byteSize(); length++) {
        MemorySegment cut = whole.asSlice(0, length);
        boolean isWhole = length == RdbIdempotency.HEAD_BYTES + 3 + 21; // one id less
        boolean isEmpty = length == RdbIdempotency.HEAD_BYTES + 3; // none
        if (whole.byteSize() == RdbIdempotency.LIMITS_BYTES || !(isWhole || isEmpty)) {
          assertThatThrownBy(() -> read(cut)).isInstanceOf(RdbException.class);
        }
      }
    }
  }

  @Test
  void readsOrRefusesChangedBytes() {
    Random random = Seed.random("RdbIdempotencyTest");
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      MemorySegment memory = random.nextBoolean() ? limits() : ids();
      long at = random.nextLong(memory.byteSize());
      memory.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
      try {
        read(memory);
      } catch (RdbException e) {
        refused++; // never another exception
      }
    }
    assertThat(refused).isPositive();
  }
}
