package io.redoubt.server.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class RegionTest {
  private final Random random = Seed.random("RegionTest");

  @Test
  void copiesLikeArrays() {
    Slabs slabs = CheckingSlabs.create();
    long base = slabs.allocate(600);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[600];
      random.nextBytes(bytes);
      Region.put(base, bytes);
      int length = random.nextInt(random.nextBoolean() ? 20 : 200);
      int from = random.nextInt(200);
      int to = random.nextBoolean() ? random.nextInt(200) : 300;
      Region.copy(base + from, base + to, length);
      System.arraycopy(bytes, from, bytes, to, length);
      assertThat(Region.toByteArray(base, 600)).isEqualTo(bytes);
    }
    slabs.free(base, 600);
    slabs.close();
  }

  @Test
  void comparesLikeArrays() {
    Slabs slabs = CheckingSlabs.create();
    long a = slabs.allocate(200);
    long b = slabs.allocate(200);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytesA = new byte[random.nextInt(random.nextBoolean() ? 10 : 100)];
      random.nextBytes(bytesA);
      byte[] bytesB = Arrays.copyOf(bytesA, random.nextInt(3) > 0 ? bytesA.length : 5);
      if (bytesB.length > 0 && random.nextBoolean()) {
        bytesB[random.nextInt(bytesB.length)] = (byte) random.nextInt();
      }
      Region.put(a, bytesA);
      Region.put(b, bytesB);
      assertThat(Integer.signum(Region.compare(a, bytesA.length, b, bytesB.length)))
          .isEqualTo(Integer.signum(Arrays.compareUnsigned(bytesA, bytesB)));
      if (bytesA.length == bytesB.length) {
        assertThat(Region.equal(a, b, bytesA.length)).isEqualTo(Arrays.equals(bytesA, bytesB));
      }
    }
    slabs.free(a, 200);
    slabs.free(b, 200);
    slabs.close();
  }

  @Test
  void reusedExtentsReadAsZero() {
    for (boolean near : new boolean[] {true, false}) {
      long address = Region.allocateExtents(2L * Region.EXTENT_BYTES, near);
      Region.fill(address, 2L * Region.EXTENT_BYTES, 1);
      Region.releaseExtents(address, Region.EXTENT_BYTES);
      assertThat(Region.getLong(address)).isZero();
      assertThat(Region.getLong(address + Region.EXTENT_BYTES)).isNotZero();
      Region.releaseExtents(address + Region.EXTENT_BYTES, Region.EXTENT_BYTES);
    }
  }

  /** Beyond a certain size, extents come from another thread, which has prepared their pages. */
  @Test
  void extentsOfALargeRegionReadAsZeroAndAreDistinct() {
    int extents = 60;
    for (int round = 0; round < 3; round++) {
      for (boolean near : new boolean[] {true, false}) {
        Set<Long> held = new TreeSet<>();
        for (int i = 0; i < extents; i++) {
          long address = Region.allocateExtents(Region.EXTENT_BYTES, near);
          assertThat(Region.isNear(address)).isEqualTo(near);
          assertThat(held.add(address)).isTrue();
          int somewhere = random.nextInt(Region.EXTENT_BYTES / 8) * 8;
          assertThat(Region.getLong(address + somewhere)).isZero();
          assertThat(Region.getLong(address)).isZero();
          Region.fill(address, Region.EXTENT_BYTES, 1);
        }
        held.forEach(address -> Region.releaseExtents(address, Region.EXTENT_BYTES));
      }
    }
  }

  @Test
  void refusesAccessOutsideTheRegion() {
    assertThatThrownBy(() -> Region.getLong(Region.MEMORY.byteSize() - 7))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Region.putByte(-1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Region.allocateExtents(1L << 60, true))
        .isInstanceOf(OutOfMemoryError.class);
  }
}
