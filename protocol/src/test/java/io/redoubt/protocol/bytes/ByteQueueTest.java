package io.redoubt.protocol.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteQueueTest {

  @Test
  void appendsInPlaceWhatWasWrittenToItsRoom() {
    Random random = Seed.random("ByteQueueTest");
    ByteQueue queue = new ByteQueue(BufferMemory.offHeap());
    assertThat(queue.room(100)).isNull();
    var expected = new ByteArrayOutputStream();
    int dropped = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = new byte[1 + random.nextInt(300)];
      random.nextBytes(bytes);
      BufferMemory.Block room = random.nextBoolean() ? queue.room(bytes.length) : null;
      if (room == null) {
        queue.append(MemorySegment.ofArray(bytes), 0, bytes.length, random.nextInt(2000));
      } else {
        int length = (int) room.sizeBytes();
        assertThat(length).isBetween(1, bytes.length);
        bytes = Arrays.copyOf(bytes, length);
        MemorySegment.copy(
            bytes, 0, room.memory(), ValueLayout.JAVA_BYTE, room.offset(), bytes.length);
        MemorySegment before = queue.memory();
        queue.append(room.memory(), room.offset(), length, 0);
        assertThat(queue.memory()).isEqualTo(before);
      }
      expected.writeBytes(bytes);
      if (random.nextInt(10) == 0) {
        int some = random.nextInt((int) queue.usedBytes() + 1);
        queue.dropUntil(queue.start() + some);
        dropped += some;
      }
      byte[] rest = Arrays.copyOfRange(expected.toByteArray(), dropped, expected.size());
      assertThat(
              queue
                  .memory()
                  .asSlice(queue.start(), queue.usedBytes())
                  .toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(rest);
    }
    queue.clear();
  }
}
