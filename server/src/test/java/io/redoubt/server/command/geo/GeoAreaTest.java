package io.redoubt.server.command.geo;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class GeoAreaTest {
  private static final int AREAS = 2_000;
  private static final int PLACES = 200;

  @Test
  void coversTheAreaWithSquares() {
    Random random = Seed.random("GeoAreaTest");
    int within = 0;
    for (int i = 0; i < AREAS; i++) {
      double longitude = random.nextDouble(-180, 180);
      double latitude = random.nextDouble(-70, 70);
      double size = Math.pow(10, random.nextDouble(0, 6));
      boolean circle = random.nextBoolean();
      GeoArea area =
          circle
              ? GeoArea.circle(longitude, latitude, size)
              : GeoArea.box(longitude, latitude, size, size * random.nextDouble(0.1, 3));
      double reach = size / 50_000;
      for (int j = 0; j < PLACES; j++) {
        double placeLongitude = longitude + random.nextDouble(-reach, reach);
        double placeLatitude = latitude + random.nextDouble(-reach, reach);
        if (Geohash.isPlace(placeLongitude, placeLatitude)
            && area.distanceWithin(placeLongitude, placeLatitude) >= 0) {
          within++;
          assertThat(covers(area, Geohash.encode(placeLongitude, placeLatitude)))
              .as(
                  "%f,%f in %f around %f,%f",
                  placeLongitude, placeLatitude, size, longitude, latitude)
              .isTrue();
        }
      }
    }
    assertThat(within).isGreaterThan(AREAS);
  }

  private static boolean covers(GeoArea area, long hash) {
    for (int square = 0; square < area.squares(); square++) {
      if (hash >= area.first(square) && hash < area.end(square)) {
        return true;
      }
    }
    return false;
  }

  @Test
  void decidesByTheDistanceAloneInACircle() {
    Random random = Seed.random("GeoAreaTest");
    for (int i = 0; i < AREAS; i++) {
      double longitude = random.nextDouble(-180, 180);
      double latitude = random.nextDouble(-Geohash.MAX_LATITUDE, Geohash.MAX_LATITUDE);
      double radius = Math.pow(10, random.nextDouble(-1, 7.4));
      GeoArea area = GeoArea.circle(longitude, latitude, radius);
      double reach = radius / 50_000 / Math.cos(Math.toRadians(latitude));
      for (int j = 0; j < PLACES; j++) {
        double placeLongitude =
            Math.IEEEremainder(longitude + random.nextDouble(-reach, reach), 360);
        double placeLatitude =
            Math.clamp(
                latitude + random.nextDouble(-reach, reach),
                -Geohash.MAX_LATITUDE,
                Geohash.MAX_LATITUDE);
        double distance = Geohash.distance(longitude, latitude, placeLongitude, placeLatitude);
        assertThat(area.distanceWithin(placeLongitude, placeLatitude))
            .as(
                "%f,%f in %f around %f,%f",
                placeLongitude, placeLatitude, radius, longitude, latitude)
            .isEqualTo(distance > radius ? -1 : distance);
      }
    }
  }

  @Test
  void usesEachSquareOnce() {
    Random random = Seed.random("GeoAreaTest");
    for (int i = 0; i < AREAS; i++) {
      double size = Math.pow(10, random.nextDouble(0, 7.3));
      GeoArea area = GeoArea.circle(random.nextDouble(-180, 180), random.nextDouble(-85, 85), size);
      for (int a = 0; a < area.squares(); a++) {
        for (int b = 0; b < a; b++) {
          assertThat(area.first(a)).isNotEqualTo(area.first(b));
        }
      }
    }
  }

  @Test
  void computesDistances() {
    GeoArea circle = GeoArea.circle(0, 0, 1000);
    assertThat(circle.distanceWithin(0, 0)).isZero();
    assertThat(circle.distanceWithin(0, 0.0089)).isBetween(980.0, 1000.0);
    assertThat(circle.distanceWithin(0, 0.0091)).isNegative();
    GeoArea box = GeoArea.box(0, 0, 2000, 200);
    assertThat(box.distanceWithin(0.0089, 0)).isPositive();
    assertThat(box.distanceWithin(0.0091, 0)).isNegative();
    assertThat(box.distanceWithin(0, 0.001)).isNegative();
  }
}
