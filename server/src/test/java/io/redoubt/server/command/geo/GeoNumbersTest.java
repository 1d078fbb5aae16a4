package io.redoubt.server.command.geo;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Compares the texts with those of {@link BigDecimal}. */
final class GeoNumbersTest {
  private static final int ROUNDS = 200_000;

  private final Random random = Seed.random("GeoNumbersTest");

  @Test
  void formatsDistances() {
    for (int i = 0; i < ROUNDS; i++) {
      double distance = Math.pow(10, random.nextDouble(-7, 12));
      assertDistance(distance);
      double half = (random.nextInt(1 << 24) + 0.5) / 10_000; // at or near the middle of two texts
      assertDistance(half);
      assertDistance(Math.nextUp(half));
      assertDistance(random.nextInt(1 << 24) / 32.0); // exactly in the middle, or an exact text
    }
    assertDistance(0);
    assertDistance(Double.MIN_VALUE);
    assertDistance(1e300);
  }

  private static void assertDistance(double distance) {
    assertThat(GeoNumbers.distance(distance)).isEqualTo(exact(distance, 4).toPlainString());
  }

  @Test
  void formatsCoordinates() {
    for (int i = 0; i < ROUNDS; i++) {
      assertCoordinate(Geohash.longitude(random.nextLong(1L << 52)));
      assertCoordinate(Geohash.latitude(random.nextLong(1L << 52)));
      assertCoordinate(random.nextDouble(-180, 180));
      assertCoordinate(Math.scalb(random.nextDouble(-1, 1), -random.nextInt(20)));
      assertCoordinate(random.nextInt(-360 * 64, 360 * 64) / 64.0);
      assertCoordinate(random.nextInt(-180, 180) + random.nextInt(1 << 18) * 0x1p-18);
    }
    for (double degrees : new double[] {0, -0.0, 180, -180, 0x1p-11, Math.nextDown(1), 1e-20}) {
      assertCoordinate(degrees);
      assertCoordinate(Math.nextUp(degrees));
      assertCoordinate(Math.nextDown(degrees));
    }
  }

  private static void assertCoordinate(double degrees) {
    BigDecimal rounded = exact(degrees, 17);
    assertThat(GeoNumbers.coordinate(degrees))
        .isEqualTo(rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString());
  }

  private static BigDecimal exact(double value, int places) {
    return new BigDecimal(value).setScale(places, RoundingMode.HALF_EVEN);
  }
}
