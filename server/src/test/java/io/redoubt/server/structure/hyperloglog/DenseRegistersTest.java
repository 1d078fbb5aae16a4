package io.redoubt.server.structure.hyperloglog;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class DenseRegistersTest {
  private static final int HIGHEST = 63;

  @Test
  void mergesAndPacksTheMaximumOfEachRegister() {
    Random random = Seed.random("DenseRegistersTest");
    try (Slabs slabs = CheckingSlabs.create()) {
      long plain = slabs.allocateFar(HyperLogLog.REGISTERS);
      long packed = slabs.allocateFar(DenseRegisters.SIZE_BYTES);
      long copy = slabs.allocateFar(DenseRegisters.SIZE_BYTES);
      int[] expected = new int[HyperLogLog.REGISTERS];
      Region.zero(plain, HyperLogLog.REGISTERS);
      for (int round = 0; round < 5; round++) {
        for (int i = 0; i < HyperLogLog.REGISTERS; i++) {
          int value = random.nextInt(HIGHEST + 1);
          DenseRegisters.put(packed, i, value);
          expected[i] = Math.max(expected[i], value);
        }
        DenseRegisters.mergeInto(plain, packed);
        DenseRegisters.pack(plain, copy);
        for (int i = 0; i < HyperLogLog.REGISTERS; i++) {
          assertThat((int) Region.getByte(plain + i)).as("register %d", i).isEqualTo(expected[i]);
          assertThat(DenseRegisters.get(copy, i)).as("register %d", i).isEqualTo(expected[i]);
        }
      }
      slabs.free(copy, DenseRegisters.SIZE_BYTES);
      slabs.free(packed, DenseRegisters.SIZE_BYTES);
      slabs.free(plain, HyperLogLog.REGISTERS);
    }
  }
}
