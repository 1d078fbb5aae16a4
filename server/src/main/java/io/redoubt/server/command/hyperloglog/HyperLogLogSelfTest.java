package io.redoubt.server.command.hyperloglog;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.hyperloglog.DenseRegisters;
import io.redoubt.server.structure.hyperloglog.HyperLogLog;
import java.util.random.RandomGenerator;

/** PFSELFTEST: checks packed registers and the error of counts. */
final class HyperLogLogSelfTest {
  private static final int ROUNDS = 100;
  private static final int MAX_REGISTER = 63;
  private static final int ELEMENTS = 1_000_000;

  /** Six standard errors of 1.04 / sqrt(registers). */
  private static final double TOLERANCE = 6 * 1.04 / Math.sqrt(HyperLogLog.REGISTERS);

  private static final int SLACK = 10;

  private HyperLogLogSelfTest() {}

  static void run(Call call) {
    Slabs slabs = call.keyspace().slabs();
    long plain = slabs.allocateFar(HyperLogLog.REGISTERS);
    long dense = slabs.allocateFar(DenseRegisters.SIZE_BYTES);
    try {
      keepRegisters(plain, dense, call.keyspace().random());
      count(plain, dense, call.keyspace().random());
    } finally {
      slabs.free(plain, HyperLogLog.REGISTERS);
      slabs.free(dense, DenseRegisters.SIZE_BYTES);
    }
    call.reply().ok();
  }

  private static void keepRegisters(long plain, long dense, RandomGenerator random) {
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < HyperLogLog.REGISTERS; i++) {
        Region.putByte(plain + i, random.nextInt(MAX_REGISTER + 1));
      }
      DenseRegisters.pack(plain, dense);
      for (int i = 0; i < HyperLogLog.REGISTERS; i++) {
        int expected = Region.getByte(plain + i);
        int value = DenseRegisters.get(dense, i);
        if (value != expected) {
          throw new CommandError(
              "TESTFAILED Register " + i + " should be " + expected + " but is " + value);
        }
      }
    }
  }

  private static void count(long plain, long dense, RandomGenerator random) {
    Region.zero(dense, DenseRegisters.SIZE_BYTES);
    long element = plain; // uses the memory of the HyperLogLog until it is counted
    long seed = random.nextLong();
    long checkpoint = 1;
    for (long seen = 1; seen <= ELEMENTS; seen++) {
      Region.putLong(element, seed ^ seen);
      long hash = HyperLogLog.hash(element, Long.BYTES);
      DenseRegisters.raise(dense, HyperLogLog.index(hash), HyperLogLog.rank(hash));
      if (seen == checkpoint) {
        Region.zero(plain, HyperLogLog.REGISTERS);
        DenseRegisters.mergeInto(plain, dense);
        long counted = HyperLogLog.count(plain);
        if (Math.abs(counted - seen) > SLACK + TOLERANCE * seen) {
          throw new CommandError("TESTFAILED Too big error. card:" + seen + " counted:" + counted);
        }
        checkpoint *= 10;
      }
    }
  }
}
