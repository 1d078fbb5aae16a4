package io.redoubt.server.command.geo;

import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.ByteStrings;
import io.redoubt.server.value.sortedset.SortedSetCursor;
import io.redoubt.server.value.sortedset.SortedSets;
import java.util.Arrays;

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
    double score = cursor.score();
    long hash = (long) score;
    double distance = area.distanceWithin(Geohash.longitude(hash), Geohash.latitude(hash));
    if (distance < 0) {
      return;
    }
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
    // A heap of the members wanted so far, the last in the order on top.
    int[] heap = new int[wanted];
    for (int i = 0; i < count(); i++) {
      if (i < wanted) {
        heap[i] = i;
        if (i == wanted - 1) {
          for (int at = wanted / 2 - 1; at >= 0; at--) {
            siftDown(heap, at, wanted, farthestFirst);
          }
        }
      } else if (precedes(i, heap[0], farthestFirst)) {
        heap[0] = i;
        siftDown(heap, 0, wanted, farthestFirst);
      }
    }
    for (int last = wanted - 1; last > 0; last--) {
      int place = heap[last];
      heap[last] = heap[0];
      heap[0] = place;
      siftDown(heap, 0, last, farthestFirst);
    }
    order = heap;
  }

  private void siftDown(int[] heap, int from, int size, boolean farthestFirst) {
    int place = heap[from];
    int at = from;
    for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && precedes(heap[child], heap[child + 1], farthestFirst)) {
        child++;
      }
      if (!precedes(place, heap[child], farthestFirst)) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = place;
  }

  private boolean precedes(int a, int b, boolean farthestFirst) {
    int byDistance = Double.compare(distances[a], distances[b]);
    if (byDistance == 0) {
      return a < b;
    }
    return farthestFirst ? byDistance > 0 : byDistance < 0;
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
}
