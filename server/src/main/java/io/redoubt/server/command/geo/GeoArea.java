package io.redoubt.server.command.geo;

import org.jspecify.annotations.Nullable;

/**
 * A circle, a box or a polygon on the Earth, and the squares of a geohash grid that cover it: the
 * one that contains its centre and the eight neighbours, in the finest possible grid.
 *
 * <p>Coordinates are in degrees, lengths in metres.
 */
public final class GeoArea {
  /** Half the circumference of the Earth in the Mercator projection. */
  private static final double MERCATOR_MAX = 20037726.37;

  /** The latitude from which the grid is coarser, since squares narrow towards the poles. */
  private static final double HIGH_LATITUDE = 66;

  private static final double HIGHEST_LATITUDE = 80;

  /** Keeps places at the very edge, which the exact distance decides on. */
  private static final double ROUNDING_MARGIN = 1 + 1e-9;

  private static final double EVERYWHERE = 360;

  // The neighbours relative to the middle square, in search order.
  private static final int[] EAST = {0, 0, 0, 1, -1, 1, -1, 1, -1};
  private static final int[] NORTH = {0, 1, -1, 0, 0, 1, 1, -1, -1};

  private final boolean isCircle;
  private final @Nullable GeoPolygon polygon;
  private final double longitude;
  private final double latitude;
  private final double width;
  private final double height;

  /** The extents to the north and to the east in degrees, with a margin for rounding errors. */
  private double northward;

  private double eastward;
  private final long[] firsts = new long[EAST.length];
  private final long[] ends = new long[EAST.length];
  private int count;

  private GeoArea(
      boolean isCircle, double longitude, double latitude, double width, double height) {
    this.isCircle = isCircle;
    polygon = null;
    this.longitude = longitude;
    this.latitude = latitude;
    this.width = width;
    this.height = height;
    cover();
  }

  private GeoArea(GeoPolygon polygon) {
    isCircle = false;
    this.polygon = polygon;
    longitude = polygon.centroidLongitude();
    latitude = polygon.centroidLatitude();
    width = polygon.east() - polygon.west();
    height = polygon.north() - polygon.south();
    northward = EVERYWHERE;
    eastward = EVERYWHERE;
    // A square as large as half the extents at the least, so that three of them cover the whole.
    int steps = 1;
    while (steps < Geohash.STEPS
        && Geohash.MAX_LONGITUDE / (1L << steps) >= width / 2
        && Geohash.MAX_LATITUDE / (1L << steps) >= height / 2) {
      steps++;
    }
    double middle = (polygon.west() + polygon.east()) / 2;
    Square centre = new Square(steps, middle, (polygon.south() + polygon.north()) / 2);
    cover(centre, polygon.south(), polygon.north(), polygon.west(), polygon.east());
  }

  /** Returns the area of all places within a radius of a centre. */
  public static GeoArea circle(double longitude, double latitude, double radius) {
    return new GeoArea(true, longitude, latitude, 2 * radius, 2 * radius);
  }

  /** Returns a box around a centre, its sides along meridians and parallels. */
  public static GeoArea box(double longitude, double latitude, double width, double height) {
    return new GeoArea(false, longitude, latitude, width, height);
  }

  /** Returns the area of a polygon; distances are measured from its centroid. */
  public static GeoArea polygon(GeoPolygon polygon) {
    return new GeoArea(polygon);
  }

  /** Returns the number of squares that cover the area, each a range of geohashes. */
  public int squares() {
    return count;
  }

  public long first(int square) {
    return firsts[square];
  }

  /** Returns the first geohash after a square. */
  public long end(int square) {
    return ends[square];
  }

  /** Returns the distance of a place from the centre; negative if it is outside the area. */
  public double distanceWithin(double placeLongitude, double placeLatitude) {
    if (isOutsideOfExtents(placeLongitude, placeLatitude)) {
      return -1;
    }
    if (polygon != null) {
      return polygon.contains(placeLongitude, placeLatitude)
          ? Geohash.distance(longitude, latitude, placeLongitude, placeLatitude)
          : -1;
    }
    if (!isCircle
        && (Geohash.distance(placeLatitude, latitude) > height / 2
            || Geohash.distance(placeLongitude, placeLatitude, longitude, placeLatitude)
                > width / 2)) {
      return -1;
    }
    double distance = Geohash.distance(longitude, latitude, placeLongitude, placeLatitude);
    return isCircle && distance > width / 2 ? -1 : distance;
  }

  /**
   * Excludes places that are farther from the centre than a distance, as far as the extents show
   * it: some of them are still found.
   */
  public void shrink(double distance) {
    double toNorth = northward(distance);
    northward = Math.min(northward, toNorth * ROUNDING_MARGIN);
    eastward = Math.min(eastward, circleEastward(distance, Math.abs(latitude) + toNorth));
  }

  /** Excludes most of the other places without the costly trigonometric functions. */
  private boolean isOutsideOfExtents(double placeLongitude, double placeLatitude) {
    double apart = Math.abs(placeLongitude - longitude);
    return Math.abs(placeLatitude - latitude) > northward
        || Math.min(apart, 2 * Geohash.MAX_LONGITUDE - apart) > eastward;
  }

