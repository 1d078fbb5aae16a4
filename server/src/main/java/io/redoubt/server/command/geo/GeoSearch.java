package io.redoubt.server.command.geo;

import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The parsed arguments of GEOSEARCH, GEOSEARCHSTORE and the GEORADIUS family: an area, and the form
 * of the result.
 */
final class GeoSearch {
  /** The syntax of the arguments, by command. */
  enum Form {
    /** Position, radius, options; STORE and STOREDIST with a key. */
    RADIUS,
    /** Like {@link #RADIUS}, without STORE and STOREDIST. */
    RADIUS_READ_ONLY,
    /** Options only. */
    SEARCH,
    /** Options only, including STOREDIST; the first key is the destination. */
    SEARCH_STORE
  }

  /** The order of the members found. */
  enum Order {
    NONE,
    NEAREST_FIRST,
    FARTHEST_FIRST
  }

  private static final CommandError UNKNOWN_MEMBER =
      new CommandError("ERR could not decode requested zset member");
  private static final CommandError NEGATIVE_RADIUS =
      new CommandError("ERR radius cannot be negative");
  private static final CommandError NEGATIVE_BOX =
      new CommandError("ERR height or width cannot be negative");
  private static final int MIN_VERTICES = 3;
  private static final CommandError FEW_VERTICES =
      new CommandError("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices");
  private static final CommandError MANY_VERTICES =
      new CommandError(
          "ERR GEOSEARCH BYPOLYGON must have at most " + GeoPolygon.MAX_VERTICES + " vertices");
  private static final CommandError COUNT_NOT_POSITIVE = new CommandError("ERR COUNT must be > 0");
  private static final CommandError ANY_WITHOUT_COUNT =
      new CommandError("ERR the ANY argument requires COUNT argument");
  private static final CommandError RADIUS_STORES_MEMBERS_ONLY =
      new CommandError(
          "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD"
              + " options");
  private static final CommandError SEARCH_STORES_MEMBERS_ONLY =
      new CommandError(
          "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options");

  private final Call call;
  private final Form form;
  private final long entry;
  private double longitude;
  private double latitude;
  private double width;
  private double height;
  private GeoUnit unit = GeoUnit.M;
  private boolean fromMember;
  private boolean fromPlace;
  private boolean byRadius;
  private boolean byBox;
  private @Nullable GeoPolygon polygon;
  private boolean withDistance;
  private boolean withHash;
  private boolean withCoordinates;
  private boolean any;
  private long count;
  private Order order = Order.NONE;
  private int storeKeyArg;
  private boolean storeDistance;

  private GeoSearch(Call call, Form form, long entry) {
    this.call = call;
    this.form = form;
    this.entry = entry;
  }

  /** Parses GEORADIUS: longitude, latitude, radius and unit from argument 2 on. */
  static GeoSearch around(Call call, boolean mayStore, long entry) {
    GeoSearch search = new GeoSearch(call, radiusForm(mayStore), entry);
    search.readPlace(2);
    search.readRadius(4);
    search.readOptions(6);
    return search;
  }

  /**
   * Parses GEORADIUSBYMEMBER: member, radius and unit from argument 2 on, which are not checked if
   * the key does not exist.
   */
  static GeoSearch aroundMember(Call call, boolean mayStore, long entry) {
    GeoSearch search = new GeoSearch(call, radiusForm(mayStore), entry);
    if (entry != Entry.NONE) {
      search.readMember(2);
      search.readRadius(3);
    }
    search.readOptions(5);
    return search;
  }

  private static Form radiusForm(boolean mayStore) {
    return mayStore ? Form.RADIUS : Form.RADIUS_READ_ONLY;
  }

  /** Parses GEOSEARCH and GEOSEARCHSTORE, which have options only. */
  static GeoSearch byOptions(Call call, boolean stores, long entry) {
    GeoSearch search = new GeoSearch(call, stores ? Form.SEARCH_STORE : Form.SEARCH, entry);
    search.storeKeyArg = stores ? 1 : 0;
    search.readOptions(stores ? 3 : 2);
    return search;
  }

