package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.sortedset.SortedSetBuilder;
import io.redoubt.server.value.sortedset.SortedSets;
import org.jspecify.annotations.Nullable;

/** Creates a sorted set from its members. */
final class SortedSetFill {

  private final SortedSets sortedSets;

  /** Builds sorted sets from members; null until the first one. */
  private @Nullable SortedSetBuilder builder;

  private final Place place;
  private boolean building;

  SortedSetFill(Values values, Place place) {
    sortedSets = values.sortedSets();
    this.place = place;
  }

  /** Creates a sorted set from a listpack of members and scores in order; returns its entry. */
  long packed(long listpack, int bytes) {
    return sortedSets.createFromListpack(
        place.database(), place.key(), place.keyLength(), listpack, bytes);
  }

  void begin(long members) {
    builder().begin(Math.min(members, Place.MAX_EXPECTED));
    building = true;
  }

  private SortedSetBuilder builder() {
    if (builder == null) {
      builder = sortedSets.newBuilder();
    }
    return builder;
  }

  /** Adds a member; returns false if the sorted set has it already. */
  boolean add(RdbBytes member, double score) {
    return builder().addDescending(member.offset(), member.length(), score);
  }

  /** Finishes the sorted set; returns its entry. */
  long end() {
    building = false;
    return builder().store(place.database(), place.key(), place.keyLength());
  }

  /** Drops an unfinished sorted set. */
  void abandon() {
    if (building) {
      building = false;
      builder().abandon();
    }
  }
}
