package io.redoubt.persistence.rdb.report;

import io.redoubt.protocol.bytes.ByteString;

/**
 * The sums over the keys of a prefix.
 *
 * @param prefix up to and including a delimiter; empty for keys without a delimiter
 * @param totals of the keys that were counted
 * @param missedBytes the most bytes of data of keys that were not counted, because they came before
 *     the prefix was among the largest ones; 0 if the sums are exact
 */
public record PrefixTotals(ByteString prefix, KeyTotals totals, long missedBytes) {}