  /**
   * Reads a longitude and a latitude.
   *
   * @throws CommandError if they are not numbers or outside the range of geohashes
   */
  private void readPlace(int i) {
    longitude = call.argDouble(i);
    latitude = call.argDouble(i + 1);
    requirePlace(longitude, latitude);
  }

  /**
   * Checks that a position is within the range of geohashes.
   *
   * @throws CommandError if it is not
   */
  static void requirePlace(double longitude, double latitude) {
    if (!Geohash.isPlace(longitude, latitude)) {
      throw new CommandError(
          "ERR invalid longitude,latitude pair "
              + formatted(longitude)
              + ","
              + formatted(latitude));
    }
  }

  private static String formatted(double degrees) {
    if (Double.isInfinite(degrees)) {
      return degrees > 0 ? "inf" : "-inf";
    }
    return String.format(Locale.ROOT, "%f", degrees);
  }

  private void readMember(int i) {
    double score = call.values().sortedSets().score(entry, call.argAddress(i), call.argLength(i));
    if (Double.isNaN(score)) {
      throw UNKNOWN_MEMBER;
    }
    longitude = Geohash.longitude((long) score);
    latitude = Geohash.latitude((long) score);
  }

  private void readRadius(int i) {
    byRadius = true;
    width = number(i, "radius");
    if (width < 0) {
      throw NEGATIVE_RADIUS;
    }
    unit = GeoUnit.of(call, i + 1);
  }

  private void readBox(int i) {
    byBox = true;
    width = number(i, "width");
    height = number(i + 1, "height");
    if (width < 0 || height < 0) {
      throw NEGATIVE_BOX;
    }
    unit = GeoUnit.of(call, i + 2);
  }

  /** Reads a polygon of which {@code left} arguments follow at most; returns how many do. */
  private int readPolygon(int countArg, int left) {
    long vertices = call.argAtLeast(MIN_VERTICES, countArg, FEW_VERTICES);
    if (vertices > left / 2) {
      throw FEW_VERTICES;
    }
    if (vertices > GeoPolygon.MAX_VERTICES) {
      throw MANY_VERTICES;
    }
    double[] longitudes = new double[(int) vertices];
    double[] latitudes = new double[longitudes.length];
    for (int k = 0; k < longitudes.length; k++) {
      readPlace(countArg + 1 + 2 * k);
      longitudes[k] = longitude;
      latitudes[k] = latitude;
    }
    polygon = new GeoPolygon(longitudes, latitudes);
    return 2 * longitudes.length;
  }

  private double number(int i, String what) {
    double value = Doubles.parseOrNaN(call.memory(), call.argAddress(i), call.argLength(i));
    if (Double.isNaN(value)) {
      throw new CommandError("ERR need numeric " + what);
    }
    return value;
  }

  private void readOptions(int from) {
    for (int i = from; i < call.count(); i++) {
      i += readOption(i, call.count() - 1 - i);
    }
    boolean isSearch = form == Form.SEARCH || form == Form.SEARCH_STORE;
    if (storeKeyArg > 0 && (withDistance || withHash || withCoordinates)) {
      throw isSearch ? SEARCH_STORES_MEMBERS_ONLY : RADIUS_STORES_MEMBERS_ONLY;
    }
    if (isSearch && !fromMember && !fromPlace && polygon == null) {
      throw exactlyOne("FROMMEMBER or FROMLONLAT");
    }
    if (isSearch && !byRadius && !byBox && polygon == null) {
      throw exactlyOne("BYRADIUS and BYBOX");
    }
    if (any && count == 0) {
      throw ANY_WITHOUT_COUNT;
    }
    if (count > 0 && order == Order.NONE && !any) {
      order = Order.NEAREST_FIRST;
    }
  }

  private CommandError exactlyOne(String options) {
    return new CommandError(
        "ERR exactly one of " + options + " can be specified for " + call.argText(0));
  }