  private void cover() {
    double halfWidth = width / 2;
    double halfHeight = height / 2;
    double reach =
        isCircle ? halfWidth : Math.sqrt(halfWidth * halfWidth + halfHeight * halfHeight);
    double toNorth = northward(halfHeight);
    double lowest = latitude - toNorth;
    double highest = latitude + toNorth;
    // In degrees, the box is widest at its side nearer the pole.
    double widest = latitude < 0 ? lowest : highest;
    double toEast = eastward(halfWidth, widest);
    double leftmost = longitude - toEast;
    double rightmost = longitude + toEast;
    northward = toNorth * ROUNDING_MARGIN;
    eastward = isCircle ? circleEastward(halfWidth, Math.abs(widest)) : EVERYWHERE;

    int steps = steps(reach);
    Square centre = new Square(steps, longitude, latitude);
    if (steps > 1 && isTooFine(centre, lowest, highest, leftmost, rightmost)) {
      centre = new Square(steps - 1, longitude, latitude);
    }
    cover(centre, lowest, highest, leftmost, rightmost);
  }

  /** Returns the degrees of latitude that a distance spans. */
  private static double northward(double distance) {
    return Math.toDegrees(distance / Geohash.EARTH_RADIUS);
  }

  /** Returns the degrees of longitude that a distance spans at a latitude. */
  private static double eastward(double distance, double atLatitude) {
    return Math.toDegrees(distance / Geohash.EARTH_RADIUS / Math.cos(Math.toRadians(atLatitude)));
  }

  /**
   * Returns the extent of a circle to the east, with the margin.
   *
   * @param highest the distance from the equator of its place nearest to a pole, in degrees
   */
  private static double circleEastward(double radius, double highest) {
    return highest < 90 ? eastward(radius, highest) * ROUNDING_MARGIN : EVERYWHERE;
  }

  /** Returns true if the neighbours of a square do not reach all sides of the area. */
  private static boolean isTooFine(
      Square centre, double lowest, double highest, double leftmost, double rightmost) {
    return centre.beside(0, 1).north() < highest
        || centre.beside(0, -1).south() > lowest
        || centre.beside(1, 0).east() < rightmost
        || centre.beside(-1, 0).west() > leftmost;
  }

  private void cover(
      Square centre, double lowest, double highest, double leftmost, double rightmost) {
    boolean leavesOut = centre.steps >= 2;
    for (int i = 0; i < EAST.length; i++) {
      boolean isNeeded =
          !leavesOut
              || !((NORTH[i] < 0 && centre.south() < lowest)
                  || (NORTH[i] > 0 && centre.north() > highest)
                  || (EAST[i] < 0 && centre.west() < leftmost)
                  || (EAST[i] > 0 && centre.east() > rightmost));
      if (isNeeded) {
        add(centre.beside(EAST[i], NORTH[i]));
      }
    }
  }

  private void add(Square square) {
    long first = square.first();
    // The coarsest grids have so few columns that two neighbours may be the same square.
    if (count > 1 && firsts[count - 1] == first) {
      return;
    }
    firsts[count] = first;
    ends[count++] = square.end();
  }

  /** Returns the steps of the finest grid with squares at least as large as the area. */
  private int steps(double reach) {
    if (reach == 0) {
      return Geohash.STEPS;
    }
    int steps = -1;
    for (double size = reach; size < MERCATOR_MAX; size *= 2) {
      steps++;
    }
    if (Math.abs(latitude) > HIGH_LATITUDE) {
      steps--;
    }
    if (Math.abs(latitude) > HIGHEST_LATITUDE) {
      steps--;
    }
    return Math.max(1, Math.min(Geohash.STEPS, steps));
  }

  /** A square of the grid that has 2^steps squares side by side. */
  private record Square(int steps, long column, long row) {
    Square(int steps, double longitude, double latitude) {
      this(
          steps,
          Geohash.part(longitude, Geohash.MAX_LONGITUDE, steps),
          Geohash.part(latitude, Geohash.MAX_LATITUDE, steps));
    }

    /** Returns the square at an offset to the east and north, wrapping around the Earth. */
    Square beside(int east, int north) {
      long mask = (1L << steps) - 1;
      return new Square(
          steps, east == 0 ? column : column + east & mask, north == 0 ? row : row + north & mask);
    }

    double west() {
      return Geohash.start(column, Geohash.MAX_LONGITUDE, steps);
    }

    double east() {
      return Geohash.start(column + 1, Geohash.MAX_LONGITUDE, steps);
    }

    double south() {
      return Geohash.start(row, Geohash.MAX_LATITUDE, steps);
    }

    double north() {
      return Geohash.start(row + 1, Geohash.MAX_LATITUDE, steps);
    }

    long first() {
      return Geohash.join(column, row) << (2 * (Geohash.STEPS - steps));
    }

    long end() {
      return (Geohash.join(column, row) + 1) << (2 * (Geohash.STEPS - steps));
    }
  }
}
