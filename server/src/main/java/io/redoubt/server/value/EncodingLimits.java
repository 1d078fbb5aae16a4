package io.redoubt.server.value;

import io.redoubt.server.value.hash.Hashes;
import io.redoubt.server.value.set.Sets;
import io.redoubt.server.value.sortedset.SortedSets;
import io.redoubt.server.value.stream.Streams;

/** The sizes up to which values keep their compact encodings. They may change at any time. */
public interface EncodingLimits
    extends Hashes.Limits, Lists.Limits, Sets.Limits, SortedSets.Limits, Streams.Limits {}
