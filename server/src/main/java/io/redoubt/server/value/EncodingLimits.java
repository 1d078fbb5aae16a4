package io.redoubt.server.value;

/** The sizes up to which values keep their compact encodings. They may change at any time. */
public interface EncodingLimits {

  /** The maximum number of fields of a hash encoded as a listpack. */
  long hashMaxListpackEntries();

  /** The maximum length of a field or value of such a hash, in bytes. */
  long hashMaxListpackValue();

  /** The maximum number of elements of a list node, or -1 to -5 for 4, 8, 16, 32 or 64 kB. */
  int listMaxListpackSize();

  /** The number of uncompressed nodes at each end of a list; 0 disables compression. */
  int listCompressDepth();

  /** The maximum number of members of a set encoded as an intset. */
  long setMaxIntsetEntries();

  /** The maximum number of members of a set encoded as a listpack. */
  long setMaxListpackEntries();

  /** The maximum length of a member of such a set, in bytes. */
  long setMaxListpackValue();

  /** The maximum number of members of a sorted set encoded as a listpack. */
  long zsetMaxListpackEntries();

  /** The maximum length of a member of such a sorted set, in bytes. */
  long zsetMaxListpackValue();

  /** The maximum size of a stream node in bytes; 0 for no limit. */
  long streamNodeMaxBytes();

  /** The maximum number of entries of a stream node; 0 for no limit. */
  long streamNodeMaxEntries();
}
