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

  /** Compares with the sum of the angles under which a place sees the edges: its winding number. */
  @Test
  void coversPolygonsWithSquares() {
    Random random = Seed.random("GeoAreaTest");
    int within = 0;
    for (int i = 0; i < AREAS; i++) {
      double reach = Math.pow(10, random.nextDouble(-4, 1.9));
      double[] longitudes = new double[3 + random.nextInt(8)];
      double[] latitudes = new double[longitudes.length];
      double longitude = random.nextDouble(-180 + reach, 180 - reach);
      double latitude = random.nextDouble(-85 + reach, 85 - reach);
      // Vertices around a centre form a star, which has no crossing edges.
      for (int k = 0; k < longitudes.length; k++) {
        double angle = 2 * Math.PI * (k + random.nextDouble(0.9)) / longitudes.length;
        double radius = reach * random.nextDouble(0.1, 1);
        longitudes[k] = longitude + radius * Math.cos(angle);
        latitudes[k] = latitude + radius * Math.sin(angle);
      }
      GeoArea area = GeoArea.polygon(new GeoPolygon(longitudes, latitudes));
      for (int j = 0; j < PLACES; j++) {
        double placeLongitude = longitude + random.nextDouble(-reach, reach);
        double placeLatitude = latitude + random.nextDouble(-reach, reach);
        double turns = turns(longitudes, latitudes, placeLongitude, placeLatitude);
        boolean isSure = Math.abs(turns - Math.rint(turns)) < 1e-6;
        boolean inside = area.distanceWithin(placeLongitude, placeLatitude) >= 0;
        if (isSure) {
          assertThat(inside).isEqualTo(Math.abs(turns) > 0.5);
        }
        if (inside) {
          within++;
          assertThat(covers(area, Geohash.encode(placeLongitude, placeLatitude))).isTrue();
        }
      }
    }
    assertThat(within).isGreaterThan(AREAS);
  }

  private static double turns(double[] xs, double[] ys, double x, double y) {
    double sum = 0;
    for (int i = 0, j = xs.length - 1; i < xs.length; j = i++) {
      double cross = (xs[j] - x) * (ys[i] - y) - (ys[j] - y) * (xs[i] - x);
      double dot = (xs[j] - x) * (xs[i] - x) + (ys[j] - y) * (ys[i] - y);
      sum += Math.atan2(cross, dot);
    }
    return sum / (2 * Math.PI);
  }

  @Test
  void searchesFewSquaresForAPolygon() {
    GeoPolygon small = new GeoPolygon(new double[] {10, 10.1, 10.1}, new double[] {50, 50, 50.1});
    GeoArea area = GeoArea.polygon(small);
    long hashes = 0;
    for (int square = 0; square < area.squares(); square++) {
      hashes += area.end(square) - area.first(square);
    }
    // Of 2^52 geohashes, with 360 and 170 degrees.
    assertThat(hashes * 360.0 * 170.0 / (1L << 52)).isLessThan(1);
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
  void findsAllNearerPlacesWhenShrunk() {
    Random random = Seed.random("GeoAreaTest");
    for (int i = 0; i < AREAS; i++) {
      double longitude = random.nextDouble(-180, 180);
      double latitude = random.nextDouble(-Geohash.MAX_LATITUDE, Geohash.MAX_LATITUDE);
      double size = Math.pow(10, random.nextDouble(-1, 7.4));
      GeoArea area =
          random.nextBoolean()
              ? GeoArea.circle(longitude, latitude, size)
              : GeoArea.box(longitude, latitude, size, size);
      double reach = size / 50_000 / Math.cos(Math.toRadians(latitude));
      double[] longitudes = random.doubles(PLACES, -reach, reach).toArray();
      double[] latitudes = random.doubles(PLACES, -reach, reach).toArray();
      double[] distances = new double[PLACES];
      for (int j = 0; j < PLACES; j++) {
        longitudes[j] = Math.IEEEremainder(longitude + longitudes[j], 360);
        latitudes[j] =
            Math.clamp(latitude + latitudes[j], -Geohash.MAX_LATITUDE, Geohash.MAX_LATITUDE);
        distances[j] = area.distanceWithin(longitudes[j], latitudes[j]);
      }
      double nearest = distances[random.nextInt(PLACES)];
      if (nearest >= 0) {
        area.shrink(nearest);
        for (int j = 0; j < PLACES; j++) {
          double distance = area.distanceWithin(longitudes[j], latitudes[j]);
          if (distances[j] <= nearest || distance >= 0) {
            assertThat(distance)
                .as("%f,%f around %f,%f", longitudes[j], latitudes[j], longitude, latitude)
                .isEqualTo(distances[j]);
          }
        }
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