  /**
   * Parses the option at argument {@code i}, which {@code left} others follow; returns how many it
   * uses.
   */
  private int readOption(int i, int left) {
    boolean isSearch = form == Form.SEARCH || form == Form.SEARCH_STORE;
    if (call.is(i, "WITHDIST")) {
      withDistance = true;
    } else if (call.is(i, "WITHHASH")) {
      withHash = true;
    } else if (call.is(i, "WITHCOORD")) {
      withCoordinates = true;
    } else if (call.is(i, "ANY")) {
      any = true;
    } else if (call.is(i, "ASC")) {
      order = Order.NEAREST_FIRST;
    } else if (call.is(i, "DESC")) {
      order = Order.FARTHEST_FIRST;
    } else if (call.is(i, "COUNT") && left >= 1) {
      count = call.argLong(i + 1);
      if (count <= 0) {
        throw COUNT_NOT_POSITIVE;
      }
      return 1;
    } else if (form == Form.SEARCH_STORE && call.is(i, "STOREDIST")) {
      storeDistance = true;
    } else if (form == Form.RADIUS && left >= 1) {
      return readStore(i);
    } else if (isSearch) {
      return readArea(i, left);
    } else {
      throw Errors.SYNTAX;
    }
    return 0;
  }

  private int readStore(int i) {
    boolean distance = call.is(i, "STOREDIST");
    if (!distance && !call.is(i, "STORE")) {
      throw Errors.SYNTAX;
    }
    storeKeyArg = i + 1;
    storeDistance = distance;
    return 1;
  }

  private int readArea(int i, int left) {
    if (polygon != null) {
      throw Errors.SYNTAX;
    }
    if (call.is(i, "FROMMEMBER") && left >= 1 && !fromPlace) {
      fromMember = true;
      if (entry != Entry.NONE) {
        readMember(i + 1);
      }
      return 1;
    }
    if (call.is(i, "FROMLONLAT") && left >= 2 && !fromMember) {
      fromPlace = true;
      readPlace(i + 1);
      return 2;
    }
    if (call.is(i, "BYRADIUS") && left >= 2 && !byBox) {
      readRadius(i + 1);
      return 2;
    }
    if (call.is(i, "BYBOX") && left >= 3 && !byRadius) {
      readBox(i + 1);
      return 3;
    }
    boolean hasArea = byRadius || byBox || fromMember || fromPlace;
    if (call.is(i, "BYPOLYGON") && left >= 1 && !hasArea) {
      return 1 + readPolygon(i + 1, left - 1);
    }
    throw Errors.SYNTAX;
  }

  GeoArea area() {
    if (polygon != null) {
      return GeoArea.polygon(polygon);
    }
    double metres = unit.metres();
    return byBox
        ? GeoArea.box(longitude, latitude, width * metres, height * metres)
        : GeoArea.circle(longitude, latitude, width * metres);
  }

  /** Returns true if Redis 7.2 can search the same. */
  boolean isOld() {
    return polygon == null;
  }

  GeoUnit unit() {
    return unit;
  }

  /** Returns the limit of members in the result, 0 for none. */
  long count() {
    return count;
  }

  /** Returns the number of members after which the search may stop, 0 for none; used by ANY. */
  long enough() {
    return any ? count : 0;
  }

  /**
   * Returns the number of members after which the rest of the order does not matter, 0 if there is
   * none; used by COUNT without ANY.
   */
  int firstCount() {
    return any || order == Order.NONE ? 0 : (int) Math.min(count, Integer.MAX_VALUE);
  }

  Order order() {
    return order;
  }

  /** Returns the index of the argument that names the destination, or 0. */
  int storeKeyArg() {
    return storeKeyArg;
  }

  /** Returns true if distances are stored in place of geohashes. */
  boolean storesDistance() {
    return storeDistance;
  }

  /** Returns true if the reply has distances. */
  boolean withDistance() {
    return withDistance;
  }

  /** Returns true if the reply has geohashes. */
  boolean withHash() {
    return withHash;
  }

  /** Returns true if the reply has coordinates. */
  boolean withCoordinates() {
    return withCoordinates;
  }

  /** Returns the number of elements of the reply for each member besides its name. */
  int extras() {
    return (withDistance ? 1 : 0) + (withHash ? 1 : 0) + (withCoordinates ? 1 : 0);
  }
}
