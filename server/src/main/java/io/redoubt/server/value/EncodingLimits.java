package io.redoubt.server.value;

/** Up to which size values are held in their compact forms; may change at any time. */
public interface EncodingLimits {

  /** Fields of a hash that is a listpack. */
  long hashMaxListpackEntries();

  /** Bytes of a field or value of such a hash. */
  long hashMaxListpackValue();

  /** Elements of a node of a list, or -1 to -5 for 4, 8, 16, 32 or 64 kB. */
  int listMaxListpackSize();

  /** Nodes at each end of a list that are not compressed; 0 for compressing none. */
  int listCompressDepth();

  /** Members of a set that is an intset. */
  long setMaxIntsetEntries();

  /** Members of a set that is a listpack. */
  long setMaxListpackEntries();

  /** Bytes of a member of such a set. */
  long setMaxListpackValue();

  /** Members of a sorted set that is a listpack. */
  long zsetMaxListpackEntries();

  /** Bytes of a member of such a sorted set. */
  long zsetMaxListpackValue();

  /** Bytes of a stream's node, 0 for any number. */
  long streamNodeMaxBytes();

  /** Entries of a stream's node, 0 for any number. */
  long streamNodeMaxEntries();
}
