package io.redoubt.server.command.geo;

/**
 * Places on the Earth as 52-bit numbers: longitude and latitude are each quantized to 26 bits of
 * their range and interleaved, the longitude's bit first. Nearby places mostly have close numbers;
 * a square of a coarser grid is a range of numbers.
 *
 * <p>The range of latitudes is that of the Mercator projection (EPSG:900913); only the {@link
 * #text} form, as on geohash.org, has the full range.
 *
 * <p>Coordinates are in degrees, distances in metres.
 */
public final class Geohash {
  /** The number of bits of longitude, and of latitude. */
  public static final int STEPS = 26;

  /** The most easterly longitude; its negative is the most westerly. */
  public static final double MAX_LONGITUDE = 180;

  /** The most northerly latitude; its negative is the most southerly. */
  public static final double MAX_LATITUDE = 85.05112878;

  /** The Earth's radius in metres: a mean radius of the ellipsoid. */
  static final double EARTH_RADIUS = 6372797.560856;

  private static final long LATITUDE_BITS = 0x5555_5555_5555_5555L;
  private static final long LONGITUDE_BITS = ~LATITUDE_BITS;

  private static final double MAX_TEXT_LATITUDE = 90;
  private static final byte[] ALPHABET = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j', 'k',
    'm', 'n', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z'
  };
  private static final int TEXT_LENGTH = 11;
  private static final int BITS_A_LETTER = 5;

  private Geohash() {}

  /** Returns true if a place can be encoded. */
  public static boolean isPlace(double longitude, double latitude) {
    return longitude >= -MAX_LONGITUDE
        && longitude <= MAX_LONGITUDE
        && latitude >= -MAX_LATITUDE
        && latitude <= MAX_LATITUDE;
  }

  /** Returns the number of a place. */
  public static long encode(double longitude, double latitude) {
    return join(part(longitude, MAX_LONGITUDE, STEPS), part(latitude, MAX_LATITUDE, STEPS));
  }

  /** Returns the longitude of the middle of a number's square. */
  public static double longitude(long hash) {
    return middle(Long.compress(hash, LONGITUDE_BITS), MAX_LONGITUDE);
  }

  /** Returns the latitude of the middle of a number's square. */
  public static double latitude(long hash) {
    return middle(Long.compress(hash, LATITUDE_BITS), MAX_LATITUDE);
  }

  /** Interleaves the bits of a longitude and a latitude. */
  static long join(long longitudePart, long latitudePart) {
    return Long.expand(longitudePart, LONGITUDE_BITS) | Long.expand(latitudePart, LATITUDE_BITS);
  }

  /**
   * Returns the index of a coordinate's part among 2^steps equal parts of the range -max to max.
   */
  static long part(double coordinate, double max, int steps) {
    return (long) ((coordinate + max) / (max + max) * (1L << steps));
  }

  /** Returns the lower bound of a part. */
  static double start(long part, double max, int steps) {
    return -max + part * 1.0 / (1L << steps) * (max + max);
  }

  private static double middle(long part, double max) {
    double middle = (start(part, max, STEPS) + start(part + 1, max, STEPS)) / 2;
    return Math.max(-max, Math.min(max, middle));
  }

  /** Returns the eleven-letter geohash.org form of a number. */
  public static byte[] text(long hash) {
    long whole =
        join(
            part(longitude(hash), MAX_LONGITUDE, STEPS),
            part(latitude(hash), MAX_TEXT_LATITUDE, STEPS));
    byte[] text = new byte[TEXT_LENGTH];
    for (int i = 0; i < TEXT_LENGTH; i++) {
      int shift = 2 * STEPS - (i + 1) * BITS_A_LETTER;
      // Only 52 bits exist for eleven letters of five bits each.
      text[i] = ALPHABET[shift < 0 ? 0 : (int) (whole >>> shift) & ALPHABET.length - 1];
    }
    return text;
  }

  /** Returns the distance between two places on a sphere, by the haversine formula. */
  public static double distance(
      double longitudeA, double latitudeA, double longitudeB, double latitudeB) {
    double longitudeRadiansA = Math.toRadians(longitudeA);
    double longitudeRadiansB = Math.toRadians(longitudeB);
    double v = Math.sin((longitudeRadiansB - longitudeRadiansA) / 2);
    if (v == 0) {
      return distance(latitudeA, latitudeB);
    }
    double latitudeRadiansA = Math.toRadians(latitudeA);
    double latitudeRadiansB = Math.toRadians(latitudeB);
    double u = Math.sin((latitudeRadiansB - latitudeRadiansA) / 2);
    double a = u * u + Math.cos(latitudeRadiansA) * Math.cos(latitudeRadiansB) * v * v;
    return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(a));
  }

  /** Returns the distance between two latitudes. */
  static double distance(double latitudeA, double latitudeB) {
    return EARTH_RADIUS * Math.abs(Math.toRadians(latitudeB) - Math.toRadians(latitudeA));
  }
}
