package io.redoubt.server.command.geo;

import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.ByteStrings;
import io.redoubt.server.value.sortedset.SortedSetCursor;
import io.redoubt.server.value.sortedset.SortedSets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The members of a sorted set within an area, each with its score and distance. */
final class GeoPlaces implements AutoCloseable {
  private final ByteStrings members;
  private double[] distances = new double[16];
  private double[] scores = new double[16];
  private int[] order = {};

  GeoPlaces(Slabs slabs) {
    members = new ByteStrings(slabs);
  }

  /**
   * Adds the members of a sorted set within an area.
   *
   * @param most the limit of their number, 0 for none
   */
  void find(SortedSets sets, long entry, GeoArea area, long most) {
    find(sets, entry, area, most, null);
  }

  /**
   * Adds the first members of a sorted set within an area by distance, and some of the others. What
   * is farther than the nearest ones found so far need not be measured.
   *
   * @param wanted the number of the first members
   */
  void findFirst(SortedSets sets, long entry, GeoArea area, boolean farthestFirst, int wanted) {
    find(sets, entry, area, 0, new FirstPlaces(farthestFirst, wanted));
  }

  private void find(
      SortedSets sets, long entry, GeoArea area, long most, @Nullable FirstPlaces first) {
    try (SortedSetCursor cursor = sets.cursor()) {
      for (int square = 0; square < area.squares(); square++) {
        boolean more = cursor.seekScore(entry, area.first(square));
        while (more && cursor.score() < area.end(square)) {
          take(cursor, area, first);
          if (most > 0 && count() >= most) {
            return;
          }
          more = cursor.next();
        }
      }
    }
  }

  private void take(SortedSetCursor cursor, GeoArea area, @Nullable FirstPlaces first) {
    double score = cursor.score();
    long hash = (long) score;
    double distance = area.distanceWithin(Geohash.longitude(hash), Geohash.latitude(hash));
    if (distance < 0 || (first != null && !first.admits(distance))) {
      return;
    }
    add(cursor, score, distance);
    if (first != null) {
      first.offer(count() - 1);
      first.shrink(area);
    }
  }

  private void add(SortedSetCursor cursor, double score, double distance) {
    int place = members.count();
    if (place == distances.length) {
      distances = Arrays.copyOf(distances, place * 2);
      scores = Arrays.copyOf(scores, place * 2);
    }
    distances[place] = distance;
    scores[place] = score;
    members.add(cursor.memberAddress(), cursor.memberLength());
  }

  int count() {
    return members.count();
  }

  /**
   * Sorts members by distance; those at the same distance keep their order.
   *
   * @param wanted the number of members from the start of the order that will be read
   */
  void sort(boolean farthestFirst, int wanted) {
    var first = new FirstPlaces(farthestFirst, wanted);
    for (int i = 0; i < count(); i++) {
      first.offer(i);
    }
    order = first.sorted();
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
    return (long) score(i);
  }

  /** Returns the score of member {@code i}, which is its geohash unless another command set it. */
  double score(int i) {
    return scores[place(i)];
  }

  @Override
  public void close() {
    members.close();
  }

  /**
   * The first places of an order by distance, as a heap with the last of them on top. Places at the
   * same distance keep their order.
   */
  private final class FirstPlaces {
    private static final int FIRST_ROOM = 16;

    private final boolean farthestFirst;
    private final int limit;
    private int[] heap;
    private int count;

    FirstPlaces(boolean farthestFirst, int limit) {
      this.farthestFirst = farthestFirst;
      this.limit = limit;
      heap = new int[Math.min(limit, FIRST_ROOM)];
    }

    private boolean isFull() {
      return count == limit;
    }

    /** Excludes what is farther than the last of the places, if none can follow it. */
    void shrink(GeoArea area) {
      if (isFull() && !farthestFirst) {
        area.shrink(lastDistance());
      }
    }

    /** Returns the distance of the last of the places. */
    private double lastDistance() {
      return distances[heap[0]];
    }

    /** Returns true if a place at that distance, found after all others, is among the first. */
    boolean admits(double distance) {
      return !isFull() || isBefore(distance, lastDistance());
    }

    void offer(int place) {
      if (!isFull()) {
        if (count == heap.length) {
          heap = Arrays.copyOf(heap, Math.min(limit, 2 * count));
        }
        siftUp(place);
      } else if (limit > 0 && precedes(place, heap[0])) {
        siftDown(place, count);
      }
    }

    /** Returns the places in their order. */
    int[] sorted() {
      for (int last = count - 1; last > 0; last--) {
        int place = heap[last];
        heap[last] = heap[0];
        siftDown(place, last);
      }
      return Arrays.copyOf(heap, count);
    }

    private void siftUp(int place) {
      int at = count++;
      while (at > 0 && precedes(heap[(at - 1) / 2], place)) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
      }
      heap[at] = place;
    }

    /** Puts a place at the top of a heap of that size, or below. */
    private void siftDown(int place, int size) {
      int at = 0;
      for (int child = 1; child < size; child = 2 * at + 1) {
        if (child + 1 < size && precedes(heap[child], heap[child + 1])) {
          child++;
        }
        if (!precedes(place, heap[child])) {
          break;
        }
        heap[at] = heap[child];
        at = child;
      }
      heap[at] = place;
    }

    private boolean precedes(int a, int b) {
      return isBefore(distances[a], distances[b])
          || (Double.compare(distances[a], distances[b]) == 0 && a < b);
    }

    private boolean isBefore(double a, double b) {
      int order = Double.compare(a, b);
      return farthestFirst ? order > 0 : order < 0;
    }
  }
}
