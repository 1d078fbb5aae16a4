package io.redoubt.server.command.geo;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.redoubt.protocol.Seed;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class GeohashTest {
  @Test
  void encodesKnownPositions() {
    long palermo = Geohash.encode(13.361389, 38.115556);
    long catania = Geohash.encode(15.087269, 37.502669);
    assertThat(palermo).isEqualTo(3479099956230698L);
    assertThat(catania).isEqualTo(3479447370796909L);
    assertThat(new String(Geohash.text(palermo), US_ASCII)).isEqualTo("sqc8b49rny0");
    assertThat(new String(Geohash.text(Geohash.encode(10.40744, 57.64911)), US_ASCII))
        .isEqualTo("u4pruydqqv0");
    assertThat(Geohash.distance(13.361389, 38.115556, 15.087269, 37.502669))
        .isCloseTo(166274.15, within(0.5));
  }

  @Test
  void decodesToTheCentreOfTheCell() {
    Random random = Seed.random("GeohashTest");
    for (int i = 0; i < 10_000; i++) {
      double longitude = random.nextDouble(-180, 180);
      double latitude = random.nextDouble(-Geohash.MAX_LATITUDE, Geohash.MAX_LATITUDE);
      long hash = Geohash.encode(longitude, latitude);
      assertThat(hash).isBetween(0L, (1L << 52) - 1);
      assertThat(Geohash.longitude(hash)).isCloseTo(longitude, within(180.0 / (1 << 26)));
      assertThat(Geohash.latitude(hash)).isCloseTo(latitude, within(90.0 / (1 << 26)));
      assertThat(Geohash.encode(Geohash.longitude(hash), Geohash.latitude(hash))).isEqualTo(hash);
    }
  }

  @Test
  void encodesTheLimits() {
    assertThat(Geohash.isPlace(180, Geohash.MAX_LATITUDE)).isTrue();
    assertThat(Geohash.isPlace(-180.1, 0)).isFalse();
    assertThat(Geohash.isPlace(0, 85.06)).isFalse();
    assertThat(Geohash.isPlace(Double.NaN, 0)).isFalse();
    assertThat(Geohash.longitude(Geohash.encode(180, 0))).isEqualTo(180);
    assertThat(Geohash.encode(-180, -Geohash.MAX_LATITUDE)).isZero();
  }
}
