package io.redoubt.server.command.geo;

import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.ByteStrings;
import io.redoubt.server.value.sortedset.SortedSetCursor;
import io.redoubt.server.value.sortedset.SortedSets;
import java.util.Arrays;
import java.util.Comparator;

/** The members of a sorted set within an area, each with its geohash and distance. */
final class GeoPlaces implements AutoCloseable {
  private final ByteStrings members;
  private double[] distances = new double[16];
  private long[] hashes = new long[16];
  private Integer[] order = {};

  GeoPlaces(Slabs slabs) {
    members = new ByteStrings(slabs);
  }

  /**
   * Adds the members of a sorted set within an area.
   *
   * @param most the limit of their number, 0 for none
   */
  void find(SortedSets sets, long entry, GeoArea area, long most) {
    try (SortedSetCursor cursor = sets.cursor()) {
      for (int square = 0; square < area.squares(); square++) {
        boolean more = cursor.seekScore(entry, area.first(square));
        while (more && cursor.score() < area.end(square)) {
          take(cursor, area);
          if (most > 0 && count() >= most) {
            return;
          }
          more = cursor.next();
        }
      }
    }
  }

  private void take(SortedSetCursor cursor, GeoArea area) {
    long hash = (long) cursor.score();
    double distance = area.distanceWithin(Geohash.longitude(hash), Geohash.latitude(hash));
    if (distance < 0) {
      return;
    }
    int place = members.count();
    if (place == distances.length) {
      distances = Arrays.copyOf(distances, place * 2);
      hashes = Arrays.copyOf(hashes, place * 2);
    }
    distances[place] = distance;
    hashes[place] = hash;
    members.add(cursor.memberAddress(), cursor.memberLength());
  }

  /** Returns the number of members found. */
  int count() {
    return members.count();
  }

  /** Sorts the members by distance. */
  void sort(boolean farthestFirst) {
    order = new Integer[count()];
    Arrays.setAll(order, i -> i);
    Comparator<Integer> byDistance = Comparator.comparingDouble(i -> distances[i]);
    Arrays.sort(order, farthestFirst ? byDistance.reversed() : byDistance);
  }

  private int place(int i) {
    return order.length == 0 ? i : order[i];
  }

  /** Returns the address of the name of member {@code i}. */
  long address(int i) {
    return members.address(place(i));
  }

  /** Returns the length of the name of member {@code i}. */
  int length(int i) {
    return members.length(place(i));
  }

  /** Returns the distance of member {@code i} from the centre of the area, in metres. */
  double distance(int i) {
    return distances[place(i)];
  }

  /** Returns the geohash of member {@code i}. */
  long hash(int i) {
    return hashes[place(i)];
  }

  @Override
  public void close() {
    members.close();
  }
}
