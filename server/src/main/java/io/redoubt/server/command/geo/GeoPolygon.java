package io.redoubt.server.command.geo;

/**
 * A polygon on the plane of longitudes and latitudes, as of BYPOLYGON of Valkey 9. Its edges do not
 * cross the antimeridian. Immutable.
 */
public final class GeoPolygon {
  /** The maximum number of vertices, since each place searched is compared with all edges. */
  public static final int MAX_VERTICES = 10_000;

  private final double[] longitudes;
  private final double[] latitudes;
  private double west = Geohash.MAX_LONGITUDE;
  private double east = -Geohash.MAX_LONGITUDE;
  private double south = Geohash.MAX_LATITUDE;
  private double north = -Geohash.MAX_LATITUDE;

  /** The sum of the vertices as points of the unit sphere. */
  private double x;

  private double y;
  private double z;

  /**
   * Creates a polygon.
   *
   * @param longitudes the longitudes of the vertices, which the polygon keeps
   * @param latitudes the latitudes of the vertices, which the polygon keeps
   */
  public GeoPolygon(double[] longitudes, double[] latitudes) {
    this.longitudes = longitudes;
    this.latitudes = latitudes;
    for (int i = 0; i < longitudes.length; i++) {
      west = Math.min(west, longitudes[i]);
      east = Math.max(east, longitudes[i]);
      south = Math.min(south, latitudes[i]);
      north = Math.max(north, latitudes[i]);
      double longitude = Math.toRadians(longitudes[i]);
      double latitude = Math.toRadians(latitudes[i]);
      x += Math.cos(latitude) * Math.cos(longitude);
      y += Math.cos(latitude) * Math.sin(longitude);
      z += Math.sin(latitude);
    }
  }

  double west() {
    return west;
  }

  double east() {
    return east;
  }

  double south() {
    return south;
  }

  double north() {
    return north;
  }

  /** Returns the longitude of the centroid of the vertices on the sphere. */
  double centroidLongitude() {
    return Math.toDegrees(Math.atan2(y, x));
  }

  /** Returns the latitude of the centroid of the vertices on the sphere. */
  double centroidLatitude() {
    return Math.toDegrees(Math.atan2(z, Math.hypot(x, y)));
  }

  /**
   * Returns true if a place is inside: a ray to the east crosses an odd number of edges. Of places
   * on an edge, those on a western or southern one are inside.
   */
  boolean contains(double longitude, double latitude) {
    if (longitude < west || longitude > east || latitude < south || latitude > north) {
      return false;
    }
    boolean inside = false;
    for (int i = 0, j = longitudes.length - 1; i < longitudes.length; j = i++) {
      if (latitudes[i] > latitude != latitudes[j] > latitude) {
        double part = (latitude - latitudes[i]) / (latitudes[j] - latitudes[i]);
        inside ^= longitude < longitudes[i] + part * (longitudes[j] - longitudes[i]);
      }
    }
    return inside;
  }
}
